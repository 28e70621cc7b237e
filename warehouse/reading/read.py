"""A question in plain words → a structured query over a layer, by the forms that questions have.

What to measure, by what, of which rows, in which order: each is looked for by its cue words among the marks of
`annotate`, and taken out. What then is left and says something is unknown; a question with too much of that isn't
answered, since a number for another question is worse than none.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import date

from core.errors import QuestionError
from core.text.words import folded
from warehouse.query.structured import Query
from warehouse.reading.annotate import Annotated, annotated
from warehouse.reading.cues import any_cue, is_cue
from warehouse.reading.days import SeveralDates, by_day, timed
from warehouse.reading.lexicon import Lexicon, Mention, tokens_of
from warehouse.reading.lists import plain
from warehouse.reading.measures import Words
from warehouse.reading.missing import missing_words, says
from warehouse.reading.quotients import quotient
from warehouse.reading.ranks import BUSIEST, busy, ranked
from warehouse.reading.rows import conditioned, counted, joined, ordered, returned
from warehouse.reading.spans import lasting_filters, with_spans
from warehouse.reading.subject import with_figure, with_metric, with_subject
from warehouse.reading.unheld import unheld


@dataclass(frozen=True)
class Reading:
    """What was understood: a query, or in one sentence why there is none.

    Attributes:
        unknown: Words of the question that nothing in the data is called.
        loose: These, and the words that only asking is done with: what is left over when all that is used is taken out.
        choices: Where a word may mean several things: how each of them would be asked.
    """

    query: Query | None = None
    problem: str = ""
    unknown: tuple[str, ...] = ()
    loose: tuple[str, ...] = ()
    choices: tuple[str, ...] = ()


def read(question: str, lexicon: Lexicon, today: date) -> Reading:
    """The query that `question` means; of several that it means equally well none, but how to ask each."""
    for completed in (with_subject, with_metric, with_figure):
        question = completed(question, lexicon.layer)
    marks = _annotated(question, lexicon, today)
    found = _read(question, marks, lexicon, today)
    if found.query is None or not marks.alike:
        return found
    begin, end, names = marks.alike[0]
    said = _plain_text(question)[begin:end]
    asked: dict[str, Query] = {}
    for mention in names:
        other = _plain_text(question)[:begin] + _whole_name(mention) + _plain_text(question)[end:]
        query = _read(other, _annotated(other, lexicon, today), lexicon, today).query
        if query is not None and query not in asked.values():
            asked[other] = query
    return _which(said, tuple(asked), found)


def _unused_number(query: Query, marks: Annotated) -> float | None:
    """A number of the question that nothing of the query holds: without it, it would answer another question."""
    filters = [*query.conditions(), *(f for m in query.measures for f in m.where)]
    filters += [f for m in query.measures if m.over for f in m.over.where]
    values = [v for f in filters for v in (f.value if isinstance(f.value, tuple) else (f.value,))]
    held = {float(v) for v in (*values, query.limit) if isinstance(v, int | float)} | {h[2] for h in query.having}
    held |= {value / times for value in set(held) for times in (7, 30, 365)}
    said = " ".join(str(v) for v in values)
    return next((n for n in marks.numbers.values() if n not in held and f"{n:g}" not in said and n != 1), None)


def _which(said: str, choices: tuple[str, ...], found: Reading) -> Reading:
    if len(choices) < 2:
        return found
    return replace(found, query=None, problem=f"“{said}” may mean several things here; which one?", choices=choices)


def _whole_name(mention: Mention) -> str:
    """What it is called and nothing else is."""
    entity, _, column = mention.what.partition(".")
    return column if entity in column else f"{entity} {column}".strip() if mention.kind == "column" else mention.what


def _plain_text(question: str) -> str:
    """The question as it is marked: hyphens that part nothing are blanks."""
    question = re.sub(r"\b[Nn]o\. of\b", "number of", question)
    question = re.sub(
        r"\bhow (?:high|low|big|large|great) (is|was|are|were)\b", r"what \1", question, flags=re.IGNORECASE
    )
    return re.sub(r"\bnon-(?=\w)|(?<=t)-(?=\w+ed\b)", lambda m: "non " if m[0] != "-" else " ", question)


def _annotated(question: str, lexicon: Lexicon, today: date) -> Annotated:
    return annotated(_plain_text(question), lexicon, today)


def _read(question: str, marks: Annotated, lexicon: Lexicon, today: date) -> Reading:
    if marks.lost:
        return Reading(problem=f"The data has no “{marks.lost[0]}”.", unknown=marks.lost)
    if not marks.names and not BUSIEST.search(marks.text):
        return Reading(problem="The question names nothing that the data has.", unknown=marks.unknown)
    marks = replace(marks, text=with_spans(marks.text, marks, lexicon.layer))
    if absent := missing_words(question, marks):
        return Reading(problem=f"The data has nothing for “{absent[0]}”.", unknown=tuple(absent))
    try:
        query = _understood(Words(marks, lexicon, today))
    except SeveralDates as error:
        return _dates(question, marks, error, lexicon, today)
    except QuestionError as error:
        return Reading(problem=str(error), unknown=marks.unknown)
    if query is None:
        return Reading(problem="The question doesn't say what to count or list.", unknown=marks.unknown)
    if (number := _unused_number(query, marks)) is not None:
        return Reading(
            problem=f"It isn't clear what {number:g} is about; say it in other words.", unknown=marks.unknown
        )
    if left := unheld(marks, query, lexicon.layer):
        return Reading(
            problem=f"“{left[0]}” wouldn't be in the result; say it in other words, or leave it out.",
            unknown=marks.unknown,
        )
    narrowed = query.filters or query.also or query.without or query.having or query.period or query.order
    unused = _without_cues(marks.text)
    spoken = _BY_THE_WAY | (_ENDS if query.order else frozenset())
    left_over = [w for w in marks.unknown if folded(w) in unused - spoken]
    unsaid = [w for w in left_over if says(w)]
    if not query.measures and not narrowed and unsaid:
        return Reading(problem=f"The data has nothing for “{unsaid[0]}”.", unknown=tuple(unsaid))
    return Reading(query, unknown=tuple(unsaid), loose=tuple(w for w in left_over if not is_cue(w)))


# Units, which a number's column has, and how high something is; and with an order which end of it.
_BY_THE_WAY = frozenset("eur euro euros usd dollar dollars gbp pound pounds chf hoch gross high tall".split())
_ENDS = frozenset("first last zuerst zuletzt".split())


def _without_cues(text: str) -> set[str]:
    """The words of a marked question that no cue is made of: not "wie viele", nor "pro"."""
    return {t.text for t in tokens_of(any_cue().sub("∙", text))}


def _dates(question: str, marks: Annotated, error: SeveralDates, lexicon: Lexicon, today: date) -> Reading:
    """One question back: which of the days the time is about."""
    said = next(iter(marks.periods.values()))
    choices = []
    for field in error.fields:
        other = f"{question[: said.begin].rstrip()} with {field.replace('.', ' ', 1)} {question[said.begin :]}"
        if _read(other, _annotated(other, lexicon, today), lexicon, today).query is not None:
            choices.append(other)
    unsaid = tuple(w for w in marks.unknown if not is_cue(w))
    return Reading(problem=str(error), unknown=marks.unknown, loose=unsaid, choices=tuple(choices))


# A figure that is to be drawn runs over its days.
_DRAWN = re.compile(
    r"\b(?:scatter ?)?(?:plots?|charts?|graphs?|histograms?|diagramm\w*|grafic[oa]s?|graphiques?|courbes?)\b"
    r"|\bdistribution of\b"
)


def _understood(words: Words) -> Query | None:
    words.take_comparison()
    words.main, spans = lasting_filters(words.main, words.marks, words.layer)
    words.take_order()
    made = busy(words) or quotient(words) or ranked(words) or plain(words)
    if made is None:
        return None
    made = made.changed(filters=(*made.filters, *spans))
    made = timed(words, returned(words, conditioned(words, made)))
    if not made.levels and made.measures and _DRAWN.search(words.main):
        made = by_day(words, made)
    query = ordered(words, joined(words, counted(words, made)))
    columns = len(query.levels) + len(query.measures)
    # A level may have become a condition ("in the year 2021") after the rank was taken.
    return query.changed(order=tuple(o for o in query.order if o.position < columns))
