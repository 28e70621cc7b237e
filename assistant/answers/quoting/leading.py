"""Which statement may lead an answer, and whether it can be the whole of it."""

from __future__ import annotations

from collections.abc import Sequence

from assistant.answers.reading.continued import continued
from assistant.answers.reading.evidence import QuestionContext, ScoredStatement
from assistant.answers.reading.kinds import has_kind_asked_for
from assistant.answers.reading.lists import says_something
from assistant.answers.reading.otherwise import newest_first, stating_first
from assistant.answers.reading.specific import is_specific
from assistant.answers.reading.subject import names_known
from assistant.answers.reading.validity import asked_window, asks_for_past, in_force
from core.types import Passage

# A statement beside the leading one may have the fact asked for, if it scores at most this much lower.
_NEAR = 3.0


def in_order(
    asked: QuestionContext, evidence: Sequence[ScoredStatement], passages: Sequence[Passage]
) -> tuple[ScoredStatement, ...]:
    """The statements without titles, headings and lead-ins that nothing is shown with; the newest of several leads."""
    whole = asked.expected == "open"
    kept = [e for e in evidence if says_something(e, passages, whole=whole)] or list(evidence)
    window = asked_window(asked.text)
    if window is not None and kept:
        kept = stating_first(kept, window)
    elif not asks_for_past(asked.text):
        kept = newest_first(kept, asked.terms)
    return tuple(kept)


def can_answer(
    asked: QuestionContext, evidence: Sequence[ScoredStatement], passages: Sequence[Passage], language: str
) -> bool:
    """Whether the leading statement can be the whole answer.

    It can't where it doesn't hold at the time asked about, where neither it nor the next has a fact of the kind that is
    asked for or both are about something else, and where no passage has a name that the question has.
    """
    if not evidence:
        return names_known(asked.text, passages, language)
    window = asked_window(asked.text)
    near = [continued(e) for e in evidence[:2] if e.score >= evidence[0].score - _NEAR]
    texts = [" ".join([*(header for header, _ in e.cells), e.span.text]) for e in near]
    around = [" ".join([e.passage.chunk.title, *e.passage.chunk.heading_path]) for e in near]
    holds = window is None or in_force(evidence[0].passage.chunk, window)
    has_fact = has_kind_asked_for(asked.text, texts) and is_specific(asked.text, texts, around, passages)
    return holds and has_fact and names_known(asked.text, passages, language)
