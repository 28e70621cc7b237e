"""Metadata weights: weights.yaml → a factor on each candidate's fused score, with its reasons.

A weight reorders candidates that were found; it never admits or hides one. docs/weights.md explains the file:

    document_type: {playbook: high, archive: -medium}                     # per value; on a list: per element
    updated_at:  {kind: freshness, half_life_days: 180, weight: high}     # measured from today
    view_count:  {kind: number, better: larger, saturates_at: 500, weight: low}
    customer:    {kind: same_as, of: conversation, weight: very_high}     # of: user | conversation
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from core.errors import FilterError
from core.types import Attributes, Boost, User
from core.yaml_text import load_yaml
from retrieval.query.filters import Scalar, as_instant, as_number, comparable, elements

# What the named levels multiply a score by. "-high" divides by the same number.
LEVELS: Mapping[str, float] = {"none": 1.0, "low": 1.1, "medium": 1.25, "high": 1.5, "very_high": 2.0}

# However many weights agree, together they multiply or divide a score by no more than this.
LIMIT = 4.0

# What holds without a weights file, and beside one that doesn't name these attributes: what is no longer true stands
# behind what is, and drafts of a source with `unvetted: weigh_down` behind vetted documents.
BUILT_IN: Mapping[str, Any] = {
    "vetting": {"superseded": "-very_high", "expired": "-medium"},
    "down_weighted": {"true": "-high"},
}

_SECONDS_A_DAY = 86_400.0


def multiplier(weight: object) -> float:
    """The factor that a level's name or a bare number stands for; a negative one divides.

    Raises:
        ValueError: neither a level nor a number between 1/4 and 4.
    """
    if isinstance(weight, str):
        name = weight.strip().lower().replace(" ", "_").replace("-", "_")
        negative, name = name.startswith("_"), name.lstrip("_")
        if name in LEVELS:
            return 1 / LEVELS[name] if negative else LEVELS[name]
    elif isinstance(weight, int | float) and not isinstance(weight, bool) and math.isfinite(weight) and weight:
        factor = abs(weight) if weight > 0 else 1 / abs(weight)
        if 1 / LIMIT <= factor <= LIMIT:
            return float(factor)
    levels = ", ".join(LEVELS)
    raise ValueError(f"{weight!r} is no weight; write one of {levels}, with - in front to lower, or a factor 0.25–4")


Multiplier = Annotated[float, BeforeValidator(multiplier)]


class _Rule(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class PerValue(_Rule):
    """A factor for each value; of a list's elements, the one that deviates most from 1 counts."""

    kind: Literal["values", "contains"] = "values"
    values: dict[str, Multiplier]

    @cached_property
    def _factors(self) -> Mapping[str | float, float]:
        return {form: factor for value, factor in self.values.items() for form in comparable(value)}

    def boost(self, attribute: str, asked: WeightContext, attributes: Attributes) -> Boost | None:
        found = [
            Boost(attribute, str(value), self._factors[form])
            for value in elements(attributes, attribute)
            for form in comparable(value)
            if form in self._factors
        ]
        return max(found, key=lambda b: abs(math.log(b.factor)), default=None)


class Freshness(_Rule):
    """The full factor for today's date, less with age: half after `half_life_days`, or all within `window_days`."""

    kind: Literal["freshness"]
    curve: Literal["exponential", "linear", "window"] = "exponential"
    half_life_days: float | None = Field(default=None, gt=0)
    window_days: float | None = Field(default=None, gt=0)
    unknown_age_days: float | None = Field(default=None, ge=0)
    weight: Multiplier = LEVELS["medium"]

    @model_validator(mode="after")
    def _has_its_length(self) -> Freshness:
        needed = "window_days" if self.curve == "window" else "half_life_days"
        if getattr(self, needed) is None:
            raise ValueError(f"a {self.curve} freshness needs '{needed}'")
        return self

    def boost(self, attribute: str, asked: WeightContext, attributes: Attributes) -> Boost | None:
        instants = [i for i in map(as_instant, elements(attributes, attribute)) if i is not None]
        if instants:
            age = max(0.0, (asked.now - max(instants)).total_seconds() / _SECONDS_A_DAY)
            value = f"{age:.0f} days old"
        elif self.unknown_age_days is not None:
            age, value = self.unknown_age_days, "no date"
        else:
            return None
        return _scaled(attribute, value, self.weight, self._share(age))

    def _share(self, age_days: float) -> float:
        if self.curve == "window":
            return 1.0 if age_days <= (self.window_days or 0) else 0.0
        half_lives = age_days / (self.half_life_days or 1)
        return 0.5**half_lives if self.curve == "exponential" else max(0.0, 1 - half_lives / 2)


class NumberWeight(_Rule):
    """No effect at `neutral_at`, the full factor from `saturates_at` on, linear between."""

    kind: Literal["number"]
    better: Literal["larger", "smaller"] = "larger"
    saturates_at: float
    neutral_at: float = 0.0
    weight: Multiplier = LEVELS["medium"]

    @model_validator(mode="after")
    def _points_the_right_way(self) -> NumberWeight:
        if self.saturates_at == self.neutral_at or (self.saturates_at > self.neutral_at) != (self.better == "larger"):
            side = "above" if self.better == "larger" else "below"
            raise ValueError(f"{self.better} is better, so 'saturates_at' must lie {side} 'neutral_at'")
        return self

    def boost(self, attribute: str, asked: WeightContext, attributes: Attributes) -> Boost | None:
        numbers = [n for n in map(as_number, elements(attributes, attribute)) if n is not None]
        if not numbers:
            return None
        number = max(numbers) if self.better == "larger" else min(numbers)
        share = (number - self.neutral_at) / (self.saturates_at - self.neutral_at)
        return _scaled(attribute, f"{number:g}", self.weight, min(1.0, max(0.0, share)))


class SameAs(_Rule):
    """The factor if the attribute shares a value with the asking user's or the conversation's."""

    kind: Literal["same_as"]
    of: Literal["user", "conversation"] = "conversation"
    attribute: str = ""
    weight: Multiplier = LEVELS["medium"]

    def boost(self, attribute: str, asked: WeightContext, attributes: Attributes) -> Boost | None:
        theirs = asked.user.attributes if self.of == "user" else asked.context
        wanted = {form for value in elements(theirs, self.attribute or attribute) for form in comparable(value)}
        for value in elements(attributes, attribute):
            if any(form in wanted for form in comparable(value)):
                return Boost(attribute, f"{value} (same as the {self.of}'s)", self.weight)
        return None


Rule = PerValue | Freshness | NumberWeight | SameAs
_KINDS: Mapping[str, type[Rule]] = {
    "values": PerValue,
    "contains": PerValue,
    "freshness": Freshness,
    "number": NumberWeight,
    "same_as": SameAs,
}


@dataclass(frozen=True)
class WeightContext:
    """What weights may compare with: who asks, in which conversation, and when."""

    user: User
    context: Attributes = field(default_factory=dict)
    now: datetime = field(default_factory=lambda: datetime.now(UTC))


# (attribute, its value's type, its value) → the boosts that follow.
Known = dict[tuple[str, type, object], tuple[Boost, ...]]


@dataclass(frozen=True)
class Weights:
    """Attribute → its rules."""

    rules: Mapping[str, tuple[Rule, ...]] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.rules)

    def boosts(self, attributes: Attributes, asked: WeightContext, known: Known | None = None) -> tuple[Boost, ...]:
        """Each weight that applies to a chunk with these attributes and changes something.

        Args:
            known: Keeps the results of one `asked` from chunk to chunk; few values make up many candidates.
        """
        known = {} if known is None else known
        found: list[Boost] = []
        for name, rules in self.rules.items():
            value = attributes.get(name)
            key = (name, type(value), value)
            if key not in known:
                each = (rule.boost(name, asked, attributes) for rule in rules)
                known[key] = tuple(boost for boost in each if boost is not None and boost.factor != 1.0)
            found += known[key]
        return tuple(found)

    def overridden_by(self, other: Weights | None) -> Weights:
        """These weights with the attributes that `other` names replaced by its rules (an app's, a query's)."""
        return self if other is None else Weights({**self.rules, **other.rules})


def factor(boosts: tuple[Boost, ...]) -> float:
    """The boosts' product, held within 1/LIMIT … LIMIT."""
    return min(LIMIT, max(1 / LIMIT, math.prod(boost.factor for boost in boosts)))


def parse_weights(raw: object, where: str = "weights") -> Weights:
    """The weights of a mapping attribute → rule or list of rules.

    Raises:
        FilterError: naming `where`, the attribute and the remedy.
    """
    if raw is None:
        return Weights()
    if not isinstance(raw, Mapping):
        raise FilterError(f"{where} must map attributes to weights, for example document_type: {{playbook: high}}.")
    return Weights({str(name): _rules(str(name), entry, where) for name, entry in raw.items()})


def load_weights(path: Path) -> Weights:
    """The weights of a YAML file.

    Raises:
        FilterError: it can't be read, or something in it is wrong.
    """
    try:
        return parse_weights(load_yaml(path.read_text(encoding="utf-8")), str(path))
    except OSError as error:
        raise FilterError(f"The weights file {path} can't be read ({error.strerror}); correct the path.") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise FilterError(f"{path} is not valid YAML: {' '.join(str(error).split())}; mend that line.") from error


def _rules(name: str, entry: object, where: str) -> tuple[Rule, ...]:
    if isinstance(entry, list):
        return tuple(rule for item in entry for rule in _rules(name, item, where))
    if not isinstance(entry, Mapping):
        raise FilterError(f"{where}: '{name}' is {entry!r}; map its values to weights, or name a kind.")
    values: dict[str, Any] = {str(key): item for key, item in entry.items()}
    if "kind" not in values:
        values = {"values": _flat_keys(entry)}
    kind = values.get("kind", "values")
    if kind not in _KINDS:
        raise FilterError(f"{where}: '{name}' has the kind {kind!r}; kinds are {', '.join(_KINDS)}.")
    if isinstance(values.get("values"), Mapping):
        values["values"] = _flat_keys(values["values"])
    try:
        return (_KINDS[kind].model_validate(values),)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join([name, *(str(part) for part in first["loc"])])
        if first["type"] == "extra_forbidden":
            known = ", ".join(_KINDS[kind].model_fields)
            raise FilterError(f"{where}: unknown key '{place}'; {kind} takes {known}.") from error
        message = first["msg"].removeprefix("Value error, ")
        raise FilterError(f"{where}: '{place}': {message}.") from error


def _flat_keys(entry: Mapping[Any, Any]) -> dict[str, Any]:
    # YAML reads true, 2026 or a date as a key of another type than the text that people mean.
    return {("true" if key else "false") if isinstance(key, bool) else str(key): item for key, item in entry.items()}


def _scaled(attribute: str, value: Scalar, full: float, share: float) -> Boost:
    return Boost(attribute, str(value), round(1 + (full - 1) * share, 4))
