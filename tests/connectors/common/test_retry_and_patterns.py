"""Asking again, and which paths are let through."""

from __future__ import annotations

import logging
from datetime import UTC, datetime

import pytest

from connectors.common.http_retry import Backoff, Retry, retried, retry_after_s
from connectors.common.patterns import is_included

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


class Flaky:
    """Fails so often, then answers."""

    def __init__(self, failures: int) -> None:
        self.failures = failures
        self.calls = 0

    def __call__(self) -> str:
        self.calls += 1
        if self.calls <= self.failures:
            raise OSError(f"failure {self.calls}")
        return "answer"


def test_a_passing_fault_is_waited_out_with_growing_patience() -> None:
    waits: list[float] = []
    flaky = Flaky(4)
    assert retried(flaky, lambda error: Retry(), Backoff(attempts=5, first_s=1, most_s=3), waits.append) == "answer"
    assert len(waits) == 4 and all(wait <= bound for wait, bound in zip(waits, (1, 2, 3, 3), strict=True))
    assert len(set(waits)) == 4, "without jitter all clients come back at once"


def test_after_the_last_attempt_the_error_stands() -> None:
    flaky = Flaky(9)
    with pytest.raises(OSError, match="failure 3"):
        retried(flaky, lambda error: Retry(), Backoff(attempts=3), lambda _: None)


def test_what_cannot_pass_is_not_asked_again() -> None:
    flaky = Flaky(1)
    with pytest.raises(OSError):
        retried(flaky, lambda error: None, Backoff(), lambda _: None)
    assert flaky.calls == 1


def test_the_sources_own_word_decides_unless_it_is_too_long() -> None:
    waits: list[float] = []
    retried(Flaky(1), lambda error: Retry(20), Backoff(first_s=0.5), waits.append)
    assert 20 <= waits[0] <= 20.5
    with pytest.raises(OSError):
        retried(Flaky(1), lambda error: Retry(3_600), Backoff(patience_s=300), waits.append)


def test_each_further_try_is_logged_without_the_errors_own_words(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        retried(Flaky(2), lambda error: Retry(), Backoff(first_s=0.1), lambda _: None, "handbook")
    assert [record.levelname for record in caplog.records] == ["INFO", "INFO"]
    assert caplog.records[1].getMessage().startswith("source handbook didn't answer (OSError): try 3 of 5 in 0.")
    assert "failure" not in caplog.text


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("12", 12),
        ("0.5", 0.5),
        ("-3", 0),
        ("Sun, 22 Nov 2026 12:00:30 GMT", 30),
        ("Sun, 22 Nov 2026 11:00:00 GMT", 0),
        ("soon", None),
        (None, None),
    ],
)
def test_retry_after_in_both_forms(value: str | None, seconds: float | None) -> None:
    headers = {} if value is None else {"Retry-After": value}
    assert retry_after_s(headers, NOW) == seconds


@pytest.mark.parametrize(
    ("path", "include", "exclude", "included"),
    [
        ("a/b.pdf", [], [], True),
        ("a/b.PDF", ["*.pdf"], [], True),
        ("a/b.pdf", ["*.docx"], [], False),
        ("a/b.pdf", ["*.pdf"], ["b.*"], False),
        ("a/b.pdf", ["a/*.pdf"], [], True),
        ("a/c/b.pdf", ["a/*.pdf"], [], False),
        ("a/c/b.pdf", ["a/**/*.pdf"], [], True),
        ("a/b.pdf", ["a/**/*.pdf"], [], True),
        ("drafts/x/y.md", [], ["drafts/"], False),
        ("a/drafts/y.md", [], ["drafts/"], True),
        ("a/drafts/y.md", [], ["**/drafts/"], False),
        ("report-1.md", ["report-[0-9].md"], [], True),
        ("report-x.md", ["report-[!0-9].md"], [], True),
        ("report-1.md", ["report-[!0-9].md"], [], False),
        ("a+b(c).md", ["a+b(c).md"], [], True),
        ("aab.md", ["a+b.md"], [], False),
        ("a?.md", ["a?.md"], [], True),
        ("line\nbreak.md", ["*.md"], [], True),
    ],
)
def test_patterns(path: str, include: list[str], exclude: list[str], included: bool) -> None:
    assert is_included(path, include, exclude) is included
