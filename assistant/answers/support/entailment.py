"""Whether cited passages say what a claim says, not just something near it: a fast local filter.

Each rule names one way in which a claim twists its source: a number that belongs to something else, a bound turned
round, a negation that came or went, a part that stands in another statement's place, who does what to whom.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise
from math import log

from assistant.answers.support.amounts import derived, enumerated, is_amount, same
from assistant.answers.support.statements import Part, Statement, alike, among, parts_of, terms_of
from core.text.cues import bound_before, has, opposites
from core.text.facts import Fact, amount, numbers

# How much of a claim's part its source must say before a difference between the two is a contradiction.
_SAME_MATTER = 0.6
# By how much, of all its words, a part must fit another number better than its own.
_BELONGS_ELSEWHERE = 0.1
# What two statements at most have, tells by itself what a number is of.
_TELLING = 1 / log(5)
_IN_STATEMENT, _AROUND = 0.5, 0.3
_DURATIONS = {"second", "month", "workday"}
_YEAR = re.compile(r"(?:1[5-9]|20)\d\d")
_BY = re.compile(r"\b([^\W\d_]+(?:ed|en|wn|ado|ada|ido|ida|ados|adas))(?:\s+only)?\s+(?:by|por)\s+", re.IGNORECASE)
_CAPITAL = re.compile(r"\b[A-ZÀ-ÞĀ-Ž][\w’'-]*")
_CLAUSE_END = re.compile(r"[,.;:]|\b(?:and|or|y|o)\b")
_AGENT = re.compile(r"\b(?:by|von|vom|durch|por|par)\b", re.IGNORECASE)


class Evidence:
    """The statements of the cited passages."""

    def __init__(self, statements: Sequence[Statement], about: str = "") -> None:
        """Args: about: What else is known of the passages: where they stand, when they were changed."""
        self.statements = statements
        self._about = numbers(about)
        self.parts = [(part, statement) for statement in statements for part in statement.parts]
        self.facts = [fact for part, _ in self.parts for fact in part.facts]
        self.terms = frozenset(term for s in statements for term in (*s.terms, *s.around))
        self._rarity: dict[str, float] = {}

    def rarity(self, term: str) -> float:
        """How much a word tells statements apart: 1 if few have it."""
        if term not in self._rarity:
            having = sum(among(term, s.terms) for s in self.statements)
            self._rarity[term] = 1 / log(2 + having)
        return self._rarity[term]

    def fit(self, terms: Sequence[str], part: Part, statement: Statement) -> float:
        """The share 0..1 of `terms` that the part says, counting less what only its surroundings say."""
        known = [t for t in terms if t.startswith("=") or among(t, self.terms)]
        total = sum(self.rarity(t) for t in known)
        said = sum(self.rarity(t) * _said(t, part, statement) for t in known)
        return said / total if total else 0.0

    def supports(self, fact: Fact) -> bool:
        """Whether a number or period stands there; a number without a unit may have that of its column or sentence."""
        for part, statement in self.parts:
            for other in part.facts:
                bare = amount(fact)[1] and not other.unit and is_amount(other) and other.kind == fact.kind
                beside = fact.unit != "%" and any(f.unit == fact.unit for p in statement.parts for f in p.facts)
                if bare and not statement.label and not beside:
                    continue
                if same(fact, other):
                    return True
        return any(same(fact, other) for other in self._about)


def twisted(claim: str, evidence: Evidence, language: str = "en") -> Iterator[str]:
    """What of the claim its evidence says otherwise, in words for the trace and for a correction."""
    yield from misplaced(claim, evidence)
    yield from replaced(claim, evidence)
    yield from reversed_in(claim, evidence, language)


def misplaced(claim: str, evidence: Evidence) -> Iterator[str]:
    """Numbers that the source gives for something else, and bounds turned round."""
    parts = parts_of(claim)
    whole = tuple(term for part in parts for term in part.terms)
    for part in parts:
        yield from _misplaced(part, evidence, whole, claim)
        yield from _other_row(part, evidence)
        yield from _turned_bounds(part, evidence)


def replaced(claim: str, evidence: Evidence) -> Iterator[str]:
    """A word's contrary, or another name, in the place of the source's."""
    for part in parts_of(claim):
        yield from _opposite(part, evidence)
        yield from _replaced(part, evidence)


def reversed_in(claim: str, evidence: Evidence, language: str) -> Iterator[str]:
    """Another doer, result, negation or obligation than the source's, as far as words alone tell."""
    parts = parts_of(claim)
    yield from _other_agent(claim, evidence)
    yield from _wrong_results(claim, parts, evidence)
    for part in parts:
        yield from _flipped(part, evidence)
        yield from _stronger(part, evidence)
        if language != "de":  # German puts the object first as it likes.
            yield from _inverted(part, evidence)


def _misplaced(part: Part, evidence: Evidence, whole: Sequence[str], claim: str) -> Iterator[str]:
    """Numbers and periods that the source gives for something else."""
    for fact in part.facts:
        if fact.soft:
            continue
        if not part.terms and not fact.unit:
            continue  # one of several numbers in a row
        terms = part.terms or whole
        if len(terms) == 1 and evidence.rarity(terms[0]) < _TELLING:
            continue
        about = [*terms, *(f"={f.value}" for f in part.facts if f is not fact and not f.soft)]
        own = [(p, s) for p, s in evidence.parts if any(same(fact, f) for f in p.facts)]
        rivals = [(p, s) for p, s in evidence.parts if (p, s) not in own and _rivalled(fact, p, part)]
        if not own or not rivals or enumerated(fact, claim):
            continue
        if _said_later(part.terms, own, rivals):
            yield f"{fact.shown} belongs to something else"
            continue
        here = max(evidence.fit(about, p, s) for p, s in own)
        rivals = [(p, s) for p, s in rivals if not _left_to_say(terms, p, s, own)]
        there = max((evidence.fit(about, p, s) for p, s in rivals), default=0.0)
        if there >= _SAME_MATTER and there > here + _BELONGS_ELSEWHERE:
            yield f"{fact.shown} belongs to something else"


def _wrong_results(claim: str, parts: Sequence[Part], evidence: Evidence) -> Iterator[str]:
    """A number that is told as the result of others and isn't."""
    claimed = [f for part in parts for f in part.facts if not f.soft]
    for part in parts:
        if len(claimed) < 3 or not has("result", part.text):
            continue
        for fact in (f for f in part.facts if is_amount(f) and not f.soft):
            own = [evidence.fit(part.terms, p, s) for p, s in evidence.parts if any(same(fact, f) for f in p.facts)]
            if max(own, default=0.0) < _SAME_MATTER and not derived(fact, claim, claimed, evidence.facts):
                yield f"the result {fact.shown}"


def _other_row(part: Part, evidence: Evidence) -> Iterator[str]:
    """A number of one row for what another row is about."""
    named = [s for s in evidence.statements if s.label and all(among(t, part.terms) for t in s.label)]
    if not named:
        return
    for fact in part.facts:
        having = [s for s in evidence.statements if any(same(fact, f) for p in s.parts for f in p.facts)]
        if having and all(s.label for s in having) and not any(s in having for s in named):
            yield f"{fact.shown} belongs to another row"


def _opposite(part: Part, evidence: Evidence) -> Iterator[str]:
    """A word whose contrary the source has in the same place."""
    ranked = sorted(evidence.parts, key=lambda pair: -evidence.fit(part.terms, *pair))
    if not ranked or evidence.fit(part.terms, *ranked[0]) < _SAME_MATTER:
        return
    mine = _plain_words(part.text)
    theirs = _plain_words(ranked[0][0].text)
    for one, other in opposites():
        for here, there in ((one, other), (other, one)):
            turned = mine & here and not mine & there and theirs & there and not theirs & here
            if turned and not part.negated and not any(p.negated for p in ranked[0][1].parts):
                yield f"“{next(iter(mine & here))}” where the source has “{next(iter(theirs & there))}”"


def _other_agent(claim: str, evidence: Evidence) -> Iterator[str]:
    """Done by another than the source says."""
    theirs: dict[str, set[str]] = {}
    for statement in evidence.statements:
        for verb, agents in _agents(statement.text):
            theirs.setdefault(verb, set()).update(agents)
    for verb, doer in _doers(claim):
        known = [v for v in theirs if alike(v, verb)]
        agents = {a for v in known for a in theirs[v]}
        if agents and among(doer, evidence.terms) and not any(among(a, terms_of(claim)) for a in agents):
            yield f"who it is that does it ({verb})"
    for verb, agents in _agents(claim):
        known = [v for v in theirs if alike(v, verb)]
        if known and agents and not any(among(a, tuple(theirs[v])) for v in known for a in agents):
            yield f"who it is {verb} by"


def _agents(text: str) -> Iterator[tuple[str, set[str]]]:
    """(what is done, by whom) of each passive."""
    for match in _BY.finditer(text):
        verb = terms_of(match.group(1))
        agents = terms_of(_CLAUSE_END.split(" ".join(text[match.end() :].split()[:4]))[0])
        if verb and agents:
            yield verb[-1], set(agents)


def _doers(text: str) -> Iterator[tuple[str, str]]:
    """(what is done, the word before it) wherever the text isn't passive."""
    for part in parts_of(text):
        if not _AGENT.search(part.text):
            yield from ((verb, doer) for doer, verb in pairwise(part.terms))


def _turned_bounds(part: Part, evidence: Evidence) -> Iterator[str]:
    for fact in part.facts:
        mine = bound_before(part.text, fact.begin)
        if fact.kind != "number" or not mine:
            continue
        theirs = {bound_before(p.text, f.begin) for p, _ in evidence.parts for f in p.facts if same(fact, f)}
        if theirs and mine not in theirs and (mine == "at_least" or "at_least" in theirs):
            yield f"the bound of {fact.shown}"


def _flipped(part: Part, evidence: Evidence) -> Iterator[str]:
    """A negation on one side only, about a word that both sides have."""
    fits = [(evidence.fit(part.terms, p, s), p) for p, s in evidence.parts]
    best = max((fit for fit, _ in fits), default=0.0)
    if best < _SAME_MATTER:
        return
    near = [p for fit, p in fits if fit >= best - 0.1]
    # "Unable to resolve it" is near enough to "if it isn't resolved", whatever else the source says of resolving.
    mine = {word for about in part.negated for word in about}
    if mine and any(mine <= {w for about in p.negated for w in about} for fit, p in fits if fit >= best / 2):
        return
    if all(_opposed(part, p) for p in near):
        yield "it says the opposite"


def _opposed(part: Part, other: Part) -> bool:
    """Whether one has a negation more, and it is about a word that the other says without."""
    if len(part.negated) == len(other.negated):
        return False
    fewer, more = sorted((part, other), key=lambda p: len(p.negated))
    without = {word for about in fewer.negated for word in about}
    return any(among(w, fewer.terms) and w not in without for about in more.negated for w in about)


def _replaced(part: Part, evidence: Evidence) -> Iterator[str]:
    """A name of the claim stands where its source, which else says the same, has something else."""
    best, statement = max(evidence.parts, key=lambda pair: _own_share(part, pair[0]), default=(None, None))
    if best is None or statement is None or statement.label:
        return
    if _own_share(part, best) < _SAME_MATTER:
        return
    new = [n for n, term in enumerate(part.terms) if not among(term, best.terms)]
    # A name (in German any noun); other words that differ are another way of saying it.
    named = terms_of(" ".join(_CAPITAL.findall(part.text)))
    if not new or new[-1] - new[0] >= len(new) or not all(part.terms[n] in named for n in new):
        return
    terms = [part.terms[n] for n in new]
    if any(among(t, statement.around) or not among(t, evidence.terms) for t in terms):
        return
    instead = _instead(part.terms, new[0], new[-1], best.terms)
    if instead and not among(instead, part.terms):
        yield f"“{' '.join(terms)}” where the source has “{instead}”"


def _instead(terms: Sequence[str], first: int, last: int, there: Sequence[str]) -> str:
    """The word of the source that has the neighbour, on the same side, of terms[first] to terms[last]."""
    for beside, step in ((last + 1, -1), (first - 1, 1)):
        if not 0 <= beside < len(terms):
            continue
        for at, word in enumerate(there):
            if alike(word, terms[beside]) and 0 <= at + step < len(there):
                return there[at + step]
    return ""


def _inverted(part: Part, evidence: Evidence) -> Iterator[str]:
    """Subject and object have changed places around the same word, and it is no passive."""
    for other, _ in evidence.parts:
        if _own_share(part, other) < 1 or bool(_AGENT.search(part.text)) != bool(_AGENT.search(other.text)):
            continue
        at = [_place(term, other.terms) for term in part.terms]
        if len(at) > 2 and at[0] > at[1] + 2 and at[1] > 0 and not among(other.terms[at[1] - 1], part.terms):
            yield f"who or what “{part.terms[1]}” is of"
            return
        for n in range(1, len(at) - 1):
            if at[n - 1] == at[n] + 1 and at[n + 1] < at[n]:
                yield f"who or what “{part.terms[n]}” is of"
                return


def _stronger(part: Part, evidence: Evidence) -> Iterator[str]:
    """Without exception, or bound to, where the source leaves room."""
    statement = max(evidence.statements, key=lambda s: _share(part.terms, s.terms), default=None)
    if statement is None or _share(part.terms, statement.terms) < _SAME_MATTER:
        return
    if has("all", part.text) and has("some", statement.text) and not has("all", statement.text):
        yield "it leaves no exception, and the source does"
    bound, free = has("must", part.text), has("may", statement.text) and not has("must", statement.text)
    if bound and free and not has("may", part.text):
        yield "it is a must, and in the source a may"


def _said(term: str, part: Part, statement: Statement) -> float:
    if term.startswith("="):
        if any(f.value == term[1:] for f in part.facts):
            return 1.0
        return _IN_STATEMENT if any(f.value == term[1:] for p in statement.parts for f in p.facts) else 0.0
    if among(term, part.terms):
        return 1.0
    if among(term, statement.terms):
        return _IN_STATEMENT
    return _AROUND if among(term, statement.around) else 0.0


def _own_share(part: Part, other: Part) -> float:
    return _share(part.terms, other.terms)


def _share(terms: Sequence[str], there: Sequence[str] | frozenset[str]) -> float:
    return sum(among(t, there) for t in terms) / len(terms) if terms else 0.0


def _plain_words(text: str) -> frozenset[str]:
    return frozenset(re.findall(r"[^\W\d_]+", text.casefold()))


def _rivalled(fact: Fact, there: Part, claimed: Part) -> bool:
    """Whether the part of the source has a number of the same kind that the claim's part doesn't tell as well."""
    return any(_rival(fact, f) and not any(same(f, own) for own in claimed.facts) for f in there.facts)


def _place(term: str, terms: Sequence[str]) -> int:
    return next((n for n, other in enumerate(terms) if alike(term, other)), -1)


def _left_to_say(
    terms: Sequence[str], rival: Part, statement: Statement, own: Sequence[tuple[Part, Statement]]
) -> bool:
    """Whether the rival is what a later part of its statement leaves out ("a night at most 140, in Rome 190")."""
    parts = statement.parts
    later = [p for p, s in own if s is statement and not s.label and parts.index(p) > parts.index(rival)]
    return any(among(t, p.terms) and not among(t, rival.terms) for p in later for t in terms)


def _said_later(
    terms: Sequence[str], own: Sequence[tuple[Part, Statement]], rivals: Sequence[tuple[Part, Statement]]
) -> bool:
    """Whether a later part of the number's own statement gives another for what the claim is about."""
    if len({id(s) for _, s in own}) != 1 or own[0][1].label:
        return False
    statement, first = own[0][1], own[0][0]
    later = [p for p, s in rivals if s is statement and statement.parts.index(p) > statement.parts.index(first)]
    return len(own) == 1 and any(among(t, p.terms) and not among(t, first.terms) for p in later for t in terms)


def _rival(fact: Fact, other: Fact) -> bool:
    """Whether `other` could be told instead of `fact`: a number of the same kind."""
    if fact.kind != other.kind or other.soft:
        return False
    if fact.kind == "period":
        return True
    if not is_amount(fact) or not is_amount(other):
        return not is_amount(fact) and not is_amount(other) and fact.unit == other.unit
    if bool(_YEAR.fullmatch(fact.value)) != bool(_YEAR.fullmatch(other.value)):
        return False
    mine, theirs = amount(fact)[1], amount(other)[1]
    return mine == theirs or {mine, theirs} <= _DURATIONS
