"""A question with what it names as marks: "total amount by country" → "total C0 by C1".

Marks are upper case and the rest is folded, so that patterns over cue words are short: E an entity, C a column, M a
metric, V a value of a column, N a number, D a time, G a grain of time ("month", "weekly").
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from itertools import pairwise
from typing import Any

from core.text.words import folded
from warehouse.query.paths import way
from warehouse.query.structured import Grain
from warehouse.reading.cues import asking_words, pattern
from warehouse.reading.lexicon import GENERAL, Lexicon, Mention, Part, Token, tokens_of
from warehouse.reading.periods import Said, periods_in

_QUOTED = re.compile(r"\"([^\"]{1,60})\"|“([^”]{1,60})”|‘([^’]{1,60})’|`([^`]{1,60})`|(?<!\w)'([^'\"]{1,60})'(?!\w)")
_NUMBER = re.compile(
    r"(?<![\w.])(\d{1,3}(?:[,.]\d{3})+|\d+(?:[.,]\d+)?)\s?(%|k|m|thousand|million|tausend|millionen|mil|millones|mille|millions)?(?![\w])",
    re.I,
)
_TIMES = {
    "k": 1e3,
    "thousand": 1e3,
    "tausend": 1e3,
    "mil": 1e3,
    "mille": 1e3,
    "m": 1e6,
    "million": 1e6,
    "millionen": 1e6,
    "millones": 1e6,
    "millions": 1e6,
}
_GRAINS: dict[Grain, str] = {
    "hour of day": r"hours? of (?:the )?day|tageszeit|stunden? des tages|horas? del dia|heures? de la journee",
    "weekday": r"days? of (?:the )?weeks?|weekdays?|wochentage?n?|dias? de la semana|jours? de la semaine",
    "month of year": r"months? of (?:the )?year|calendar months?",
    "hour": r"hours?|hourly|stunden?|stundlich|horas?|heures?",
    "day": r"days?|daily|dates?|tage?|taglich\w*|dias?|diari[oa]s?|jours?|journali\w+",
    "week": r"weeks?|weekly|wochen?|wochentlich\w*|semanas?|semanal\w*|semaines?|hebdomadaires?",
    "month": r"months?|monthly|monate?|monatlich\w*|mes(?:es)?|mensual\w*|mois|mensuel\w*",
    "quarter": r"quarters?|quarterly|quartale?|trimestres?|trimestral\w*|trimestriel\w*",
    "year": r"years?|yearly|annual(?:ly)?|jahre?|jahrlich\w*|anos?|anual\w*|ans|annees?|annuel\w*",
}


_CLOSE = 0.5
# Before "of" they count, and are no column.
_COUNTED = frozenset(["number", "count", "total", "amount", "anzahl", "numero", "nombre"])


# Said in several words, they are no column's name.
_LONG_GRAINS: tuple[Grain, ...] = ("weekday", "hour of day", "month of year")


@dataclass(frozen=True)
class Annotated:
    """The marked text and what each mark stands for.

    Attributes:
        words: The original words under each mark.
        unknown: Words that say something and that nothing here knows.
        alike: (begin, end, names): where the question says what may be several things, equally well.
    """

    text: str
    names: dict[str, Mention] = field(default_factory=dict)
    periods: dict[str, Said] = field(default_factory=dict)
    numbers: dict[str, float] = field(default_factory=dict)
    grains: dict[str, Grain] = field(default_factory=dict)
    words: dict[str, str] = field(default_factory=dict)
    unknown: tuple[str, ...] = ()
    lost: tuple[str, ...] = ()
    alike: tuple[tuple[int, int, tuple[Mention, ...]], ...] = ()


# Before a quotation they say that it is a part of a value.
_PART = re.compile(
    r"(?:with|contain\w*|includ\w+|letters?|words?|like|mit|con|par|avec)(?: the)?(?: letters?| words?)? $",
    re.IGNORECASE,
)


# Behind these a number of four digits is no year.
_COMPARED = pattern(r"(?:{more}|{least}|{less}|{most}) $")


def annotated(question: str, lexicon: Lexicon, today: date) -> Annotated:
    """The question with its names, values, numbers and times as marks."""
    spans: list[_Span] = []
    lost: list[str] = []
    free = question
    for m in _QUOTED.finditer(question):
        said = next(g for g in m.groups() if g)
        named = _named_by(said, lexicon)
        if named is not None:
            spans.append(_Span(*m.span(), named.kind[0].upper(), [named]))
        elif values := lexicon.near_values(said):
            spans.append(_Span(*m.span(), "V", [Mention("value", w, 0, 0, 3.0, v) for w, v in values]))
        else:
            if not _PART.search(free[: m.start()]):
                lost.append(said)
            spans.append(_Span(*m.span(), "Q", said))
        free = free[: m.start()] + " " * (m.end() - m.start()) + free[m.end() :]
    tokens = tokens_of(free.replace("_", " "))
    mentions = lexicon.mentions(tokens)
    for period in periods_in(free, today):
        taken = any(
            tokens[m.first].begin <= period.begin and tokens[m.last - 1].end >= period.stop and m.last - m.first > 1
            for m in mentions
        )
        compared = re.fullmatch(r"(?:19|20)\d\d", period.words) and _COMPARED.search(free[: period.begin])
        if not taken and not compared:
            spans.append(_Span(period.begin, period.stop, "D", period))
    low = folded(free) if len(folded(free)) == len(free) else free.lower()
    for grain in _LONG_GRAINS:
        for m in re.finditer(rf"\b(?:{_GRAINS[grain]})\b", low):
            if " " in m[0] and _clear(*m.span(), spans):
                spans.append(_Span(*m.span(), "G", grain))
    spans += _names(tokens, mentions, spans)
    spans += _parts_of_values(tokens, lexicon, spans, question)
    _resolve(spans, lexicon, {t.text.lower() for t in tokens} | {t.plain for t in tokens}, question)
    _absorb(spans, question, lexicon)
    free = _in_digits(free, spans)
    for m in _NUMBER.finditer(free):
        if _clear(m.start(), m.end(), spans):
            spans.append(_Span(m.start(), _end_of_words(m.end(), free, question), "N", _number(m)))
    for grain, words in _GRAINS.items():
        for m in re.finditer(rf"\b(?:{words})\b", low):
            if _clear(m.start(), m.end(), spans):
                spans.append(_Span(*m.span(), "G", grain))
    marked = _marked(question, sorted(spans, key=lambda s: s.begin), tuple(lost))
    return replace(
        marked, alike=tuple((s.begin, s.end, (s.what, *s.rivals)) for s in spans if s.rivals and s.letter in "ECM")
    )


@dataclass
class _Span:
    """A piece of the question, the letter of its mark, and what it is; names have all that they may mean.

    Attributes:
        rivals: What it may mean as well as `what`.
    """

    begin: int
    end: int
    letter: str
    what: Any
    rivals: tuple[Mention, ...] = ()


def _clear(begin: int, end: int, spans: Sequence[_Span]) -> bool:
    return all(end <= s.begin or begin >= s.end for s in spans)


def _number(m: re.Match[str]) -> float:
    digits = m[1]
    if re.fullmatch(r"\d{1,3}([,.]\d{3})+", digits):
        digits = digits.replace(",", "").replace(".", "")
    return float(digits.replace(",", ".")) * _TIMES.get((m[2] or "").lower(), 1)


def _named_by(text: str, lexicon: Lexicon) -> Mention | None:
    tokens = tokens_of(text.replace("_", " "))
    whole = [
        m for m in lexicon.mentions(tokens) if m.first == 0 and m.last == len(tokens) and m.kind in ("entity", "column")
    ]
    same = [m for m in lexicon.mentions(tokens) if m.kind == "value" and m.last - m.first == len(tokens)]
    return max(whole, key=lambda m: m.strength) if whole and not same and "_" in text else None


def _names(tokens: Sequence[Token], mentions: Sequence[Mention], spans: Sequence[_Span]) -> list[_Span]:
    """The mentions that are taken: the longest where several overlap; of one span all that it may mean."""
    taken: list[tuple[int, int, list[Mention]]] = []
    for m in sorted(mentions, key=lambda m: (-(m.last - m.first) * (1 if m.strength > 0.5 else 0.5), -m.strength)):
        if not _clear(tokens[m.first].begin, tokens[m.last - 1].end, spans):
            continue
        if m.last - m.first == 1 and tokens[m.first].plain in _COUNTED and _followed_by_of(tokens, m.last):
            continue
        same = next((t for t in taken if t[:2] == (m.first, m.last)), None)
        if same is not None:
            same[2].append(m)
        elif all(m.last <= f or m.first >= last for f, last, _ in taken):
            taken.append((m.first, m.last, [m]))
    found = []
    for first, last, options in taken:
        # What is called so itself comes before what is only called like it.
        best = max(m.strength for m in options)
        named = any(m.kind == "entity" for m in options)
        close = [m for m in options if m.strength >= _CLOSE * best and not (named and m.kind == "value")]
        found.append(_Span(tokens[first].begin, tokens[last - 1].end, "?", close))
    return found


def _followed_by_of(tokens: Sequence[Token], at: int) -> bool:
    return at < len(tokens) and tokens[at].text.lower() in ("of", "de", "der", "an")


# Before the first word of a sentence, whose capital says nothing.
_BEGINS = re.compile(r"(?<!\b\w)[.?!]\s+$")


def _parts_of_values(tokens: Sequence[Token], lexicon: Lexicon, spans: Sequence[_Span], question: str) -> list[_Span]:
    """Capitalised words that nothing is called but that stand in a value: a surname, a first name."""
    found = []
    for n, token in enumerate(tokens):
        named = n > 0 and token.text[:1].isupper() and len(token.text) > 2
        named = named and not _BEGINS.search(question[: token.begin])
        values = lexicon.containing(token.plain) if named and _clear(token.begin, token.end, spans) else []
        if values:
            options = [Mention("value", where, n, n + 1, 0.8, Part(token.text)) for where in values]
            found.append(_Span(token.begin, token.end, "?", options))
    return found


def _resolve(spans: list[_Span], lexicon: Lexicon, words: set[str], question: str) -> None:
    """Of what a span may mean, what goes best with the rest of the question."""
    named = [s for s in spans if s.letter in "?ECV" and isinstance(s.what, list)]
    grains = {id(s) for s in named if any(re.fullmatch(w, folded(question[s.begin : s.end])) for w in _GRAINS.values())}
    sure = [s.what[0] for s in named if len({(m.kind, m.what) for m in s.what}) == 1 and id(s) not in grains]
    sure += [m for s in named for m in s.what if m.kind == "entity"]
    entities = {m.what.partition(".")[0] for m in sure if m.kind != "metric"}
    entities |= {lexicon.layer.metrics[m.what].of.partition(".")[0] for m in sure if m.kind == "metric"}
    columns = {m.what for m in sure if m.kind == "column"}
    for span in named:
        others = [s for s in named if s is not span and min(abs(s.begin - span.end), abs(span.begin - s.end)) <= 12]
        near = [m for s in others for m in (s.what if isinstance(s.what, list) else [s.what])]
        around = [m for m in near if isinstance(m, Mention)]
        context = _Context(lexicon, entities, columns, words, around)
        before = re.findall(
            r"[^\W_]+", question[max(0, _lead(span, named, question) - 16) : _lead(span, named, question)].lower()
        )[-1:]
        fits = [(_fit(m, context) + 0.7 * _leads(before, m), m) for m in span.what]
        best = max(fits, key=lambda f: f[0])
        best = next((f for f in fits if _is_its_rows(f[1], best[1], lexicon)), best)
        span.what = best[1]
        span.rivals = _rivals(best, fits, lexicon, folded(question[span.begin : span.end]))
        span.letter = span.what.kind[0].upper()
        # "per month" is no month of something that the question doesn't name.
        word = folded(question[span.begin : span.end])
        dated = span.letter == "C" and lexicon.layer.column(span.what.what).type in ("date", "datetime")
        often = dated and word.endswith(("ly", "lich", "liche"))
        if span.letter == "C" and (often or (entities and span.what.what.partition(".")[0] not in entities)):
            grain = next((g for g, words in _GRAINS.items() if re.fullmatch(words, word)), None)
            if grain is not None and not _figure(span, question, lexicon):
                span.letter, span.what = "G", grain


_HOW_MANY = re.compile(r"\b(?:how many|wie ?viele|cuant[oa]s|combien d[e']|total|average)\s*$", re.IGNORECASE)


def _figure(span: _Span, question: str, lexicon: Lexicon) -> bool:
    """ "how many hours": a column of numbers, not what rows are grouped by."""
    return lexicon.layer.column(span.what.what).type == "number" and bool(_HOW_MANY.search(question[: span.begin]))


def _is_its_rows(thing: Mention, column: Mention, lexicon: Lexicon) -> bool:
    """Whether what is said names the thing itself, and the column only by what its rows are known by."""
    entity, _, name = column.what.partition(".")
    if column.kind != "column" or (thing.kind, thing.what) != ("entity", entity):
        return False
    own = lexicon.layer.entities[entity]
    return own.key == own.label == (name,)


def _lead(span: _Span, named: Sequence[_Span], question: str) -> int:
    """Where the words before a span end; before "New York (JFK)" for the part in brackets."""
    outer = next((s for s in named if s.end <= span.begin and question[s.end : span.begin].strip() == "("), span)
    return outer.begin


def _rivals(
    best: tuple[float, Mention], fits: Sequence[tuple[float, Mention]], lexicon: Lexicon, said: str
) -> tuple[Mention, ...]:
    """The names that fit as well and mean something else: not the two ends of a relation, nor what "id" is of."""
    words = " ".join(t.plain for t in tokens_of(said))
    if best[1].kind == "value" or set(words.split()) <= GENERAL:
        return ()
    ends = {r.many: r.one for r in lexicon.layer.relations}
    alike = [m for fit, m in fits if m.kind != "value" and fit >= best[0] - 1e-9]
    # What is called so itself comes before what is also called so.
    own = [m for m in alike if words == " ".join(t.plain for t in tokens_of(m.what.rpartition(".")[2]))]
    found: dict[str, Mention] = {}
    for m in own or alike:
        found.setdefault(ends.get(m.what, m.what), m)
    found.pop(ends.get(best[1].what, best[1].what), None)
    return tuple(found.values()) if not own or best[1] in own else ()


# What stands before a place or a person → what the column is called that holds it.
_LEADS = {
    "from": "from origin source departure sender",
    "to": "to destination arrival receiver",
    "von": "from origin",
    "nach": "to",
}


def _leads(before: Sequence[str], mention: Mention) -> bool:
    said = set(mention.what.rpartition(".")[2].split())
    return mention.kind == "value" and any(said & set(_LEADS.get(word, "").split()) for word in before)


@dataclass(frozen=True)
class _Context:
    """What else a question names: entities, columns, all its words, and what stands near the span."""

    lexicon: Lexicon
    entities: set[str]
    columns: set[str]
    words: set[str]
    around: Sequence[Mention] = ()


def _fit(mention: Mention, context: _Context) -> float:
    """How well a reading goes with what else is named."""
    lexicon, entities, columns, words, around = (
        context.lexicon, context.entities, context.columns, context.words, context.around,
    )  # fmt: skip
    if mention.kind == "metric":
        return mention.strength + 1
    entity, _, column = mention.what.partition(".")
    score = mention.strength + (0.6 if entity in entities else 0.0) + (0.5 if mention.what in columns else 0.0)
    if mention.kind == "value":
        score += 0.8 if mention.what in {m.what for m in around if m.kind == "column"} else 0.0
    if mention.kind in ("column", "value"):
        score += 0.3 if any(m.kind == "entity" and m.what == entity for m in around) else 0.0
        if entities and entity not in entities:
            far = min((len(w) for e in entities if (w := way(lexicon.layer, e, entity)) is not None), default=9)
            score -= 0.1 * far
        if mention.kind == "column" and len(column.split()) > 1:
            # "the cost of round-trip fares" is the round trip cost, not the one way cost.
            score += 0.2 * len((set(column.split()) & words) - entities) / len(column.split())
        said = set(entity.split()) & words
        score += 0.3 * len(said) / len(entity.split())
        score += 0.05 if column in lexicon.layer.entities[entity].key else 0.0
    return score


_NUMBER_WORDS = {
    w: n for n, w in enumerate("one two three four five six seven eight nine ten eleven twelve".split(), start=1)
}


def _in_digits(text: str, spans: Sequence[_Span]) -> str:
    """Numbers in words as digits of the same length, so that offsets stay: "a hundred thousand", "three"."""

    def digits(m: re.Match[str]) -> str:
        if not _clear(m.start(), m.end(), spans):
            return m[0]
        value = 1
        for word in m[0].lower().split():
            value *= {"hundred": 100, "thousand": 1000, "million": 1_000_000, "a": 1}.get(
                word, _NUMBER_WORDS.get(word, 1)
            )
        return str(value).ljust(len(m[0])) if len(str(value)) <= len(m[0]) else m[0]

    small = "|".join(_NUMBER_WORDS)
    return re.sub(
        rf"\b(?:(?:a|{small}) (?:hundred|thousand|million)(?: thousand)?|{small})\b", digits, text, flags=re.IGNORECASE
    )


def _end_of_words(end: int, digits: str, question: str) -> int:
    """Where a number ends that was written in more letters than its digits have."""
    blank = len(digits) - len(digits[end:].lstrip())
    return end + len(question[end:blank].rstrip())


def _absorb(spans: list[_Span], question: str, lexicon: Lexicon) -> None:
    """ "country name" is the country; "population density" the density: of two columns in a row one is the head."""
    for span in spans:
        key = lexicon.layer.entities[span.what.what].key if span.letter == "E" else ()
        if key and (m := re.match(r"\s+ids?\b", question[span.end :], re.IGNORECASE)):
            span.letter, span.end = "C", span.end + m.end()
            span.what = Mention("column", f"{span.what.what}.{key[0]}", 0, 0, 1.0)
    ordered = sorted((s for s in spans if s.letter in "ECV"), key=lambda s: s.begin)
    for one, other in pairwise(ordered):
        # "Chicago (ORD)" is said twice; "business category" is the category.
        if (one.letter == other.letter == "V" and question[one.end : other.begin].strip() == "(") or (
            one.letter == other.letter == "E"
            and question[one.end : other.begin] == " "
            and one.what.what != other.what.what
        ):
            other.begin = one.begin
            spans.remove(one)
    ordered = [s for s in ordered if s in spans and s.letter in "EC"]
    for one, other in pairwise(ordered):
        if one not in spans or question[one.end : other.begin].strip() or one.letter != "C" or other.letter != "C":
            continue
        verb = re.search(r"\b(?:does|do|did)(?: \w+)? $", question[: one.begin]) and one.what.what != other.what.what
        if verb and lexicon.layer.column(other.what.what).type != "number":
            spans.remove(other)  # "how many kWh does each region use" says nothing of another column
            continue
        if re.search(r"\b(?:each|every) $", question[: one.begin], re.IGNORECASE):
            continue  # "what did each energy cost" is by energy
        general = set(tokens_of(question[other.begin : other.end])[0].plain.split()) <= GENERAL
        if general:
            one.end = other.end
            spans.remove(other)
        elif one.what.what.partition(".")[0] == other.what.what.partition(".")[0]:
            other.begin = one.begin
            spans.remove(one)


def _marked(question: str, spans: list[_Span], lost: tuple[str, ...]) -> Annotated:
    made, at = Annotated("", lost=lost), 0
    parts: list[str] = []
    unknown: list[str] = []
    for number, span in enumerate(spans):
        if span.begin < at:
            continue
        between = question[at : span.begin]
        unknown += _unknown(between)
        parts.append(folded(between))
        mark = f"{span.letter}{number}"
        parts.append(mark)
        made.words[mark] = question[span.begin : span.end]
        by_letter: dict[str, dict[str, Any]] = {"D": made.periods, "N": made.numbers, "G": made.grains}
        kept = by_letter.get(span.letter)
        if kept is not None:
            kept[mark] = span.what
        elif span.letter in "VECM":
            made.names[mark] = span.what
        at = span.end
    parts.append(folded(question[at:]))
    unknown += _unknown(question[at:])
    text = re.sub(r"\s+", " ", "".join(parts)).strip()
    return Annotated(text, made.names, made.periods, made.numbers, made.grains, made.words, tuple(unknown), lost)


def _unknown(text: str) -> list[str]:
    return [
        w for t in tokens_of(text) if (w := t.text.lower()) not in asking_words() and folded(w) not in asking_words()
    ]
