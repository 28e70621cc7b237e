"""What every kind of step keeps. A new kind is picked up from `apps.steps.KINDS`."""

import inspect
import re

import pytest
from pydantic import ValidationError

from apps.run import Context
from apps.steps import KINDS, Parameters, StepKind

EACH = pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)


@EACH
def test_it_says_what_it_does_and_what_its_result_has(kind: StepKind) -> None:
    assert re.fullmatch(r"[a-z]+(_[a-z]+)*", kind.name)
    assert kind.does[0].isupper() and kind.does.endswith(".")
    assert kind.fields and all(field.isidentifier() for field in kind.fields)


@EACH
def test_it_takes_its_parameters_and_no_others(kind: StepKind) -> None:
    assert issubclass(kind.parameters, Parameters)
    with pytest.raises(ValidationError, match="no_such_parameter"):
        kind.parameters.model_validate({"no_such_parameter": 1})
    known = {field.alias or name for name, field in kind.parameters.model_fields.items()}
    assert set(kind.templates) <= known and set(kind.literal) <= known


@EACH
def test_it_runs_on_parameters_and_the_runs_context(kind: StepKind) -> None:
    given, context = inspect.signature(kind.run, eval_str=True).parameters.values()
    assert (given.annotation, context.annotation) == (kind.parameters, Context)


@EACH
def test_authors_find_it_in_the_documentation(kind: StepKind, project_root) -> None:
    assert f"\n| `{kind.name}` | " in (project_root / "docs" / "apps.md").read_text(encoding="utf-8")
