"""Chunks put together again as the file that they were cut from."""

from apps.run.indexed import file_of
from assistant.accounts.documents import meetings, reports_of
from assistant.accounts.known import Known
from tests.assistant.accounts.conftest import ACME, ANA, SAID, transcript


def test_what_neighbouring_chunks_share_is_taken_once():
    file = file_of(transcript())
    assert [s.text for s in file.parsed.sections] == SAID
    assert {s.kind for s in file.parsed.sections} == {"turn"}


def test_a_document_without_an_accepted_ending_is_called_by_one():
    assert file_of(transcript(), (".vtt", ".txt")).name.endswith("5 November 2026.txt")


def test_reports_stand_in_the_order_of_their_periods(shelf):
    assert [r.period for r in reports_of(Known(shelf, ANA), ACME)] == ["2026-Q2", "2026-Q3"]


def test_meetings_have_their_day(shelf):
    assert [m.day for m in meetings(Known(shelf, ANA), [ACME])] == ["2026-11-05"]
