"""What keeps us from calling a model: one that fails again and again rests, and budgets of a minute."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable

from core.llm.failures import Failure, Kind
from core.settings import LlmBudget

# Failures that say something about the provider's health; a filtered or overlong prompt doesn't.
_UNWELL: frozenset[Kind] = frozenset({"overloaded", "silent", "unreachable", "key", "quota", "unknown_model"})
_WINDOW_S = 60.0


class Breaker:
    """After so many failures in a row a model rests for a while; then one call tries it again."""

    def __init__(self, failures: int, rest_s: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._limit, self._rest_s, self._clock = failures, rest_s, clock
        self._row: dict[str, int] = {}
        self._until: dict[str, float] = {}
        self._lock = threading.Lock()

    def rests(self, model: str) -> bool:
        """Whether it is to be left alone now. The first who asks after the rest may try."""
        with self._lock:
            until = self._until.get(model, 0.0)
            if not until or self._limit == 0:
                return False
            if self._clock() < until:
                return True
            self._until[model] = self._clock() + self._rest_s
            return False

    def failed(self, failure: Failure) -> None:
        """Counts a failure."""
        if failure.kind not in _UNWELL:
            return
        with self._lock:
            self._row[failure.model] = self._row.get(failure.model, 0) + 1
            if self._row[failure.model] >= self._limit:
                self._until[failure.model] = self._clock() + self._rest_s

    def worked(self, model: str) -> None:
        """It is well again."""
        with self._lock:
            self._row.pop(model, None)
            self._until.pop(model, None)


class MinuteBudget:
    """Calls and tokens of the last minute in this process, of everybody and of each person; 0 is no limit."""

    def __init__(self, budget: LlmBudget, clock: Callable[[], float] = time.monotonic) -> None:
        self._budget, self._clock = budget, clock
        self._used: deque[tuple[float, str, int]] = deque()
        self._lock = threading.Lock()

    def exceeded(self, person: str) -> str:
        """Which limit is reached, as "60 calls in a minute"; empty when none is."""
        with self._lock:
            oldest = self._clock() - _WINDOW_S
            while self._used and self._used[0][0] < oldest:
                self._used.popleft()
            calls = sum(1 for *_, tokens in self._used if tokens == 0)
            tokens = sum(tokens for *_, tokens in self._used)
            own = sum(1 for _, who, tokens in self._used if tokens == 0 and who == person)
        limits = (
            (calls, self._budget.calls_per_minute, "calls in a minute"),
            (tokens, self._budget.tokens_per_minute, "tokens in a minute"),
            (own if person else 0, self._budget.calls_per_person_minute, "calls of one person in a minute"),
        )
        return next((f"{limit:,} {of}" for used, limit, of in limits if limit and used >= limit), "")

    def begins(self, person: str) -> None:
        """Counts a call."""
        with self._lock:
            self._used.append((self._clock(), person, 0))

    def used(self, person: str, tokens: int) -> None:
        """Counts a call's tokens once they are known."""
        if tokens:
            with self._lock:
                self._used.append((self._clock(), person, tokens))
