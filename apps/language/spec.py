"""An app: one YAML file → `App`, checked as a whole before anything runs.

Every refusal names file, line and field, what was found, and what would be right. What the parts mean is written
for authors in docs/apps.md; docs/app.schema.json is `json_schema()` for editors.
"""

from __future__ import annotations

import json
from typing import Any, Literal

from pydantic import Field

from apps.language.part import Name, Part
from apps.language.triggers import Trigger
from core.settings import AnswerStyle

InputType = Literal[
    "text", "long_text", "choice", "multi_choice", "date", "number", "account", "file", "files", "language",
    "document", "documents",
]  # fmt: skip
OutputKind = Literal["markdown", "email", "table", "chart", "json", "docx", "pptx", "xlsx"]
Action = Literal["copy", "download"]


class Routing(Part):
    """What makes the router choose this app: a few examples; more stand in the file examples/<name>.txt beside it."""

    examples: tuple[str, ...] = ()
    counter_examples: tuple[str, ...] = ()
    attachments: tuple[Literal["transcript", "report", "notes"], ...] = ()


class Limits(Part):
    """What one run may cost. A run over a limit stops with a message that names it."""

    steps: int = Field(default=60, ge=1, le=500)
    seconds: float = Field(default=120.0, gt=0, le=1800)
    tokens: int = Field(default=20_000, ge=0, le=1_000_000)
    output_chars: int = Field(default=200_000, ge=100, le=2_000_000)


class Input(Part):
    """One field of the app's form.

    Attributes:
        filter: Of a document: which of the index it may be, as in search (`document_type=report`).
        kind: Of a document: what it is, whatever this company calls it (accounts.yaml, `types`).
        customer: Of a document: the input that says whose it is.
        latest: Of a document: how many of the newest are taken where none is chosen.
    """

    name: Name
    type: InputType
    label: str = ""
    help: str = ""
    required: bool = True
    default: str | int | float | bool | tuple[str, ...] | None = None
    choices: tuple[str, ...] = ()
    accept: tuple[str, ...] = ()
    pattern: str = ""
    min: float | None = None
    max: float | None = None
    max_chars: int = Field(default=20_000, ge=1, le=200_000)
    filter: str = ""
    kind: Literal["", "contract", "report", "meeting", "letter", "advice"] = ""
    customer: str = ""
    latest: int = Field(default=0, ge=0, le=20)


class Step(Part):
    """One call of a step kind. `when` skips it; `for_each` runs it once for each item of a list.

    Attributes:
        on_error: What happens when it can't be done: the run stops, the step or the row is left out, or the row stays
            with its `error`. Whatever is left out is told.
    """

    id: Name
    use: str
    title: str = ""
    values: dict[str, Any] = Field(default_factory=dict, alias="with")
    when: str = ""
    for_each: str = ""
    on_error: Literal["stop", "skip", "say"] = "stop"


class Output(Part):
    """One thing that the run hands over."""

    name: Name
    kind: OutputKind
    title: str = ""
    value: str | dict[str, Any]
    when: str = ""
    actions: tuple[Action, ...] = ("copy", "download")
    schema_: dict[str, Any] | None = Field(default=None, alias="schema")


class WriteBack(Part):
    """What of a run can be written into another system, once a person has reviewed its form.

    Attributes:
        to: KIND.OPERATION, for whichever system of that kind a company has, or NAME.OPERATION of one in its settings.
        for_each: Makes a form for each item of a list.
        evidence: Field → the places that its value rests on: items of a step, or numbers of the run's evidence.
    """

    to: str = Field(pattern=r"^[a-z][a-z0-9_-]*\.[a-z][a-z0-9_]*$")
    title: str = ""
    when: str = ""
    for_each: str = ""
    fields: dict[Name, str]
    evidence: dict[Name, str] = Field(default_factory=dict)


class JsonExpectation(Part):
    """A value within an output: `path` such as metrics[0].verdict."""

    path: str
    equals: str | int | float | bool | None = None
    at_least: float | None = None


class Expectation(Part):
    """What must hold of one output of a test's run."""

    output: str
    contains: tuple[str, ...] = ()
    excludes: tuple[str, ...] = ()
    matches: tuple[str, ...] = ()
    json_: tuple[JsonExpectation, ...] = Field(default=(), alias="json")
    cites: tuple[str, ...] = ()
    max_chars: int | None = Field(default=None, gt=0)
    language: str = ""


class AppTest(Part):
    """Inputs (files by their path in the sample workspace) and what must come of them.

    Attributes:
        documents: Patterns of sample files that the run may search; nothing else is found.
        indexed: Documents of the index by their ids, which the run may search, too, as whoever tests may read them now.
        fails: The run must be refused with a message that contains this.
        answers: What a person says where the run stops to `ask`.
        model_reply: What a language model replies, call by call; without it the run has none.
        judge: What must be true of the result; only a model can say so, with `debrief apps eval`.
    """

    name: str
    inputs: dict[str, Any] = Field(default_factory=dict)
    documents: tuple[str, ...] = ()
    indexed: tuple[str, ...] = ()
    expect: tuple[Expectation, ...] = ()
    fails: str = ""
    answers: dict[str, Any] = Field(default_factory=dict)
    model_reply: tuple[str, ...] | str = ()
    judge: tuple[str, ...] = ()


class App(Part):
    """A whole app."""

    name: Name
    title: str = Field(min_length=1, max_length=60)
    description: str = Field(min_length=1, max_length=600)
    version: str = Field(pattern=r"^\d+(\.\d+){0,2}$")
    owner: str = Field(min_length=1)
    audience: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    languages: tuple[str, ...] = ("en",)
    phrases: dict[str, dict[str, str]] = Field(default_factory=dict)
    style: AnswerStyle = AnswerStyle()
    saves_minutes: float = Field(default=0, ge=0, le=600)
    routing: Routing = Routing()
    limits: Limits = Limits()
    inputs: tuple[Input, ...] = ()
    variables: dict[Name, Any] = Field(default_factory=dict)
    steps: tuple[Step, ...] = Field(min_length=1)
    outputs: tuple[Output, ...] = Field(min_length=1)
    actions: tuple[WriteBack, ...] = ()
    triggers: tuple[Trigger, ...] = ()
    tests: tuple[AppTest, ...] = ()

    def input(self, name: str) -> Input | None:
        """The input of that name."""
        return next((i for i in self.inputs if i.name == name), None)

    def trigger(self, name: str) -> Trigger | None:
        """The trigger of that name."""
        return next((t for t in self.triggers if t.name == name), None)


def json_schema() -> str:
    """The JSON Schema of an app's file, for editors."""
    schema = App.model_json_schema(by_alias=True)
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    schema["title"] = "Debrief app"
    return json.dumps(schema, indent=2, sort_keys=True) + "\n"
