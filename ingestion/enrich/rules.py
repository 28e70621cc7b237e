"""Enrichment rules in YAML: conditions on a document's attributes and text, actions on its attributes.

    rules:
      - name: playbooks by folder
        when: {attribute: source_uri, contains: /playbooks/}
        then:
          - set: {document_type: playbook}
      - name: no personal notes
        when: {any: [{attribute: title, matches: "(?i)^notes of"}, {body: true, contains: "do not share"}]}
        then:
          - drop: Personal notes are not indexed.

Rules run in order, each on what the ones before it left.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import yaml
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from core.errors import SettingsError
from core.settings import Settings, validate
from core.text.patterns import matches, pattern_problem
from core.types import Attributes, AttributeValue
from core.yaml_text import load_yaml
from ingestion.enrich.metadata import RESERVED, typed_value


def _compiles(pattern: str) -> str:
    if pattern_problem(pattern):
        raise ValueError("not a regular expression")
    return pattern


Pattern = Annotated[str, AfterValidator(_compiles)]
Scalar = str | int | float | bool


class Condition(BaseModel):
    """One test, or several joined by all/any/not. A list attribute passes if one of its items does."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    all: tuple[Condition, ...] = ()
    any: tuple[Condition, ...] = ()
    negate: Condition | None = Field(default=None, alias="not")
    attribute: str = ""
    body: bool = False
    equals: Scalar | None = None
    any_of: tuple[Scalar, ...] = ()
    contains: str | None = None
    matches: Pattern | None = None
    exists: bool | None = None
    greater: Scalar | None = None
    less: Scalar | None = None

    @model_validator(mode="after")
    def _one_form(self) -> Condition:
        subjects = [bool(self.all), bool(self.any), self.negate is not None, bool(self.attribute), self.body]
        if sum(subjects) != 1:
            raise ValueError("a condition has exactly one of all, any, not, attribute, body")
        tests = (self.equals, self.contains, self.matches, self.exists, self.greater, self.less)
        if (self.attribute or self.body) and not self.any_of and all(test is None for test in tests):
            raise ValueError("add a test: equals, any_of, contains, matches, exists, greater or less")
        return self

    def holds(self, attributes: Attributes, body: str) -> bool:
        """Whether a document with these attributes and this text passes."""
        if self.all:
            return all(part.holds(attributes, body) for part in self.all)
        if self.any:
            return any(part.holds(attributes, body) for part in self.any)
        if self.negate is not None:
            return not self.negate.holds(attributes, body)
        value = body if self.body else attributes.get(self.attribute)
        if self.exists is not None and (value is not None) != self.exists:
            return False
        if value is None:
            return self.exists is False
        items = value if isinstance(value, tuple) else (value,)
        return any(self._passes(item) for item in items)

    def _passes(self, item: Scalar) -> bool:
        text = str(item)
        return (
            (self.equals is None or _same(item, self.equals))
            and (not self.any_of or any(_same(item, wanted) for wanted in self.any_of))
            and (self.contains is None or self.contains.casefold() in text.casefold())
            and (self.matches is None or matches(self.matches, text))
            and (self.greater is None or _greater(item, self.greater))
            and (self.less is None or _greater(self.less, item))
        )


class Action(BaseModel):
    """What a rule does when its condition holds; exactly one of set, append, delete, drop."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    set: dict[str, Any] = Field(default_factory=dict)
    append: dict[str, str] = Field(default_factory=dict)
    delete: tuple[str, ...] = ()
    drop: str = ""

    @model_validator(mode="after")
    def _one_form(self) -> Action:
        if sum(map(bool, (self.set, self.append, self.delete, self.drop))) != 1:
            raise ValueError("an action has exactly one of set, append, delete, drop")
        for name, value in self.set.items():
            if typed_value(value, RESERVED.get(name)) is None:
                raise ValueError(f"the attribute {name} takes a {RESERVED[name]}, not {value!r}")
        return self


class Rule(BaseModel):
    """A named condition and its actions."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    when: Condition
    then: tuple[Action, ...] = Field(min_length=1)


class VettingPolicy(BaseModel):
    """What makes a document vetted (see ingestion/enrich/vet.py)."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    required: tuple[str, ...] = ("title",)
    expire_after_review: bool = True


class RulesFile(BaseModel):
    """All of rules.yaml."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    rules: tuple[Rule, ...] = ()
    vetting: VettingPolicy = VettingPolicy()


@dataclass(frozen=True)
class Enriched:
    """A document's attributes after the rules, which rules fired, and why it was dropped (empty: it wasn't)."""

    attributes: dict[str, AttributeValue]
    fired: tuple[str, ...]
    dropped: str = ""


def apply_rules(rules: tuple[Rule, ...], attributes: Mapping[str, AttributeValue], body: str) -> Enriched:
    """The attributes after every rule in order; stops at the first that drops the document."""
    current = dict(attributes)
    fired: list[str] = []
    for rule in rules:
        if not rule.when.holds(current, body):
            continue
        fired.append(rule.name)
        for action in rule.then:
            if action.drop:
                return Enriched(current, tuple(fired), action.drop)
            _apply(action, current)
    return Enriched(current, tuple(fired))


def load_rules(settings: Settings) -> RulesFile:
    """The rules of `rules_file`; none when no file is named.

    Raises:
        SettingsError: the file is missing or wrong; the message names the rule's place in it.
    """
    if settings.rules_file is None:
        return RulesFile()
    path: Path = settings.path(settings.rules_file)
    try:
        raw = load_yaml(path.read_text(encoding="utf-8")) or {}
    except FileNotFoundError as error:
        raise SettingsError(f"rules_file names {path}, which doesn't exist; correct the path.") from error
    except yaml.YAMLError as error:
        raise SettingsError(f"{path} is not valid YAML: {' '.join(str(error).split())}; mend that line.") from error
    return validate(RulesFile, raw, path)


def _apply(action: Action, attributes: dict[str, AttributeValue]) -> None:
    for name, value in action.set.items():
        typed = typed_value(value, RESERVED.get(name))
        if typed is not None:
            attributes[name] = typed
    for name, value in action.append.items():
        present = attributes.get(name, ())
        items = present if isinstance(present, tuple) else (str(present),)
        if value not in items:
            attributes[name] = (*items, value)
    for name in action.delete:
        attributes.pop(name, None)


def _same(found: Scalar, wanted: Scalar) -> bool:
    return str(found).casefold() == str(wanted).casefold()


def _greater(left: Scalar, right: Scalar) -> bool:
    if isinstance(left, int | float) and isinstance(right, int | float):
        return left > right
    # ISO dates compare as text, which is also right for "2026-01-01" against "2026-01-01T00:00:00Z".
    return str(left) > str(right)
