"""Answers that a language model writes from numbered sources, checked block by block before they are shown.

What a source says is shown as it was written, paragraph, list or table. From the first claim on that fails its check
the rest is held back until the reply is whole; then one call corrects all that failed. If nothing is left, the caller
quotes the documents: that a writer failed says nothing about what they answer.
"""

from __future__ import annotations

import re
from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain

from assistant.answers.quoting.extractive import no_evidence
from assistant.answers.quoting.finding import Finding
from assistant.answers.writing.blocks import blocks_of
from assistant.answers.writing.mending import Mender
from assistant.answers.writing.prompting import Prompting
from assistant.answers.writing.replying import (
    ThoughtFirst,
    other_language,
    spoken,
    unfinished,
    with_sources_below,
    without_no,
    without_yes,
)
from assistant.answers.writing.review import Reviewer
from assistant.answers.writing.sheet import Sheet
from assistant.answers.writing.sources import DocumentReader, Source, sources_from
from assistant.checks import load_guardrails, without_foreign_links
from assistant.events import Event, Sentence, Stage
from assistant.question import RESEARCH, Question
from assistant.records.trace import Trace
from core.llm import ChatModels, Spending, Streamed
from core.settings import Settings
from core.text.languages import language_name
from core.types import Answer, Passage, User
from prompts import load_prompt
from retrieval.models import TokenEncoder
from retrieval.models.claims import shared_claim_judge

# Said below an answer whose text doesn't reach its end.
_CUT_SHORT: Mapping[str, tuple[str, ...]] = {
    "length": ("The answer is longer than llm.max_tokens allows and ends early.",),
    "filter": ("The provider's content filter stopped the answer here.",),
    "dropped": ("The connection to the language model broke off here; ask again for the rest.",),
}
# After these the rest can be asked for; a content filter would stop it again.
_GO_ON = frozenset({"length", "dropped"})
DENIED = "the language model found no answer in them."
_NOTHING_LEFT = "what the language model wrote could not be confirmed by the documents."
_CODE = re.compile(r"(`[^`\n]+`)")
# A report rests on so many times the passages and tokens of an answer.
_REPORT_PASSAGES, _REPORT_TOKENS = 2, 3


@dataclass(frozen=True)
class Unwritten:
    """Why there is no answer.

    Attributes:
        why: What the person is told.
        needs: What the model wants to have searched for first.
        denied: Whether it read the sources and says that they don't answer.
    """

    why: str = ""
    needs: tuple[str, ...] = ()
    denied: bool = False


@dataclass(frozen=True)
class AnswerWriter:
    """Writes answers with the configured models."""

    models: ChatModels
    encoder: TokenEncoder
    settings: Settings
    reader: DocumentReader

    def answer_from(
        self,
        question: Question,
        finding: Finding,
        passages: Sequence[Passage],
        trace: Trace,
        computed: Sequence[tuple[Passage, ...]] = (),
        *,
        may_need: bool = False,
    ) -> Generator[Event, None, Unwritten | None]:
        """Checked blocks as they come, then the Answer; or why there is none, for the documents to be quoted instead.

        Args:
            computed: What tools found that stands in no document, each with the passages that it rests on.
            may_need: Whether the model may ask for further searches in the place of an answer.

        Raises:
            ModelError: no model answered; nothing has been shown then.
        """
        adds = self.settings.answer.response_scope == "model_may_add"
        if not passages and not computed and not adds:
            yield no_evidence(passages, finding.confidence, question.language)
            return None
        sources = [*map(Source, computed), *self._sources(question, passages)]
        read = tuple(p for source in sources for p in source.passages)
        trace.given = sorted({*trace.given, *(p.chunk.document_id for p in read), *_told_before(question)} - {""})
        yield Stage("write", f"from {len(read)} passages")
        sheet = Sheet(self._reviewer(question, sources, adds), question.language)
        prompting = Prompting(self.settings, question, sources, may_need)
        stop = yield from self._written(prompting, sheet, trace)
        if stop == "language":
            why = f"the language model did not write in {language_name(question.language)}."
            trace.notes.append(why)
            return Unwritten(why)
        if may_need and sheet.needs and not sheet.text:
            return Unwritten(needs=tuple(sheet.needs))
        self._mend(sheet, prompting.fence, question, trace)
        yield from sheet.rest()
        trace.checks.extend(sheet.record())
        notes = (*sheet.notes(), *_CUT_SHORT.get(stop, ()))
        route = RESEARCH if question.route == RESEARCH else "search"
        if sheet.answered:
            yield from sheet.additions()
            yield Answer(
                sheet.text,
                tuple(sheet.citations),
                route=route,
                confidence=finding.confidence,
                passages=read,
                notes=notes,
                unfinished=stop in _GO_ON,
            )
            return None
        denied = sheet.said_no or sheet.misses(question.text)
        if denied and read and not sheet.added:
            return Unwritten(DENIED, denied=True)
        if denied or not read:
            none = no_evidence(passages, finding.confidence, question.language)
            yield replace(none, text="\n\n".join([none.text, *sheet.added]), notes=notes, route=route)
            return None
        trace.notes.append(_NOTHING_LEFT)
        return Unwritten(_NOTHING_LEFT)

    def _sources(self, question: Question, passages: Sequence[Passage]) -> list[Source]:
        answer, report = self.settings.answer, question.route == RESEARCH
        most = answer.model_passages * (_REPORT_PASSAGES if report else 1)
        tokens = answer.model_tokens * (_REPORT_TOKENS if report else 1)
        return sources_from(passages, self.reader, question.user, most=most, max_tokens=tokens)

    def _written(self, prompting: Prompting, sheet: Sheet, trace: Trace) -> Generator[Event, None, str]:
        """What can be shown at once of what the model writes; how its reply ended, "language" if in a wrong one."""
        question, other = prompting.question, ""
        for _ in range(2):
            spent = Spending(person=question.user.email)
            messages = prompting.messages(other)
            key = access_key(question.user, prompting.sources)
            stream = self.models.stream(prompting.task, messages, spent, access=key)
            try:
                other = yield from self._shown(stream, question, sheet)
            finally:
                trace.add_calls(spent, prompting.prompt.id)
            if not other:
                break
            stream.close()
            sheet.clear()
        if other:
            return "language"
        if stream.stop in _CUT_SHORT:
            sheet.cut(unfinished)
        return stream.stop or "end"

    def _shown(self, stream: Streamed, question: Question, sheet: Sheet) -> Generator[Event, None, str]:
        """What can be shown while the reply comes; the language that it is in where it isn't the one asked for."""
        pieces: Iterator[str] = spoken(stream)
        while True:
            try:
                return (yield from self._released(pieces, stream, question, sheet))
            except ThoughtFirst as thought:
                if sheet.text:
                    yield Stage("again")
                sheet.clear()
                pieces = chain([thought.rest], stream)

    def _released(
        self, pieces: Iterator[str], stream: Streamed, question: Question, sheet: Sheet
    ) -> Generator[Sentence, None, str]:
        # One call judges all claims, so nothing is shown before.
        waits, checked = "verify" in self.settings.llm.tasks, False
        for block, numbers in with_sources_below(without_yes(without_no(blocks_of(pieces), sheet), question.text)):
            if not checked and block.kind in {"paragraph", "item"}:
                if found := other_language(block.text, question.text, question.language):
                    return found
                checked = bool(sheet.text)
            sheet.take(sheet.reviewer.review(block, numbers))
            if not waits and not sheet.failing:
                # The last block of a reply that was cut off may end in the middle.
                yield from sheet.release(but_last=stream.stop in _CUT_SHORT)
        return ""

    def _mend(self, sheet: Sheet, fence: str, question: Question, trace: Trace) -> None:
        """What failed is verified, corrected, marked or left out, as the settings say."""
        for name in ("verify", "repair"):
            if sheet.said_no and not sheet.text:
                break
            wanted = "verify" in self.settings.llm.tasks if name == "verify" else self._unsupported == "repair"
            if not wanted:
                continue
            spent = Spending(person=question.user.email)
            mender = Mender(self.models, sheet.reviewer, fence, spent)
            problem = mender.verify(sheet.waiting) if name == "verify" else mender.repair(sheet.waiting)
            trace.add_calls(spent, load_prompt(name).id)
            trace.notes.extend([problem] if problem else [])
        for claim in (claim for reviewed in sheet.waiting for claim in reviewed.failed):
            claim.outcome = "marked" if self._unsupported == "mark" else "left out"

    @property
    def _unsupported(self) -> str:
        return self.settings.answer.unsupported

    def _reviewer(self, question: Question, sources: Sequence[Source], adds: bool) -> Reviewer:
        allow = load_guardrails(self.settings).links.allow
        said = "\n".join([question.text, *(turn.question for turn in question.turns[-1:])])
        judge = shared_claim_judge(self.settings) if self.settings.answer.claim_check == "model" else None
        return Reviewer(sources, said, self.encoder, lambda text: _clean(text, allow), adds, judge)


def access_key(user: User, sources: Sequence[Source]) -> str:
    """What separates cached replies: the person's principals and exactly which passages were seen."""
    return "|".join([*sorted(user.principals()), "§", *(p.chunk.id for s in sources for p in s.passages)])


def _told_before(question: Question) -> Iterator[str]:
    """The documents that the told turns of the conversation rest on."""
    return (document for turn in question.turns for document, _ in turn.cited)


def _clean(text: str, allow: Sequence[str]) -> str:
    """Without foreign links, images and HTML; code keeps its angle brackets."""

    def shown(part: str) -> str:
        code = _CODE.fullmatch(part) and "://" not in part and "www." not in part
        return part if code else without_foreign_links(part, allow)

    return "".join(map(shown, _CODE.split(text)))
