"""A question in plain words → a structured query over a layer, by the forms that questions have.

What to measure, by what, of which rows, in which order: each is looked for by its cue words among the marks of
`annotate`, and taken out. What then is left and says something is unknown; a question with too much of that isn't
answered, since a number for another question is worse than none.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

from core.errors import QuestionError
from warehouse.query.structured import Query
from warehouse.reading.annotate import annotated
from warehouse.reading.cues import is_cue
from warehouse.reading.days import by_day, timed
from warehouse.reading.lexicon import Lexicon
from warehouse.reading.lists import plain
from warehouse.reading.measures import Words
from warehouse.reading.missing import missing_words, says
from warehouse.reading.quotients import quotient
from warehouse.reading.ranks import BUSIEST, busy, ranked
from warehouse.reading.rows import conditioned, counted, joined, ordered, returned


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
    """The query that `question` means."""
    marks = annotated(
        re.sub(r"\bnon-(?=\w)|(?<=t)-(?=\w+ed\b)", lambda m: "non " if m[0] != "-" else " ", question), lexicon, today
    )
    if marks.lost:
        return Reading(problem=f"The data has no “{marks.lost[0]}”.", unknown=marks.lost)
    if not marks.names and not BUSIEST.search(marks.text):
        return Reading(problem="The question names nothing that the data has.", unknown=marks.unknown)
    if absent := missing_words(question, marks):
        return Reading(problem=f"The data has nothing for “{absent[0]}”.", unknown=tuple(absent))
    try:
        query = _understood(Words(marks, lexicon, today))
    except QuestionError as error:
        return Reading(problem=str(error), unknown=marks.unknown)
    if query is None:
        return Reading(problem="The question doesn't say what to count or list.", unknown=marks.unknown)
    narrowed = query.filters or query.also or query.without or query.having or query.period or query.order
    unsaid = [w for w in marks.unknown if says(w)]
    if not query.measures and not narrowed and unsaid:
        return Reading(problem=f"The data has nothing for “{unsaid[0]}”.", unknown=tuple(unsaid))
    return Reading(query, unknown=tuple(unsaid), loose=tuple(w for w in marks.unknown if not is_cue(w)))


# A figure that is to be drawn runs over its days.
_DRAWN = re.compile(
    r"\b(?:scatter ?)?(?:plots?|charts?|graphs?|histograms?|diagramm\w*|grafic[oa]s?|graphiques?|courbes?)\b"
    r"|\bdistribution of\b"
)


def _understood(words: Words) -> Query | None:
    words.take_comparison()
    words.take_order()
    made = busy(words) or quotient(words) or ranked(words) or plain(words)
    if made is None:
        return None
    made = timed(words, returned(words, conditioned(words, made)))
    if not made.levels and made.measures and _DRAWN.search(words.main):
        made = by_day(words, made)
    query = ordered(words, joined(words, counted(words, made)))
    columns = len(query.levels) + len(query.measures)
    # A level may have become a condition ("in the year 2021") after the rank was taken.
    return query.changed(order=tuple(o for o in query.order if o.position < columns))
