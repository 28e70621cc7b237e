"""Apps: the list, the form's schema, a run as one piece or as events, its files; and the runs that wait for answers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any

from fastapi import Header, Response
from fastapi.responses import StreamingResponse
from pydantic import ValidationError
from starlette.concurrency import run_in_threadpool

from apps.kept import my_runs, record_resumed, record_run, stored_result, waiting_run
from apps.kept.runs import forget_result, rate_run
from apps.language import App, AppFile, Input
from apps.run import Context
from apps.runner import RunResult, StepState, resume, run_app
from assistant.app_runs.tools import charged
from core import audit
from core.errors import AppError
from core.types import User
from service import models as m
from service import shapes, streams
from service.parts import Parts
from service.problems import NotFound, responses
from service.routes.common import EVENTS, Cursor, IdempotencyKey, Limit, Running, With, router

routes = router("apps")
_MOST = 10_000
Accept = Annotated[str, Header(max_length=1_000)]


@routes.get("/apps")
def apps(caller: Running, parts: With, cursor: Cursor = "", limit: Limit = 50) -> m.Page[m.AppOut]:
    """The apps that the person may use."""
    part, more = shapes.page_of(list(parts.apps(caller.user).values()), lambda a: a.app.name, cursor, limit)
    return m.Page(items=[shapes.app(a) for a in part], next=more)


@routes.get("/apps/{name}", responses=responses(404))
def app(name: str, caller: Running, parts: With) -> m.AppOut:
    """An app with the schema of its form."""
    return shapes.app(parts.app(name, caller.user))


@routes.post("/apps/{name}/runs", response_model=m.RunOut, responses={200: {"content": EVENTS}, **responses(404, 409)})
async def run(
    name: str,
    body: m.RunIn,
    caller: Running,
    parts: With,
    accept: Accept = "application/json",
    idempotency_key: IdempotencyKey = "",
) -> Any:
    """Runs an app. With `Accept: text/event-stream`: events `step` (StepOut), and last `run` (RunOut) or `problem`."""
    return await _sent(run_events, (name, body.inputs, caller.user, parts), accept)


@routes.get("/runs")
def runs(caller: Running, parts: With, app: str = "", cursor: Cursor = "", limit: Limit = 50) -> m.Page[m.PastRunOut]:
    """The person's runs, the latest first."""
    part, more = shapes.page_of(my_runs(parts.engine, caller.user, app, _MOST), lambda r: r.id, cursor, limit)
    items = [
        m.PastRunOut(
            id=r.id, app=r.app, version=r.version, started_at=r.started_at, status=r.status, subject=r.subject,
            rating=r.rating,
        )
        for r in part
    ]  # fmt: skip
    return m.Page(items=items, next=more)


@routes.get("/runs/{run}", responses=responses(404))
def run_again(run: str, caller: Running, parts: With) -> m.RunOut:
    """What a run gave; withheld if it rests on what the person may no longer read."""
    return shapes.run(own_result(run, caller.user, parts), run)


@routes.post(
    "/runs/{run}/answers", response_model=m.RunOut, responses={200: {"content": EVENTS}, **responses(404, 409)}
)
async def go_on(
    run: str,
    body: m.RunIn,
    caller: Running,
    parts: With,
    accept: Accept = "application/json",
    idempotency_key: IdempotencyKey = "",
) -> Any:
    """Goes on with a run that waits, with the answers to what it `asks`."""
    return await _sent(_resumed_events, (run, body.inputs, caller.user, parts), accept)


@routes.delete("/runs/{run}", status_code=204, responses=responses(404))
def forget(run: str, caller: Running, parts: With) -> Response:
    """Deletes what a run was given and gave."""
    own_result(run, caller.user, parts, withheld=False)
    forget_result(parts.engine, run, caller.user)
    return Response(status_code=204)


@routes.put("/runs/{run}/rating", status_code=204, responses=responses(404, 409))
def rate(run: str, body: m.RatingIn, caller: Running, parts: With, idempotency_key: IdempotencyKey = "") -> Response:
    """Keeps whether a run was useful."""
    own_result(run, caller.user, parts, withheld=False)
    rate_run(parts.engine, run, body.useful, caller.user)
    return Response(status_code=204)


@routes.get(
    "/runs/{run}/files/{output}",
    response_class=Response,
    responses={200: {"content": {"application/octet-stream": {}}}, **responses(404)},
)
def file(run: str, output: str, caller: Running, parts: With) -> Response:
    """The bytes of a file that a run made."""
    made = own_result(run, caller.user, parts).output(output)
    if made is None or not made.content:
        raise NotFound(f"The run {run[:40]!r} made no file {output[:40]!r}; `outputs` of the run lists them.")
    audit.record(parts.engine, caller.user, "exported", made.file_name)
    name = made.file_name.encode("ascii", "replace").decode().replace('"', "")
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(made.content, headers=headers, media_type=made.media_type or "application/octet-stream")


def run_events(
    name: str, inputs: Mapping[str, Any], user: User, parts: Parts, cancelled: Any = None
) -> Iterator[m.StepOut | m.RunOut]:
    """The steps of a run as they change, and last what it gave; it is kept and audited.

    Raises:
        AppError: there is no such app for the person, or the inputs are wrong.
    """
    app = parts.app(name, user).app
    given = form_values(app, app.inputs, inputs, parts)
    for event in run_app(app, given, _context(app, user, parts, cancelled)):
        if isinstance(event, RunResult):
            yield shapes.run(event, record_run(parts.engine, event, user))
        else:
            yield shapes.step(event)


def _resumed_events(run: str, inputs: Mapping[str, Any], user: User, parts: Parts) -> Iterator[m.StepOut | m.RunOut]:
    own_result(run, user, parts)
    app, waits = waiting_run(parts.engine, run, user)
    for event in resume(app, waits, form_values(app, waits.asks, inputs, parts), _context(app, user, parts)):
        if isinstance(event, RunResult):
            record_resumed(parts.engine, run, event)
            yield shapes.run(event, run)
        elif isinstance(event, StepState):
            yield shapes.step(event)


def _context(app: App, user: User, parts: Parts, cancelled: Any = None) -> Context:
    tools = charged(parts.tools(), user.email, app.name)
    return Context(user, tools, company=parts.settings.company, cancelled=cancelled or (lambda: False))


def form_values(app: App, fields: tuple[Input, ...], given: Mapping[str, Any], parts: Parts) -> dict[str, Any]:
    """The values as the runner takes them: files parsed."""
    kinds = {item.name: item.type for item in fields}
    values = dict(given)
    for name, value in given.items():
        if kinds.get(name) == "file":
            values[name] = _file(name, value, parts)
        elif kinds.get(name) == "files":
            values[name] = [_file(name, one, parts) for one in (value if isinstance(value, list) else [value])]
        elif not _is_plain(value):
            raise AppError(f"'{name}' can't be a {type(value).__name__}; write a text, a number, or a list of texts.")
    return values


def _is_plain(value: Any) -> bool:
    return (
        value is None
        or isinstance(value, str | int | float | bool)
        or (isinstance(value, list) and all(isinstance(part, str | int | float) for part in value))
    )


def _file(name: str, value: Any, parts: Parts) -> AppFile:
    try:
        sent = m.File.model_validate(value)
    except ValidationError as error:
        raise AppError(f"'{name}' is a file; send {{name, content}}, the content as base64.") from error
    return AppFile(sent.name, parts.parser().parse(sent.content, sent.name))


def own_result(run: str, user: User, parts: Parts, *, withheld: bool = True) -> RunResult:
    """The person's run. Raises NotFound: they have none such; ResultWithheld: it rests on what is closed now."""
    if not any(known.id == run for known in my_runs(parts.engine, user, limit=_MOST)):
        raise NotFound(f"You have no run {run[:40]!r}; /api/v1/runs lists yours.")
    return stored_result(parts.engine, run, user, parts.readable if withheld else None)


async def _sent(made: Any, given: tuple[Any, ...], accept: str) -> Any:
    """The last piece as JSON, or all of them as events."""
    if "text/event-stream" not in accept:
        return (await run_in_threadpool(lambda: list(made(*given))))[-1]

    def events() -> Iterator[bytes]:
        for piece in made(*given):
            yield streams.event("run" if isinstance(piece, m.RunOut) else "step", piece)

    pieces = streams.Pieces(events())
    first = await pieces.next()
    return StreamingResponse(streams.as_events(pieces, first), media_type="text/event-stream")
