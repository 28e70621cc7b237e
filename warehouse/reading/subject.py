"""What a question leaves out where there is only one thing to ask about: "How many are open?", "who has the most?"."""

from __future__ import annotations

import re

from core.text.words import folded
from warehouse.layer import Layer
from warehouse.reading.cues import pattern

_HOW_MANY = r"how many|wie ?viele|cu[aá]nt[oa]s|combien"
_BE = (
    r"are|is|were|was|aren['’]t|isn['’]t|weren['’]t|have|has|had|haven['’]t|hasn['’]t|do|don['’]t|did|didn['’]t|sind|"
    r"waren|wurden|werden|haben|hatten|ist|war|son|est[aá]n|fueron|tienen|sont|ont|[eé]taient"
)
_COUNTED = re.compile(
    rf"\b(?P<n>{_HOW_MANY})(?: of (?:them|those|these)| davon| de ellos| d['’]entre eux)?"
    rf"(?= (?:{_BE}|per|pro|por|par|by|in|im|en)\b)",
    re.IGNORECASE,
)
_OF_THEM = re.compile(r"\b(?:of (?:them|those|these)|davon|de ellos)\b", re.IGNORECASE)
_WHICH = re.compile(rf"^(?P<n>which|welche|cu[aá]les|lesquels)(?= (?:{_BE})\b)", re.IGNORECASE)
_WHO = re.compile(r"^(?:who|wer|qui[eé]n(?:es)?|qui)\b(?! (?:is|are|am|ist|sind|es|est)\b)", re.IGNORECASE)


def with_subject(question: str, layer: Layer) -> str:
    """The question with its thing where the layer has only one: "How many tickets are open?"."""
    if len(layer.entities) != 1:
        return question
    thing = next(iter(layer.entities))
    said = _COUNTED.sub(lambda m: f"{m['n']} {thing}", question)
    said = _OF_THEM.sub("", said)
    said = _WHICH.sub(lambda m: f"{m['n']} {thing}", said)
    if person := _person(layer):
        said = _WHO.sub(f"which {person}", said)
    return re.sub(r"  +", " ", said)


def with_metric(question: str, layer: Layer) -> str:
    """The question with a metric's name in one piece: "How many hours did each team work?" has worked hours."""
    for name in (n for metric, m in layer.metrics.items() for n in (metric, *m.names)):
        done, _, thing = name.partition(" ")
        if not thing or not done.endswith("ed"):
            continue
        verb = rf"{re.escape(done.removesuffix('ed'))}(?:e|ed|es|s)?"
        most = rf"\b{verb} the (?P<m>most|fewest|least) {re.escape(thing)}\b"
        question = re.sub(most, lambda m: f"have the {m['m']} {name}", question, flags=re.IGNORECASE)  # noqa: B023
        many = rf"\bhow many {re.escape(thing)} (?P<d>did|do|does|have|has) (?P<w>[^?.]+?) {verb}\b"
        question = re.sub(many, lambda m: f"how many {name} {m['d']} {m['w']} have", question, flags=re.IGNORECASE)  # noqa: B023
    return question


_LONG = re.compile(
    r"\bhow long (?P<be>is|are|was|were|does|do|did|has|have) (?P<w>[^?,]+?)(?: take| last| run| been| stay)?"
    r"(?P<t>,? (?:on average|typically|usually|normally|as a rule))", re.IGNORECASE
)  # fmt: skip
_LASTS = frozenset("h min days day hours minutes d s".split())
_HOW = re.compile(
    r"\bhow (?P<a>late|old|heavy|expensive|fast|slow|large|big|tall|high|long) (?:is|are|was|were) (?P<w>[^?,]+?),? "
    r"on average\b",
    re.IGNORECASE,
)
_ABOUT = {
    "late": "delay", "old": "age", "heavy": "weight", "expensive": "price cost fee", "fast": "speed", "slow": "speed",
    "large": "size area", "big": "size area", "tall": "height", "high": "height altitude", "long": "length duration",
}  # fmt: skip
_EARNED = re.compile(
    r"\bhow much (?:money )?(?:did|do|does|have|has) (?:we|they|you|it) "
    r"(?:sell|sold|earn(?:ed)?|spen[dt]|make|made|charged?|pay|paid)\b",
    re.IGNORECASE,
)
_MONEY = re.compile(r"price|amount|revenue|fee|fare|cost")
_CURRENCIES = frozenset("EUR USD GBP CHF".split())
_HEADCOUNT = re.compile(r"\bhead ?count\b", re.IGNORECASE)
_PEOPLE = frozenset("employee employees staff people person worker colleague".split())


def with_figure(question: str, layer: Layer) -> str:
    """The question with the figure that it means by name: "How long is a shift on average?", "headcount"."""
    question = _LONG.sub(lambda m: _lasting(m, layer) or m[0], question)
    question = _HOW.sub(lambda m: _average(m, layer) or m[0], question)
    if len(money := _money(layer)) == 1:
        question = _EARNED.sub(f"total {money[0]}", question)
    people = [e for e, of in layer.entities.items() if _PEOPLE & {w.lower() for n in (e, *of.names) for w in n.split()}]
    return _HEADCOUNT.sub(f"number of {people[0]}", question) if len(people) == 1 else question


def _average(m: re.Match[str], layer: Layer) -> str:
    """The average of the one column that the adjective is about: "how late is each vessel" has the delay."""
    about = set(_ABOUT[m["a"].lower()].split())
    found = [c for e, c in _numbers(layer) if about & set(c.split())]
    return f"average {found[0]} of {m['w']}" if len(found) == 1 else ""


def _money(layer: Layer) -> list[str]:
    columns = {(e, c): layer.entities[e].columns[c] for e, c in _numbers(layer)}
    return [f"{e} {c}" for (e, c), of in columns.items() if of.unit in _CURRENCIES or _MONEY.search(c)]


def _numbers(layer: Layer) -> list[tuple[str, str]]:
    return [(e, c) for e, of in layer.entities.items() for c, column in of.columns.items() if column.type == "number"]


def _lasting(m: re.Match[str], layer: Layer) -> str:
    """The average of the one column that says how long a thing lasts; nothing where none does, or several do."""
    words = {w.rstrip("s") for w in re.findall(r"\w+", m["w"].lower())}
    for entity, of in layer.entities.items():
        if words & {w.rstrip("s") for n in (entity, *of.names) for w in n.lower().split()}:
            found = [c for c, column in of.columns.items() if column.type == "number" and column.unit in _LASTS]
            return f"average {entity} {found[0]} of {m['w']}" if len(found) == 1 else ""
    return ""


def _person(layer: Layer) -> str:
    """The one column that holds people; nothing where none does, or several do."""
    columns = next(iter(layer.entities.values())).columns
    texts = [c for c, of in columns.items() if of.type == "text"]
    for said in ("{person}", "{named}"):
        found = [c for c in texts if pattern(said).search(folded(c))]
        if found:
            return found[0] if len(found) == 1 else ""
    return ""
