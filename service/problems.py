"""Errors as problem+json (RFC 9457): what is wrong, with which value, and what to do, as everywhere in the house."""

from __future__ import annotations

import logging
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException

from apps.run import InputsWrong
from assistant.limits import TooManyQuestions, TooManyRuns
from core import errors
from core.database import DatabaseError
from core.masking import masked
from service.caller import Forbidden, Unauthorized
from service.parts import NoSuchApp

log = logging.getLogger(__name__)
TYPE = "application/problem+json"


class NotFound(errors.DebriefError):
    """What is asked for isn't there, or not for this person."""


class Conflict(errors.DebriefError):
    """What is asked for contradicts what was done meanwhile."""


class Changed(errors.DebriefError):
    """It isn't as it was when the caller read it."""


# The first that fits.
_STATUS: tuple[tuple[type[Exception], int], ...] = (
    (Unauthorized, 401),
    (Forbidden, 403),
    (errors.IdentityError, 422),
    (NotFound, 404),
    (NoSuchApp, 404),
    (Conflict, 409),
    (Changed, 412),
    (errors.IndexLocked, 409),
    (TooManyQuestions, 429),
    (TooManyRuns, 429),
    (errors.TooLarge, 413),
    (errors.ParseError, 422),
    (errors.QuestionError, 422),
    (errors.FilterError, 422),
    (errors.AppError, 422),
    (errors.Busy, 503),
    (errors.ActionError, 422),
    (errors.PatternTimeout, 422),
    (errors.DebriefError, 503),
)


class Wrong(BaseModel):
    """One field that is wrong."""

    field: str
    message: str


class Problem(BaseModel):
    """What went wrong, in one sentence with the remedy."""

    type: str = Field(default="about:blank", description="The kind of error; `about:blank`: the status says it all.")
    title: str
    status: int
    detail: str = Field(description="Fact, value and remedy.")
    errors: list[Wrong] = Field(default=[], description="The fields that are wrong.")


def responses(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """What a route may answer instead, for the OpenAPI document."""
    content = {TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {status: {"description": HTTPStatus(status).phrase, "content": content} for status in statuses}


def problem_of(error: Exception) -> Problem:
    """The error as it is told."""
    status = next((status for kind, status in _STATUS if isinstance(error, kind)), 500)
    wrong = [Wrong(field=p.field, message=p.message) for p in error.problems] if isinstance(error, InputsWrong) else []
    told = masked(str(error)) if isinstance(error, errors.DebriefError) else "Something failed here; see the log."
    return Problem(
        type=f"urn:debrief:{type(error).__name__}",
        title=HTTPStatus(status).phrase,
        status=status,
        detail=told,
        errors=wrong,
    )


def invalid(error: RequestValidationError) -> Problem:
    """The fields that aren't as the document has them."""
    found = [
        Wrong(field=".".join(map(str, e["loc"][1:])) or str(e["loc"][0]), message=e["msg"]) for e in error.errors()
    ]
    said = "; ".join(f"{one.field}: {one.message}" for one in found[:3])
    told = f"The request isn't as the document /api/openapi.json has it ({said}); correct it."
    return Problem(title="Unprocessable Content", status=422, detail=told, errors=found[:50])


def sent(problem: Problem, headers: dict[str, str] | None = None) -> JSONResponse:
    """The problem as a response."""
    return JSONResponse(problem.model_dump(), problem.status, headers, media_type=TYPE)


def add_handlers(app: FastAPI, challenge: str) -> None:
    """Has every error answered as a problem.

    Args:
        challenge: What `WWW-Authenticate` says beside a 401.
    """

    async def known(_: Request, error: Exception) -> JSONResponse:
        problem = problem_of(error)
        headers = {"WWW-Authenticate": challenge} if problem.status == 401 else {}
        if problem.status == 429:
            headers["Retry-After"] = "30"
        return sent(problem, headers)

    async def not_as_documented(_: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, RequestValidationError)
        return sent(invalid(error))

    async def http(_: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, HTTPException)
        title = HTTPStatus(error.status_code).phrase
        told = error.detail if error.detail != title else f"{title}; /api/openapi.json lists what there is."
        return sent(Problem(title=title, status=error.status_code, detail=told), dict(error.headers or {}))

    async def database(_: Request, error: Exception) -> JSONResponse:
        log.error("the database failed: %(kind)s", {"kind": type(error).__name__})
        told = "The database can't be used now; see /readyz, and try again in a minute."
        return sent(Problem(title="Service Unavailable", status=503, detail=told))

    async def unknown(_: Request, error: Exception) -> JSONResponse:
        log.error("a request failed: %(kind)s", {"kind": type(error).__name__})
        return sent(problem_of(error))

    app.add_exception_handler(Exception, unknown)
    app.add_exception_handler(errors.DebriefError, known)
    app.add_exception_handler(RequestValidationError, not_as_documented)
    app.add_exception_handler(HTTPException, http)
    app.add_exception_handler(DatabaseError, database)
