"""Utterances → paragraphs and captions."""

from __future__ import annotations

from ingestion.parse import parse
from ingestion.parse.recording.captions import srt, vtt
from ingestion.parse.recording.turns import MAX_WORDS, Utterance, clock, paragraphs

LONG = Utterance(0.0, 20.0, "So " + "many words " * 20 + "were said.")


def test_a_paragraph_ends_in_a_pause_after_a_sentence() -> None:
    near, far = Utterance(20.2, 22.0, "And more."), Utterance(22.0, 24.0, "And more.")
    assert [len(turn) for turn in paragraphs([LONG, near])] == [2]
    assert [len(turn) for turn in paragraphs([LONG, far])] == [1, 1]
    open_ended = Utterance(0.0, 20.0, LONG.text.rstrip("."))
    assert [len(turn) for turn in paragraphs([open_ended, far])] == [2]


def test_a_paragraph_without_any_pause_ends_too() -> None:
    said = [Utterance(float(n), n + 1.0, "ten words in a row without any end at all") for n in range(40)]
    assert all(sum(len(u.text.split()) for u in turn) <= MAX_WORDS + 10 for turn in paragraphs(said))
    assert sum(map(len, paragraphs(said))) == 40 and paragraphs([]) == []


def test_captions_are_read_back_as_a_transcript() -> None:
    said = [Utterance(3725.5, 3727.25, "A < B --> C & so on."), Utterance(3728.0, 3729.0, "Yes.")]
    assert "01:02:05.500 --> 01:02:07.250" in vtt(said) and "01:02:05,500 --> 01:02:07,250" in srt(said)
    read = parse(vtt(said).encode(), "call.vtt").sections
    assert read[0].locator == "01:02:05" and read[0].text == "A < B -> C & so on. Yes."
    assert clock(59.999) == "00:00:59"
