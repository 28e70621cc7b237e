"""The answer as it grows: reviewed blocks in order, what of them can be shown, and what was found."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

from assistant.answers.form.citations import Composer
from assistant.answers.writing.rendering import rendered
from assistant.answers.writing.review import Claim, ReviewedBlock, Reviewer
from assistant.events import Sentence
from core.text.words import content_words
from core.types import Citation

_LEVEL = re.compile(r"^\s*(#{1,6})\s")
_SAYING = frozenset({"passed", "attributed", "repaired", "marked"})


class Sheet:
    """Collects the blocks of one answer.

    Attributes:
        waiting: What has been reviewed and not been shown.
        added: What the model adds from general knowledge; it comes last.
        needs: What the model wants to have searched for instead.
        said_no: Whether the model says itself that the sources don't answer.
    """

    def __init__(self, reviewer: Reviewer, language: str) -> None:
        self.reviewer = reviewer
        self._language = language
        self.clear()

    def clear(self) -> None:
        """Begins anew: what the model wrote so far was no answer."""
        self.waiting: list[ReviewedBlock] = []
        self.added: list[str] = []
        self.needs: list[str] = []
        self.said_no = False
        self._composer = Composer()
        self._leads: list[ReviewedBlock] = []
        self._all: list[ReviewedBlock] = []
        self._owed = ""

    def take(self, reviewed: ReviewedBlock) -> None:
        """The next block."""
        self._all.append(reviewed)
        self.waiting.append(reviewed)

    @property
    def failing(self) -> bool:
        """Whether something waits that isn't shown as it is."""
        return any(reviewed.failed for reviewed in self.waiting)

    @property
    def text(self) -> str:
        """What has been shown so far."""
        return self._composer.text

    @property
    def citations(self) -> list[Citation]:
        """The citations of what has been shown."""
        return self._composer.citations

    @property
    def answered(self) -> bool:
        """Whether something is shown that a source says."""
        return bool(self.text) and any(c.outcome in _SAYING for b in self._all for c in b.claims)

    def misses(self, question: str) -> bool:
        """Whether all that the model wrote is that the sources don't say it, and "it" is something that was asked."""
        claims = [c for b in self._all for c in b.claims if c.text and c.outcome != "around"]
        if not claims or any(claim.outcome != "gap" for claim in claims):
            return False
        # A weak model repeats such a sentence from its prompt: then it is its failure, and says nothing of the sources.
        asked = set(content_words(question))
        return not asked or any(asked & set(content_words(claim.text)) for claim in claims)

    def cut(self, unfinished: Callable[[Claim], bool]) -> None:
        """Leaves out the end of a reply that broke off in the middle."""
        if self.waiting and self.waiting[-1].claims and unfinished(self.waiting[-1].claims[-1]):
            del self.waiting[-1].claims[-1]

    def release(self, *, but_last: bool = False) -> Iterator[Sentence]:
        """What waits, as far as it can be shown."""
        count = len(self.waiting) - (1 if but_last else 0)
        ready, self.waiting = self.waiting[:count], self.waiting[count:]
        for reviewed in ready:
            yield from self._show(reviewed)

    def rest(self) -> Iterator[Sentence]:
        """All that waits; unless the sources say something, gaps and headings aren't an answer."""
        said = any(c.outcome in _SAYING for b in self._all for c in b.claims)
        if said:
            yield from self.release()
        else:
            self.added += [c.text for b in self.waiting for c in b.claims if c.outcome == "added"]

    def additions(self) -> Iterator[Sentence]:
        """What the model adds of its own, behind what the documents say."""
        for text in self.added:
            yield self._composer.add_written(text, (), " ")

    def notes(self) -> tuple[str, ...]:
        """What the person is told about what is missing or doubtful."""
        claims = [c for b in self._all for c in b.claims if c.text]
        gone = sum(c.outcome in {"failed", "left out"} for c in claims)
        marked = sum(c.outcome == "marked" for c in claims)
        return (
            *_note(gone, "left out because the sources don't support what was written"),
            *_note(marked, "not confirmed by the sources and marked so"),
        )

    def record(self) -> Iterator[dict[str, Any]]:
        """Each claim with what became of it, for the trace."""
        for claim in (c for b in self._all for c in b.claims if c.text):
            entry: dict[str, Any] = {"sentence": claim.text, "outcome": claim.outcome, "score": claim.check.score}
            if claim.check.problems and claim.outcome != "passed":
                entry["problems"] = list(claim.check.problems)
            yield entry

    def _show(self, reviewed: ReviewedBlock) -> Iterator[Sentence]:
        own = [c for c in reviewed.claims if c.outcome == "added"]
        self.added += [claim.text for claim in own]
        kept = [claim for claim in reviewed.claims if claim not in own]
        shown = ReviewedBlock(reviewed.block, kept, reviewed.leads, reviewed.fixed)
        if reviewed.leads:
            self._lead(shown)
            return
        text, citations = rendered(shown, self.reviewer.sources, self._language)
        if not text:
            self._owed = self._owed or (reviewed.block.before if reviewed.block.before != " " else "")
            return
        for lead in self._leads:
            yield self._composer.add_written(*rendered(lead, self.reviewer.sources, self._language), lead.block.before)
        before = (self._owed or "\n\n") if reviewed.block.before == " " and self._owed else reviewed.block.before
        self._leads, self._owed = [], ""
        yield self._composer.add_written(text, citations, before)

    def _lead(self, lead: ReviewedBlock) -> None:
        """Waits for what it leads to; one that leads to nothing goes."""
        level = _level(lead)
        self._leads = [other for other in self._leads if _level(other) < level]
        if lead.shown:
            self._leads.append(lead)


def _level(lead: ReviewedBlock) -> int:
    """How deep a heading is; what introduces a list is deeper than any."""
    found = _LEVEL.match(lead.block.text)
    return len(found.group(1)) if found else 7 if lead.block.kind == "heading" else 8


def _note(count: int, what: str) -> tuple[str, ...]:
    if not count:
        return ()
    return (f"{count} {'sentence was' if count == 1 else 'sentences were'} {what}.",)
