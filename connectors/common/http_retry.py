"""Asking again: exponential back-off with full jitter, and Retry-After honoured. One place for every HTTP source."""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TypeVar

from core.logs import log_retry

T = TypeVar("T")

log = logging.getLogger(__name__)

TRANSIENT_STATUS = frozenset({408, 429, 500, 502, 503, 504})


@dataclass(frozen=True)
class Retry:
    """A failure that is worth another try, `after_s` seconds from now if the source said so."""

    after_s: float | None = None


@dataclass(frozen=True)
class Backoff:
    """How often and how patiently to ask again.

    Attributes:
        attempts: Tries in all.
        first_s: Upper bound of the first wait; it doubles each time up to `most_s`.
        patience_s: A source that says to wait longer than this isn't waited for.
    """

    attempts: int = 5
    first_s: float = 0.5
    most_s: float = 30.0
    patience_s: float = 300.0

    def wait_s(self, attempt: int, retry: Retry) -> float | None:
        """Seconds to wait before the try after the `attempt`-th (from 1); None when it isn't worth it."""
        if attempt >= self.attempts:
            return None
        if retry.after_s is not None:
            # Everyone who was told the same moment shouldn't come back in the same moment.
            return None if retry.after_s > self.patience_s else retry.after_s + random.uniform(0, self.first_s)
        return random.uniform(0, min(self.most_s, self.first_s * 2 ** (attempt - 1)))


def retried(
    ask: Callable[[], T],
    classify: Callable[[Exception], Retry | None],
    backoff: Backoff,
    sleep: Callable[[float], None] = time.sleep,
    source: str = "",
) -> T:
    """What `ask` returns in the end; its last error if it never does.

    Args:
        classify: What to do about an error: a `Retry`, or None if asking again is no use.
        source: Whom the log names.
    """
    attempt = 1
    while True:
        try:
            return ask()
        except Exception as error:
            retry = classify(error)
            wait = backoff.wait_s(attempt, retry) if retry is not None else None
            if wait is None:
                raise
            log_retry(log, f"source {source}", error, f"{attempt + 1} of {backoff.attempts} in {wait:.1f} s")
        sleep(wait)
        attempt += 1


def retry_after_s(headers: Mapping[str, str], now: datetime | None = None) -> float | None:
    """The seconds that an answer asks to wait (Retry-After as seconds or as a date); None if it doesn't say."""
    value = headers.get("Retry-After")
    if value is None:
        return None
    try:
        return max(0.0, float(value))
    except ValueError:
        pass
    try:
        moment = parsedate_to_datetime(value)
    except ValueError:
        return None
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return max(0.0, (aware - (now or datetime.now(UTC))).total_seconds())
