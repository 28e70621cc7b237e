"""How much people may ask and run, each and all together (`limits` in the settings); 0 is no limit.

limits = UsageLimits(settings.limits)
with limits.question("ana@x.example"): ...
"""

from __future__ import annotations

import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from math import ceil

from core import metrics
from core.errors import AppError, QuestionError
from core.settings import LimitSettings

_WINDOW_S = 60.0


class TooManyQuestions(QuestionError):
    """Too much is asked; the message says until when."""


class TooManyRuns(AppError):
    """Too many apps run."""


class UsageLimits:
    """What was asked in the last minute, and what runs now, in this process."""

    def __init__(
        self, limits: LimitSettings, clock: Callable[[], float] = time.monotonic, noun: str = "questions"
    ) -> None:
        self._limits, self._clock, self._noun = limits, clock, noun
        self._asked: deque[tuple[float, str]] = deque()
        self._running: Counter[tuple[str, str]] = Counter()
        self._lock = threading.Lock()

    @contextmanager
    def question(self, person: str) -> Iterator[None]:
        """Counts a question while it is answered. Raises QuestionError over a limit."""
        with self._lock:
            said = self._over_a_minute(person) or self._over_running("question", person)
            if said:
                metrics.refused.labels(self._noun).inc()
                raise TooManyQuestions(said)
            self._asked.append((self._clock(), person))
            self._running["question", person] += 1
        with self._counted("question", person):
            yield

    @contextmanager
    def app(self, person: str) -> Iterator[None]:
        """Counts an app while it runs. Raises AppError over a limit."""
        with self._lock:
            if said := self._over_running("app", person):
                metrics.refused.labels("apps").inc()
                raise TooManyRuns(said)
            self._running["app", person] += 1
        with self._counted("app", person):
            yield

    @contextmanager
    def _counted(self, what: str, person: str) -> Iterator[None]:
        try:
            with metrics.running.labels(what).track_inprogress():
                yield
        finally:
            with self._lock:
                self._running[what, person] -= 1
                if not self._running[what, person]:
                    del self._running[what, person]

    def _over_a_minute(self, person: str) -> str:
        now = self._clock()
        while self._asked and self._asked[0][0] <= now - _WINDOW_S:
            self._asked.popleft()
        own = [moment for moment, who in self._asked if who == person]
        all_, each = self._limits.questions_per_minute, self._limits.questions_per_person_minute
        if each and len(own) >= each:
            wait = ceil(own[-each] + _WINDOW_S - now)
            return (
                f"You have sent {len(own)} {self._noun} in a minute, and {each} is the limit; go on in {wait} seconds."
            )
        if all_ and len(self._asked) >= all_:
            return (
                f"{all_} {self._noun} were asked in a minute, which is all that is allowed here; try again in a minute."
            )
        return ""

    def _over_running(self, what: str, person: str) -> str:
        all_ = self._limits.running_questions if what == "question" else self._limits.running_apps
        each = self._limits.running_per_person
        plural = "questions are being answered" if what == "question" else "apps are running"
        if each and self._running[what, person] >= each:
            return f"{each} of your {plural} already, which is the limit; wait until one has ended, or stop it."
        if all_ and sum(n for (kind, _), n in self._running.items() if kind == what) >= all_:
            return f"{all_} {plural} now, which is all that this machine is set to; try again in a moment."
        return ""
