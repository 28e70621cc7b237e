"""The tools: what each takes, and its call as steps that are told on the way and a result at the end."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from mcp_types import Tool, ToolAnnotations
from pydantic import BaseModel, ValidationError

from actions.connections import Action
from core.errors import QuestionError
from core.types import Answer
from service import form_models as f
from service import forms, shapes
from service import models as m
from service.caller import Caller
from service.parts import Parts
from service.routes.actions import offered
from service.routes.apps import run_events
from service.routes.ask import question_of
from service.routes.documents import search_of
from warehouse.shown import markdown_rows

APP = "app_"
ACTION = "action_"
_OUTCOME = "form_outcome"
_OFFER = "form_of_run"
_SHOWN_ROWS = 50
_Sent = TypeVar("_Sent", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Told:
    """Where the work is."""

    message: str


@dataclass(frozen=True, slots=True)
class Done:
    """What a tool gave: for people and models as text, for programs as a value."""

    text: str
    value: dict[str, Any]
    failed: bool = False


# Whether the person has stopped it.
Cancelled = Callable[[], bool]
Steps = Iterator[Told | Done]


def tools_for(caller: Caller, parts: Parts) -> list[Tool]:
    """The tools that the caller's scopes and audiences allow."""
    found: list[Tool] = []
    if "search" in caller.scopes:
        told = "Finds passages of the company's documents that the person may read, best first."
        found.append(_tool("search", told, m.Search, m.Found))
    if "ask" in caller.scopes:
        told = "Answers a question from the company's documents, each statement with its source."
        found.append(_tool("ask", told, m.Ask, m.AnswerOut))
    if "data" in caller.scopes and parts.settings.warehouse.layer is not None:
        told = "Counts, adds up and lists rows of the company's tables, for a question in plain words."
        found.append(_tool("ask_data", told, m.DataIn, m.DataOut))
    if "apps" in caller.scopes:
        for name, item in parts.apps(caller.user).items():
            app, schema = item.app, shapes.form_schema(item.app)
            found.append(Tool(name=APP + name, title=app.title, description=app.description, input_schema=schema))
    if "actions" in caller.scopes:
        found.extend(_action_tools(caller, parts))
    return found


def _action_tools(caller: Caller, parts: Parts) -> list[Tool]:
    """A tool for each form that the person may have filled in, and one that tells what became of a form."""
    told = "Fills in a form and gives its address; nothing is written before the person has confirmed it there."
    known = _actions(caller, parts)
    found = [
        Tool(
            name=name,
            title=action.title,
            description=f"{action.title}: {told[0].lower()}{told[1:]}",
            input_schema=forms.schema(action),
            output_schema=f.FormOut.model_json_schema(),
            annotations=ToolAnnotations(read_only_hint=False, destructive_hint=False, open_world_hint=False),
        )
        for name, action in known.items()
    ]
    outcome = "Tells what became of a form: whether the person has confirmed it, and where the record is."
    offer = f"Fills in a form with what an app's run offers, with its evidence. {told.partition('; ')[2].capitalize()}"
    more = [_tool(_OUTCOME, outcome, f.FormName, f.FormOut), _tool(_OFFER, offer, f.OfferIn, f.FormOut, writes=True)]
    return [*found, *more] if found else []


def _actions(caller: Caller, parts: Parts) -> dict[str, Action]:
    """The person's actions by the names of their tools, which clients take letters, digits and _ in."""
    return {ACTION + name.replace(".", "_"): action for name, action in parts.reviews.actions.of(caller.user).items()}


def call(name: str, given: Mapping[str, Any], caller: Caller, parts: Parts, cancelled: Cancelled) -> Steps:
    """The call of a tool. Raises DebriefError: there is none of this name, or what was given is wrong."""
    if name.startswith(APP):
        caller.needs("apps")
        return _app(name.removeprefix(APP), given, caller, parts, cancelled)
    if name.startswith(ACTION):
        caller.needs("actions")
        return _fill_in(name, given, caller, parts)
    kinds = {
        "search": ("search", _search), "ask": ("ask", _ask), "ask_data": ("data", _ask_data),
        _OUTCOME: ("actions", _outcome), _OFFER: ("actions", _of_run),
    }  # fmt: skip
    if name not in kinds:
        raise QuestionError(f"There is no tool {name[:60]!r}; tools/list names those that you may use.")
    scope, made = kinds[name]
    caller.needs(scope)
    return made(given, caller, parts)


def _search(given: Mapping[str, Any], caller: Caller, parts: Parts) -> Steps:
    wanted = search_of(_read(m.Search, given), caller.user)
    yield Told("Searching the documents")
    found = m.Found(passages=[shapes.passage(p) for p in parts.retriever().search(wanted)])
    lines = [f"{n}. {p.title} ({p.document}) {p.locator}\n{p.text}" for n, p in enumerate(found.passages, 1)]
    yield _done("\n\n".join(lines) or "Nothing was found that you may read.", found)


def _ask(given: Mapping[str, Any], caller: Caller, parts: Parts) -> Steps:
    question = question_of(_read(m.Ask, given), caller.user, parts)
    for event in parts.assistant().ask(question):
        if not isinstance(event, Answer):
            name, data = shapes.event(event)
            yield Told(" ".join(filter(None, (name, getattr(data, "detail", "") or getattr(data, "text", "")))))
            continue
        answer = shapes.answer(event, question.conversation_id or "")
        sources = [f"[{c.marker}] {c.title} {c.url}".rstrip() for c in answer.citations]
        review = f"Review and confirm it: {forms.address(answer.form, parts)}" if answer.form else ""
        yield _done("\n\n".join(filter(None, (answer.text, review, "\n".join(dict.fromkeys(sources))))), answer)


def _ask_data(given: Mapping[str, Any], caller: Caller, parts: Parts) -> Steps:
    asked, warehouse = _read(m.DataIn, given), parts.warehouse()
    if warehouse is None:
        raise QuestionError("There are no tables to ask here; an administrator names a layer in the settings.")
    yield Told("Looking it up in the tables")
    found = warehouse.ask(asked.question, caller.user, None, parts.assistant().models)
    rows = markdown_rows(found.columns, found.rows, _SHOWN_ROWS) if found.rows else ""
    yield _done(found.problem or f"{found.words}\n\n{rows}", shapes.data(found), failed=bool(found.problem))


def _app(name: str, given: Mapping[str, Any], caller: Caller, parts: Parts, cancelled: Cancelled) -> Steps:
    forms_open = "actions" in caller.scopes
    for event in run_events(name, given, caller.user, parts, cancelled):
        if isinstance(event, m.StepOut):
            if event.state != "waiting":
                yield Told(f"{event.title}: {event.state}")
            continue
        shown = "\n\n".join(filter(None, (o.text for o in event.outputs)))
        notes = "\n".join(event.notes)
        offers = _told_offers(event) if forms_open else ""
        failed = event.status not in ("completed", "waiting")
        yield _done("\n\n".join(filter(None, (shown, event.error, notes, offers))), event, failed=failed)


def _told_offers(run: m.RunOut) -> str:
    """The forms that a run offers, and how one is filled in."""
    lines = [f"- offer {o.offer}: {o.title} ({o.to})" for o in run.offers]
    told = f"It offers forms for other systems; `{_OFFER}` fills one in for review (run {run.id}):"
    return "\n".join([told, *lines]) if lines else ""


def _fill_in(name: str, given: Mapping[str, Any], caller: Caller, parts: Parts) -> Steps:
    action = _actions(caller, parts).get(name)
    if action is None:
        raise QuestionError(f"There is no tool {name[:60]!r}; tools/list names those that you may use.")
    if wrong := sorted(key for key, value in given.items() if not isinstance(value, str | int | float)):
        raise QuestionError(f"'{wrong[0]}' can't be a list or an object; write a text, as the tool's schema says.")
    yield Told("Filling in a form")
    made = parts.reviews.propose(action.id, given, caller.user, origin={"interface": "mcp"})
    yield _form(forms.form(made, caller.user, parts))


def _of_run(given: Mapping[str, Any], caller: Caller, parts: Parts) -> Steps:
    wanted = _read(f.OfferIn, given)
    yield Told("Filling in a form")
    yield _form(forms.form(offered(wanted, caller.user, parts), caller.user, parts))


def _outcome(given: Mapping[str, Any], caller: Caller, parts: Parts) -> Steps:
    wanted = _read(f.FormName, given).form
    yield Told("Looking at the form")
    yield _form(forms.form(forms.own_form(wanted, caller.user, parts), caller.user, parts))


def _form(form: f.FormOut) -> Done:
    """What became of the form, with what a person has to do next."""
    lacks = "\n".join(field.problem for field in form.fields if field.problem)
    if form.record is not None:
        said = f"It is {form.state}: {form.record.title or form.record.id} {form.record.link}".rstrip()
    elif form.state == "proposed":
        said = f"{form.title}: the form is filled in, and nothing is written. Review and confirm it: {form.review}"
    else:
        said = f"The form is {form.state}: {form.review}"
    return _done("\n".join(filter(None, (said, form.problem, lacks))), form)


def _done(text: str, value: BaseModel, *, failed: bool = False) -> Done:
    return Done(text, json.loads(value.model_dump_json()), failed)


def _read(kind: type[_Sent], given: Mapping[str, Any]) -> _Sent:
    try:
        return kind.model_validate(given)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"])) or "the arguments"
        raise QuestionError(f"{where}: {first['msg']}; correct it as the tool's schema says.") from error


def _tool(name: str, told: str, takes: type[BaseModel], gives: type[BaseModel], *, writes: bool = False) -> Tool:
    return Tool(
        name=name,
        description=told,
        input_schema=takes.model_json_schema(),
        output_schema=gives.model_json_schema(),
        annotations=ToolAnnotations(
            read_only_hint=name != "ask" and not writes, destructive_hint=False, open_world_hint=False
        ),
    )
