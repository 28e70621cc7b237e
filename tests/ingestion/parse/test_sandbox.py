"""One file's hang, crash or hunger costs that file alone."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator

import pytest

from core.errors import Encrypted, ParseError, TooLarge
from core.settings import ParsingSettings
from ingestion.parse import ParseLimits, ParserPool, limits_of, parse
from tests.ingestion.parse.builders import docx, paragraph, xlsx

GOOD = b"# Notes\nhello"


@pytest.fixture
def pool() -> Iterator[ParserPool]:
    with ParserPool(limits=ParseLimits(timeout_s=3, max_memory_mb=600)) as pool:
        yield pool


def test_a_file_gives_the_same_inside_and_outside(pool: ParserPool) -> None:
    body = docx(paragraph("Same words"))
    assert pool.parse(body, "a.docx") == parse(body, "a.docx")
    table = b"name,note\nAna,a|b\n"
    assert pool.parse(table, "a.csv") == parse(table, "a.csv")
    assert pool.parse(table, "a.csv").sections[0].rows == (("name", "note"), ("Ana", "a|b"))


def test_errors_keep_their_kind_and_sentence(pool: ParserPool) -> None:
    body = b"Subject: s\nContent-Type: multipart/encrypted; boundary=b\n\n--b--"
    with pytest.raises(Encrypted, match=r"^mail\.eml: it is an encrypted message"):
        pool.parse(body, "mail.eml")


def test_a_file_that_takes_too_long_is_stopped_and_may_be_tried_again(pool: ParserPool) -> None:
    endless = docx(paragraph("words") * 400_000)
    begun = time.monotonic()
    with pytest.raises(ParseError, match=r"longer than 0\.3 s.*parsing\.timeout_s") as caught:
        ParserPool(limits=ParseLimits(timeout_s=0.3)).parse(endless, "slow.docx")
    assert caught.value.retry
    assert time.monotonic() - begun < 5
    assert pool.parse(GOOD, "a.md").sections


def test_a_file_that_needs_too_much_memory_is_too_large(pool: ParserPool) -> None:
    hungry = docx("<w:p/>" * 3_000_000)
    measured = ParserPool(limits=ParseLimits(max_memory_mb=300)).measure(hungry, "big.docx")
    assert isinstance(measured.error, TooLarge)
    assert "300 MB of memory" in str(measured.error)
    assert not measured.contained


def test_a_sheet_with_too_many_rows_is_too_large(pool: ParserPool) -> None:
    with pytest.raises(TooLarge, match="1,048,576 rows"):
        ParserPool(limits=ParseLimits(timeout_s=60)).parse(xlsx("<row/>" * 1_100_000), "rows.xlsx")


def test_a_killed_worker_is_replaced(pool: ParserPool, caplog: pytest.LogCaptureFixture) -> None:
    pool.parse(GOOD, "a.md")
    worker = pool._processes._idle.get()
    assert worker is not None
    os.kill(worker._process.pid, signal.SIGKILL)
    worker._process.wait()
    pool._processes._idle.put(worker)
    assert pool.parse(GOOD, "a.md").sections[0].text == "hello"
    assert [r.getMessage() for r in caplog.records] == ["a parser process was replaced: it had ended by itself"]


def test_a_worker_that_stops_at_work_is_replaced_and_logged_without_the_file(
    pool: ParserPool, caplog: pytest.LogCaptureFixture
) -> None:
    pool.parse(GOOD, "a.md")
    worker = pool._processes._idle.get()
    assert worker is not None
    worker._process.stdout.close()  # type: ignore[union-attr]
    pool._processes._idle.put(worker)
    measured = pool.measure(GOOD, "minutes-of-ana.md")
    assert measured.contained and "minutes-of-ana" in str(measured.error)
    (record,) = caplog.records
    assert record.levelname == "WARNING" and "a parser process was replaced" in record.getMessage()
    assert "minutes-of-ana" not in caplog.text
    assert pool.parse(GOOD, "a.md").sections[0].text == "hello"


def test_files_are_parsed_side_by_side_and_returned_in_order(pool: ParserPool) -> None:
    files = [(f"# T{n}\ntext {n}".encode(), f"{n}.md", "") for n in range(12)]
    files[5] = (b"", "5.md", "")
    results = list(pool.map(files))
    assert [type(result).__name__ for result in results].count("Parsed") == 11
    assert isinstance(results[5], ParseError)
    assert not isinstance(results[7], ParseError)
    assert results[7].sections[0].text == "text 7"


def test_the_worker_has_no_secrets_and_no_torch(pool: ParserPool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "secret")
    fresh = ParserPool()
    fresh.parse(GOOD, "a.md")
    worker = fresh._processes._idle.get()
    assert worker is not None
    with open(f"/proc/{worker._process.pid}/environ", encoding="utf-8") as environment:
        assert "OPENAI_API_KEY" not in environment.read()
    with open(f"/proc/{worker._process.pid}/maps", encoding="utf-8") as maps:
        assert "torch" not in maps.read()
    worker.stop()


def test_limits_come_from_the_settings() -> None:
    limits = limits_of(ParsingSettings(max_bytes=5, timeout_s=2))
    assert (limits.max_bytes, limits.timeout_s) == (5, 2)
