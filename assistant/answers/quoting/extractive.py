"""Answers without a language model: the best sentences of the passages, quoted and cited.

The first three passages decide whether there is an answer and which sentence leads it, or the first one alone where it
leaves no doubt; the others are only read for support, after the leading sentence has been shown.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass, replace
from math import inf

from assistant.answers.form.citations import Composer
from assistant.answers.form.style import sentences_wanted
from assistant.answers.form.wording import say
from assistant.answers.quoting.confidence import AbstentionModel, confidence_of_open
from assistant.answers.quoting.dated import differing, stated
from assistant.answers.quoting.finding import LEADING, Finding, find_evidence
from assistant.answers.quoting.leading import can_answer, in_order
from assistant.answers.quoting.people import sentence_of, who_could_know
from assistant.answers.quoting.shown import asked_words, distinct, quote_of, statement_of, supporting, unsaid_words
from assistant.answers.reading.continued import continued, stands_in
from assistant.answers.reading.evidence import QuestionContext, ScoredStatement, weigh_sentences
from assistant.answers.reading.kinds import asks_for_one_fact
from assistant.answers.reading.lists import QuotedList, below_heading, code_below, list_around, says_something
from assistant.answers.reading.steps import steps_asked_for
from assistant.answers.reading.validity import asks_for_change, asks_for_past
from assistant.events import Event, Stage
from assistant.records import Trace
from core.settings import AnswerSettings, AnswerStyle
from core.types import Answer, Passage
from retrieval.models import TokenEncoder

# Statements that are shown where the answer isn't sure.
_SHOWN = 8
_SHOWN_SHORT = 2
# So many of them are shown with the sentence that follows.
_CONTINUED = 2
# Below this confidence, findings that lack this share of the question's words aren't about it.
_FAINT = 0.1
_MOST_UNSAID = 0.5
# So much below the limit is what would be sure if it held at the time asked about.
_UNSURE = 0.01


@dataclass(frozen=True, slots=True)
class Limits:
    """From which confidence on a finding is an answer, and from which on it is worth showing."""

    answered: float
    partly: float


def answer_from(
    found: Sequence[tuple[str, Sequence[Passage]]],
    encoder: TokenEncoder,
    settings: AnswerSettings,
    style: AnswerStyle,
    trace: Trace,
    *,
    model: AbstentionModel,
    language: str = "en",
    anything: bool = False,
    aside: Sequence[Passage] = (),
    heard: str = "",
    denied: bool = False,
) -> Iterator[Event]:
    """Quoted statements as they are found, then the Answer that holds them.

    What is found is shown: plainly where it is sure, as what the documents say about it where it isn't.

    Args:
        found: Each stand-alone question with its passages, best first. A question of several parts is answered part
            by part; parts without evidence are named in a note.
        style: Its length and format count; quotes have the tone of their documents.
        model: Of the confidence.
        language: Of what is said beside the quotes.
        anything: Show what there is, however little it has in common with the question: the person pointed at it.
        aside: Passages that don't hold at the time asked about; what they say otherwise is named as that.
        heard: The person's own words, where the questions may be in others; only these are said to be missing.
        denied: A language model read the same and found no answer: only what would be sure is shown, and not plainly.
    """
    most = sentences_wanted(style, settings.max_sentences)
    limits = limits_of(settings, model)
    shown_from = Limits(inf, limits.answered) if denied else limits
    composer = Composer()
    parts: list[tuple[str, Finding]] = []
    read: dict[str, Passage] = {}
    remarks: dict[str, None] = {}
    for question, passages in found:
        finding = find_evidence(question, passages, encoder, model, least=limits.answered)
        finding = _judged(finding, passages, limits, language, model)
        trace.signals.update(finding.signals)
        yield Stage("weigh", f"{len(finding.evidence)} sentences, confidence {finding.confidence:.2f}")
        parts.append((question, finding))
        if not (concerns(finding, shown_from) or (anything and finding.evidence)):
            continue
        read.update((p.chunk.id, p) for p in passages[: settings.passages])
        own = passages[: settings.passages]
        if finding.confidence >= shown_from.answered:
            told = yield from _quotes(finding, own, encoder, composer, most, bullets=style.format == "bullets")
        else:
            shown = _SHOWN_SHORT if style.length == "short" else _SHOWN
            told = yield from _findings(finding, own, encoder, composer, language=language, most=shown, heard=heard)
        yield from _steps(finding, own, told, composer)
        others = _beside(question, aside)
        told.extend(weigh_sentences(finding.asked, others[:LEADING], encoder) if others else [])
        yield from differing(finding.asked, finding.evidence[0], told, composer, language)
        cited = {c.chunk_id for c in composer.citations}
        read.update((p.chunk.id, p) for p in aside if p.chunk.id in cited)
        remarks[stated(finding.evidence[0].passage.chunk, language)] = None
    sure = max((finding.confidence for _, finding in parts), default=0.0)
    missing = [q for q, finding in parts if not (concerns(finding, shown_from) or (anything and finding.evidence))]
    if len(missing) == len(parts):
        yield no_evidence([p for _, passages in found for p in passages], sure, language)
        return
    yield Answer(
        composer.text,
        tuple(composer.citations),
        "answered" if sure >= shown_from.answered else "partly",
        confidence=sure,
        passages=tuple(read.values()),
        notes=(*filter(None, remarks), *(say("also_asked", language, question=question) for question in missing)),
    )


def _steps(
    finding: Finding, passages: Sequence[Passage], told: Sequence[ScoredStatement], composer: Composer
) -> Iterator[Event]:
    """The list or table of steps that the question asks for, whole and in order, unless most of it is quoted."""
    steps = steps_asked_for(finding.asked.text, passages, [*finding.evidence, *told])
    lines = [statement_of(step) for step in steps]
    if not lines or 2 * sum(line in composer.text for line in lines) >= len(lines):
        return
    chunk = steps[0].passage.chunk
    name = " – ".join(dict.fromkeys(part for part in (chunk.title, chunk.heading_path[-1]) if part))
    quoted = (steps[0].passage, steps[0].span.begin, steps[-1].span.end)
    yield composer.add("\n".join([f"{name}:", *(f"- {line}" for line in lines)]), [quoted], "\n\n")


def _beside(question: str, aside: Sequence[Passage]) -> list[Passage]:
    """What may be named beside the answer: of replaced documents only where the past is asked for."""
    past = asks_for_past(question)
    return [p for p in aside if past or p.chunk.metadata.get("vetting") != "superseded"]


def _judged(
    finding: Finding, passages: Sequence[Passage], limits: Limits, language: str, model: AbstentionModel
) -> Finding:
    """The finding with the statement in the lead that may lead, and unsure where that can't be the whole answer."""
    finding = replace(finding, evidence=in_order(finding.asked, finding.evidence, passages))
    if can_answer(finding.asked, finding.evidence, passages, language):
        is_open = finding.confidence >= _FAINT and not asks_for_one_fact(finding.asked.text)
        return replace(finding, confidence=confidence_of_open(finding.confidence, model)) if is_open else finding
    return replace(finding, confidence=min(finding.confidence, limits.answered - _UNSURE))


def limits_of(settings: AnswerSettings, model: AbstentionModel) -> Limits:
    """The settings' limits, or else the model's own."""
    answered = settings.min_confidence if settings.min_confidence is not None else model.threshold
    partly = settings.partly_confidence if settings.partly_confidence is not None else model.partly
    return Limits(answered, min(answered, partly))


def concerns(finding: Finding, limits: Limits) -> bool:
    """Whether what was found is worth showing: sure enough, or at least about most of what was asked for."""
    if not finding.evidence or finding.confidence < limits.partly:
        return False
    if finding.confidence >= max(_FAINT, limits.partly):
        return True
    asked = asked_words(finding.asked)
    unsaid = unsaid_words(finding.asked, distinct(finding.evidence, _SHOWN), len(asked))
    return len(unsaid) < _MOST_UNSAID * len(asked)


def _findings(
    finding: Finding,
    passages: Sequence[Passage],
    encoder: TokenEncoder,
    composer: Composer,
    *,
    language: str,
    most: int,
    heard: str = "",
) -> Generator[Event, None, list[ScoredStatement]]:
    """What the documents say about it, a line each, and which of the question's words they don't have.

    Returns:
        What else was read.
    """
    yield composer.add(say("partly", language), [], "\n\n")
    rest = weigh_sentences(finding.asked, passages[finding.read :], encoder, first=finding.read)
    whole = finding.asked.expected == "open"
    rest = [e for e in rest if says_something(e, passages, whole=whole)]
    shown = distinct([*finding.evidence, *rest], most, change=asks_for_change(finding.asked.text))
    whole_ones = [continued(e) for e in shown[:_CONTINUED]]
    shown = [*whole_ones, *(e for e in shown[_CONTINUED:] if not stands_in(e, whole_ones))]
    quoted: list[tuple[QuotedList, str]] = []
    for evidence in shown:
        if any(block.holds(evidence, chunk) for block, chunk in quoted):
            continue
        block = _list_for(finding.asked, evidence, passages)
        if block is None:
            yield composer.add(f"- {statement_of(evidence)}", [quote_of(evidence)], "\n")
        else:
            quoted.append((block, evidence.passage.chunk.id))
            yield composer.add(block.text("- "), _quotes_of(block, evidence.passage), "\n")
    unsaid = [word for word in unsaid_words(finding.asked, shown) if not heard or word in heard]
    if unsaid:
        yield composer.add(say("unsaid", language, words=", ".join(unsaid)), [], "\n\n")
    return [*finding.evidence[1:], *rest]


def _list_for(asked: QuestionContext, evidence: ScoredStatement, passages: Sequence[Passage]) -> QuotedList | None:
    """The whole list around a statement; what asks for a number, a day or a name is answered by the item alone."""
    if asked.expected != "open":
        return None
    return list_around(evidence) or below_heading(evidence) or code_below(evidence, passages)


def _quotes_of(block: QuotedList, passage: Passage) -> list[tuple[Passage, int, int]]:
    quotes = [(passage, block.begin, block.end)]
    return [*quotes, (block.code_in, 0, len(block.code_in.chunk.text))] if block.code_in is not None else quotes


def _quotes(
    finding: Finding,
    passages: Sequence[Passage],
    encoder: TokenEncoder,
    composer: Composer,
    most: int,
    *,
    bullets: bool,
) -> Generator[Event, None, list[ScoredStatement]]:
    """The leading statement and those that support it; what else was read comes back."""
    lead = finding.evidence[0]
    mark, block = "- " if bullets else "", _list_for(finding.asked, lead, passages)
    if block is None and most > 1:
        lead = continued(lead)
    said = mark + statement_of(lead) if block is None else block.text()
    quotes = [quote_of(lead)] if block is None else _quotes_of(block, lead.passage)
    yield composer.add(said, quotes, separator="\n\n" if composer.text else "")
    if most == 1:
        return list(finding.evidence[1:])
    # Only now the other passages are read: the leading sentence is shown already.
    row = bool(lead.cells) or block is not None
    rest = weigh_sentences(finding.asked, passages[finding.read :], encoder, first=finding.read)
    others = [e for e in (*finding.evidence[1:], *rest) if block is None or not block.holds(e, lead.passage.chunk.id)]
    others = [e for e in others if says_something(e, passages, whole=False) and not stands_in(e, [lead])]
    for evidence in supporting(lead, others, most - 1, finding.asked.terms):
        separator = "\n" if evidence.cells or row or bullets else " "
        row = bool(evidence.cells)
        yield composer.add(mark + statement_of(evidence), [quote_of(evidence)], separator)
    return others


def no_evidence(passages: Sequence[Passage], sure: float, language: str = "en") -> Answer:
    """The Answer that says there is none, which documents come closest, and who wrote them."""
    nearest: list[Passage] = []
    for passage in passages:
        if passage.chunk.document_id not in {p.chunk.document_id for p in nearest}:
            nearest.append(passage)
    nearest = nearest[:3]
    text = say("none", language)
    if nearest:
        titles = ", ".join(f"“{p.chunk.title or p.chunk.document_id}”" for p in nearest)
        known = sentence_of(who_could_know(nearest), language)
        offered = say("show_offered", language)
        text = " ".join(filter(None, (text, say("closest", language, titles=titles), known, offered)))
    return Answer(text, outcome="no_evidence", confidence=sure, passages=tuple(passages[:8]), nearest=tuple(nearest))
