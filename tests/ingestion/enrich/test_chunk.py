"""Chunking: nothing is lost, offsets are right, tables repeat their header, nothing is over the limit."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.settings import ChunkingSettings
from core.tables import markdown_table
from core.types import Document, Parsed, Section
from ingestion.enrich.chunk import chunk_document, count_words, document_text, embedding_text
from tests.tables import table_section

DOCUMENT = Document("files:a", "files", "Pricing playbook", "file:///a", b"", allow=frozenset({"everyone"}))

_prose = st.lists(
    st.sampled_from(
        ["The", "premium", "plan", "costs", "900 €.", "Why?", "\n", "\n\n", "第一季度", "收入增长了。", "x" * 90]
    ),
    min_size=1,
    max_size=120,
).map(" ".join)
_table = st.lists(
    st.lists(st.sampled_from(["a", "12", "", "long cell text"]), min_size=3, max_size=3), min_size=1, max_size=40
)
_sections = st.lists(
    st.one_of(
        st.builds(
            Section,
            text=_prose,
            heading_path=st.sampled_from([(), ("One",), ("One", "Two")]),
            page=st.sampled_from([None, 1, 2]),
            kind=st.sampled_from(["text", "turn", "note", "code"]),
        ),
        _table.map(lambda rows: table_section(markdown_table(["Name", "Price", "Note"], rows))),
    ),
    max_size=8,
)


@settings(max_examples=150, deadline=None)
@given(_sections, st.integers(20, 60), st.integers(0, 40))
def test_every_character_is_in_a_chunk_and_no_chunk_is_over_the_limit(sections, size, overlap):
    parsed = Parsed(tuple(sections))
    text = document_text(parsed)
    chunks = chunk_document(DOCUMENT, parsed, ChunkingSettings(size_words=size, overlap_words=overlap), "en")

    covered = [False] * len(text)
    for chunk in chunks:
        assert chunk.text.endswith(text[chunk.begin : chunk.end])
        if chunk.kind != "table":
            assert chunk.text == text[chunk.begin : chunk.end]
        assert count_words(chunk.text) <= size
        covered[chunk.begin : chunk.end] = [True] * (chunk.end - chunk.begin)
    assert all(done or letter.isspace() for done, letter in zip(covered, text, strict=True))
    assert [chunk.ordinal for chunk in chunks] == list(range(len(chunks)))
    assert len({chunk.id for chunk in chunks}) == len(chunks)


@settings(max_examples=50, deadline=None)
@given(_sections)
def test_a_chunk_never_crosses_a_heading_a_page_or_a_table(sections):
    parsed = Parsed(tuple(sections))
    begins, offset = [], 0
    for section in sections:
        begins.append((offset, offset + len(section.text), section))
        offset += len(section.text) + 2
    for chunk in chunk_document(DOCUMENT, parsed, ChunkingSettings(), "en"):
        touched = [s for begin, end, s in begins if begin < chunk.end and chunk.begin < end]
        assert {(s.heading_path, s.page, s.kind) for s in touched} == {(chunk.heading_path, chunk.page, chunk.kind)}


def test_every_part_of_a_table_starts_with_its_header():
    rows = "\n".join(f"| Customer {n} | {n * 100} |" for n in range(60))
    parsed = Parsed((table_section(f"| Name | Revenue |\n| --- | --- |\n{rows}"),))
    chunks = chunk_document(DOCUMENT, parsed, ChunkingSettings(size_words=40), "en")
    assert len(chunks) > 5
    assert all(chunk.text.startswith("| Name | Revenue |\n| --- | --- |\n| Customer") for chunk in chunks)
    # A row is never torn apart, and each is in exactly one part.
    assert [row for chunk in chunks for row in chunk.text.splitlines()[2:]] == rows.splitlines()
    assert all(chunk.rows[0] == ("Name", "Revenue") for chunk in chunks)
    assert [row for chunk in chunks for row in chunk.rows[1:]] == [(f"Customer {n}", f"{n * 100}") for n in range(60)]


def test_of_a_row_that_is_cut_each_part_keeps_what_it_shows_in_its_column():
    long = " ".join(f"word{n}" for n in range(60))
    parsed = Parsed((table_section(f"| Question | Answer |\n| --- | --- |\n| Why? | {long} |\n| a\\|b | c |"),))
    chunks = chunk_document(DOCUMENT, parsed, ChunkingSettings(size_words=40), "en")
    assert all(chunk.rows[0] == ("Question", "Answer") for chunk in chunks)
    rows = [row for chunk in chunks for row in chunk.rows[1:]]
    assert rows[0][0] == "Why?" and rows[-1] == ("a|b", "c")
    assert all(label == "" for label, _ in rows[1:-1]) and " ".join(text for _, text in rows[:-1]) == long


def test_a_header_too_long_to_be_repeated_is_still_the_first_row_of_every_part():
    header = tuple(f"the column number {n}" for n in range(9))
    rows = [[str(n * m) for m in range(9)] for n in range(20)]
    parsed = Parsed((table_section(markdown_table(header, rows)),))
    chunks = chunk_document(DOCUMENT, parsed, ChunkingSettings(size_words=60), "en")
    assert "column" not in chunks[-1].text and all(chunk.rows[0] == header for chunk in chunks)


def test_neighbouring_chunks_share_whole_sentences():
    sentences = [f"Sentence number {n} has exactly eight words here." for n in range(20)]
    parsed = Parsed((Section(" ".join(sentences)),))
    chunks = chunk_document(DOCUMENT, parsed, ChunkingSettings(size_words=40, overlap_words=16), "en")
    for before, after in pairwise(chunks):
        assert before.text.endswith(
            after.text[: after.text.index(".") + 1] + " " + after.text.split(". ")[1].rstrip(".") + "."
        )
        assert count_words(before.text) == 40


def test_turns_stay_whole_and_name_their_time():
    turns = tuple(
        Section(f"Ana: this is what I said at minute {n} of the call.", kind="turn", locator=f"00:{n:02}:00")
        for n in range(12)
    )
    chunks = chunk_document(DOCUMENT, Parsed(turns), ChunkingSettings(size_words=30, overlap_words=0), "en")
    assert all(chunk.text.startswith("Ana: ") for chunk in chunks)
    assert [chunk.locator for chunk in chunks] == [
        "00:00:00",
        "00:02:00",
        "00:04:00",
        "00:06:00",
        "00:08:00",
        "00:10:00",
    ]


def test_a_chunk_carries_the_title_and_headings_into_its_embedding():
    parsed = Parsed((Section("It costs 900 €.", heading_path=("Plans", "Premium"), page=3, locator="page 3"),))
    (chunk,) = chunk_document(DOCUMENT, parsed, ChunkingSettings(), "en")
    assert embedding_text(chunk) == "Pricing playbook > Plans > Premium\nIt costs 900 €."
    assert (chunk.page, chunk.locator, chunk.allow) == (3, "page 3", frozenset({"everyone"}))
    assert chunk.metadata["language"] == "en"


@pytest.mark.parametrize(
    ("text", "words"), [("", 0), ("one two", 2), ("第一季度收入", 3), ("日本 go", 2), ("a" * 48, 2), ("สวัสดี", 3)]
)
def test_words_are_counted_in_scripts_without_spaces_too(text, words):
    assert count_words(text) == words
