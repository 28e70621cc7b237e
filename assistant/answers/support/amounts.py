"""Whether two amounts are the same, and how a number may come of others: shown arithmetic, a list, a range."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import combinations, pairwise

from assistant.answers.support.statements import Statement
from core.text.cues import has
from core.text.facts import Fact, amount

_LISTED = re.compile(r":\s|\b(?:are|were|sind|waren|son|eran)\s")
_ITEMS = re.compile(r",\s*(?:and|und|y|or|oder|o)?\s|\s(?:and|und|y|or|oder|o)\s|;\s")
_EQUATION = re.compile(r"[\d$€£%()+\-−–*×x·/.,\s k]*=\s*[$€£]?\s*[\d.,]+[k%]?")


def same(fact: Fact, other: Fact) -> bool:
    """Whether two numbers or periods mean the same; a number without a unit (a table's cell) may have any."""
    if fact.kind != other.kind:
        return (fact.kind == "period" and amount(other) in _recurring(fact.value)) or (
            other.kind == "period" and amount(fact) in _recurring(other.value)
        )
    if fact.kind == "period" or not is_amount(fact) or not is_amount(other):
        return fact.value == other.value
    mine, theirs = amount(fact), amount(other)
    if mine[0] == theirs[0] and (mine[1] == theirs[1] or "" in (mine[1], theirs[1])):
        return True
    # "10 business days" may be told as "10 days"; 60 minutes without unit as one hour may not.
    days = {mine[1], theirs[1]} == {"workday", "second"}
    return fact.value == other.value and ("" in (fact.unit, other.unit) or (days and "day" in (fact.unit, other.unit)))


def derived(fact: Fact, claim: str, claimed: Sequence[Fact], known: Sequence[Fact]) -> bool:
    """Whether the claim shows how the number comes of others: the result of two that are known, or of its equation."""
    if not is_amount(fact) or not has("result", claim):
        return False
    value = amount(fact)[0]
    others = [f for f in claimed if f is not fact and is_amount(f)]
    backed = [amount(f)[0] for f in others if any(same(f, k) for k in known)]
    if any(_results(a, b, value) for a, b in combinations(backed, 2)):
        return True
    return len(backed) >= 2 and any(_holds(m.group()) for m in _EQUATION.finditer(claim) if fact.shown in m.group())


def enumerated(fact: Fact, claim: str) -> bool:
    """Whether the claim lists as many things as the number says ("the two kinds are A and B")."""
    tail = _LISTED.split(claim)[-1] if fact.kind == "number" and not fact.unit else ""
    items = [item for item in _ITEMS.split(tail) if item.strip(" .")]
    return len(items) > 1 and fact.value == str(len(items)) and fact.shown not in tail


def within_range(fact: Fact, known: Sequence[Statement]) -> bool:
    """Whether a source names a range, in the same unit, that the number lies in."""
    if not is_amount(fact):
        return False
    value, unit = amount(fact)
    for statement in known:
        for part in statement.parts:
            ordered = [f for f in part.facts if is_amount(f)]
            for low, high in pairwise(ordered):
                between = part.text[low.begin + len(low.shown) : high.begin]
                if re.fullmatch(r"\W*\w{0,8}\W*(?:to|–|-|bis|and|und|y|a|et|à)\W*", between, re.IGNORECASE) and (
                    amount(low)[0] <= value <= amount(high)[0] and unit == amount(high)[1]
                ):
                    return True
    return False


def is_amount(fact: Fact) -> bool:
    """Whether it is a number that can be compared by size; no clock, no month."""
    return fact.kind == "number" and fact.unit != "clock" and not fact.value.startswith("month")


def _recurring(period: str) -> tuple[tuple[float, str], ...]:
    return {
        "day": ((86_400.0, "second"),),
        "week": ((604_800.0, "second"),),
        "month": ((1.0, "month"), (2_592_000.0, "second")),
        "quarter": ((3.0, "month"),),
        "year": ((12.0, "month"), (31_536_000.0, "second")),
    }[period]


def _results(a: float, b: float, value: float) -> bool:
    results = [a + b, a - b, b - a, a * b, a * b / 100]
    results += [x / y for x, y in ((a, b), (b, a)) if y]
    results += [100 * x / y for x, y in ((a, b), (b, a)) if y]
    return any(abs(result - value) <= 0.005 * max(1.0, abs(value)) for result in results)


def _holds(equation: str) -> bool:
    """Whether "$1k + $10k * 15% = $2.5k" is right."""
    left, _, right = equation.partition("=")
    try:
        return abs(_value(left) - _value(right)) <= 0.005 * max(1.0, abs(_value(right)))
    except (ValueError, SyntaxError, ZeroDivisionError, IndexError):
        return False


def _value(text: str) -> float:
    """Sums and products from left to right, products first."""
    plain = re.sub(r"[$€£\s]", "", text).replace("×", "*").replace("·", "*").replace("−", "-").replace("–", "-")
    plain = re.sub(r"(?<=\d)x(?=\d)", "*", plain).strip("().,")
    total = 0.0
    for term in re.findall(r"[+-]?[^+-]+", plain):
        product = 1.0
        for sign, factor in re.findall(r"([*/]?)([^*/]+)", term.lstrip("+-")):
            scale = 1e3 if factor.endswith("k") else 0.01 if factor.endswith("%") else 1.0
            number = float(factor.rstrip("k%").replace(",", "")) * scale
            product = product / number if sign == "/" else product * number
        total += -product if term.startswith("-") else product
    return total
