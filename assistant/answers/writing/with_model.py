"""Answers that a language model writes: from what was found, or after what it looked up for them.

A simple question is one call. It is planned only if it looks like more, if a report is wanted, or once the model that
writes says what it lacks.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass

from assistant.answers.asked.from_files import source_of
from assistant.answers.quoting.confidence import AbstentionModel
from assistant.answers.quoting.finding import find_evidence
from assistant.answers.writing.lookups import DocumentTools
from assistant.answers.writing.sources import fence_for
from assistant.answers.writing.written import DENIED, AnswerWriter, Unwritten
from assistant.events import Event
from assistant.planning import SEARCHING, Gathered, Judge, Planner, Tool, Toolbox, wants_plan
from assistant.question import RESEARCH, Question
from assistant.records.trace import Trace
from core.llm import ChatModels
from core.settings import Settings
from core.types import Passage
from retrieval.models.tokens import TokenEncoder
from retrieval.query.search import Searcher

# So many passages of the last answer are read again, behind so many of what was found.
_RECALLED, _BEFORE_RECALLED = 6, 4


@dataclass(frozen=True)
class ModelAnswers:
    """Writes answers over one search.

    Attributes:
        tools: What a model that plans may use besides the documents.
        judge: What the guardrails say to what a model wants to look up.
        confidence: How sure the findings are.
    """

    models: ChatModels
    searcher: Searcher
    encoder: TokenEncoder
    settings: Settings
    confidence: AbstentionModel
    tools: Sequence[Tool] = ()
    judge: Judge | None = None

    def events(
        self,
        question: Question,
        found: Sequence[tuple[str, list[Passage]]],
        everything: Sequence[Passage],
        trace: Trace,
    ) -> Generator[Event, None, Unwritten | None]:
        """The answer, after what was looked up for it; or why there is none.

        Args:
            found: Each part of the question with its passages.
            everything: All of them, best first.

        Raises:
            ModelError: no model answered; nothing has been shown then.
        """
        with trace.stage("weigh"):
            findings = [find_evidence(part, passages, self.encoder, self.confidence) for part, passages in found]
            finding = max(findings, key=lambda f: f.confidence)
            trace.signals = dict(finding.signals)
        passages = self._with_recalled(question, everything)
        planner, gathered = self._planner(question), Gathered()
        more = bool(planner.box.tools) and not question.continues
        planned = more and (question.route == RESEARCH or wants_plan(question.text, [part for part, _ in found]))
        if planned:
            gathered = yield from planner.gather(question, passages, trace)
        may_need = not planned and planner.box.has(SEARCHING)
        writer = AnswerWriter(self.models, self.encoder, self.settings, self.searcher)
        # In turn: neither what was found at first nor what was looked up crowds out the other.
        read = merged([*gathered.found, list(passages)])
        with trace.stage("answer"):
            left = yield from writer.answer_from(question, finding, read, trace, gathered.computed, may_need=may_need)
        if left is None or not left.needs:
            return left
        gathered = yield from planner.looked_up(question, left.needs, trace)
        known = {passage.chunk.id for passage in passages}
        if all(passage.chunk.id in known for one in gathered.found for passage in one):
            return Unwritten(DENIED, denied=True)
        with trace.stage("answer"):
            read = merged([*gathered.found, list(passages)])
            return (yield from writer.answer_from(question, finding, read, trace))

    def _planner(self, question: Question) -> Planner:
        answer = self.settings.answer
        # What is asked of files alone isn't looked for elsewhere, unless all sides are wanted.
        alone = bool(question.attachments) and question.route != RESEARCH and source_of(question.text) == "files"
        own = DocumentTools(self.searcher).tools(question, files_alone=alone)
        box = Toolbox([*own, *(() if alone else self.tools)], self.judge)
        bounds = answer.research if question.route == RESEARCH else answer.plan
        return Planner(self.models, box, bounds, self.settings.company, fence_for(question.text, ()))

    def _with_recalled(self, question: Question, passages: Sequence[Passage]) -> list[Passage]:
        """The passages with those of the last answer behind the best, for what is asked about that answer."""
        if not question.turns:
            return list(passages)
        cited = dict.fromkeys(question.turns[-1].cited)
        before = 0 if question.continues else _BEFORE_RECALLED
        known = {p.chunk.id for p in passages[:before]}
        recalled = [
            Passage(chunk, 0.0)
            for document_id in dict.fromkeys(document for document, _ in cited)
            for chunk in self.searcher.document(document_id, question.user)
            if (document_id, chunk.id) in cited and chunk.id not in known
        ][:_RECALLED]
        mine = {p.chunk.id for p in recalled}
        rest = [p for p in passages[before:] if p.chunk.id not in mine]
        return [*passages[:before], *recalled, *rest]


def merged(found: Sequence[Sequence[Passage]]) -> list[Passage]:
    """The passages of several searches, taken in turn, each once."""
    merged: dict[str, Passage] = {}
    for rank in range(max((len(passages) for passages in found), default=0)):
        for passages in found:
            if rank < len(passages):
                merged.setdefault(passages[rank].chunk.id, passages[rank])
    return list(merged.values())
