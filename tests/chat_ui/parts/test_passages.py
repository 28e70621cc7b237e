from __future__ import annotations

from chat_ui.parts.passages import excerpt
from core.types import Chunk, Citation

TEXT = "One two three. Four five six. Seven eight nine. Ten eleven twelve."


def piece(ordinal: int, begin: int, end: int, heading: str = "A", kind: str = "text") -> Chunk:
    return Chunk(str(ordinal), "d", ordinal, TEXT[begin:end], (heading,), begin=begin, end=end, kind=kind)


def citation(quote: str, chunk: str = "1") -> Citation:
    return Citation(1, "d", "T", "", quote, 0, 0, chunk_id=chunk)


def test_the_section_is_joined_without_what_neighbours_share() -> None:
    chunks = [piece(0, 0, 29), piece(1, 15, 47), piece(2, 48, 66)]
    view = excerpt(citation("Four five six."), chunks)
    assert (view.before, view.quote) == ("One two three. ", "Four five six.")
    assert view.after == " Seven eight nine.\n\nTen eleven twelve."
    assert view.heading_path == ("A",)


def test_another_section_and_a_gap_are_left_out() -> None:
    view = excerpt(citation("Four five six."), [piece(0, 0, 14, "B"), piece(1, 15, 29), piece(3, 48, 66)])
    assert (view.before, view.after) == ("", "")


def test_white_space_may_differ() -> None:
    chunk = Chunk("1", "d", 0, "Four\n five\tsix. More.")
    view = excerpt(citation("Four five six."), [chunk])
    assert view.quote == "Four\n five\tsix."
    assert view.after == " More."


def test_long_surroundings_are_cut_at_words() -> None:
    chunk = Chunk("1", "d", 0, "alpha " * 400 + "The quote." + " omega" * 400)
    view = excerpt(citation("The quote."), [chunk], limit=50)
    assert view.before.startswith("… alpha")
    assert view.after.endswith("omega …")
    assert len(view.before) < 60
    assert len(view.after) < 60


def test_a_quote_that_isnt_there_is_shown_alone() -> None:
    view = excerpt(citation("Not in it."), [piece(1, 0, 66)])
    assert (view.quote, view.before, view.after, view.exact) == ("Not in it.", "", "", False)
    assert excerpt(citation("x", chunk="9"), []).exact is False


def test_without_the_chunk_the_quote_is_looked_for() -> None:
    assert excerpt(citation("Seven eight nine.", chunk="gone"), [piece(0, 0, 66)]).before.endswith("six. ")
