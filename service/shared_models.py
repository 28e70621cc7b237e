"""The shapes of what several people have: shared conversations, and forms that many fill in."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import BaseModel, Field

from service.models import AnswerOut, Sent


class ReadersIn(Sent):
    """People who may read a conversation."""

    people: list[str] = Field(min_length=1, max_length=50, description="Their e-mail addresses.")


class ReadersOut(BaseModel):
    """Everybody who may read a conversation beside its owner."""

    people: list[str]


class SharedOut(BaseModel):
    """A conversation that somebody has shared with the person."""

    id: str
    title: str
    owner: str
    updated_at: datetime


class SharedTurnOut(BaseModel):
    """A question and its answer as the reader may see it now."""

    question: str
    asked_at: datetime
    answer: AnswerOut
    hidden: int = Field(description="So many passages aren't shown, since the reader may not read their documents.")
    withheld: bool = Field(description="Nothing of the answer is shown.")


class SharedWhole(BaseModel):
    """A shared conversation with its turns."""

    id: str
    title: str
    owner: str
    turns: list[SharedTurnOut]


class CollectionIn(Sent):
    """A form to be filled in by many."""

    name: str = Field(min_length=1, max_length=60)
    note: str = Field("", max_length=1_000, description="What those who fill it in should know.")


class CollectionOut(BaseModel):
    """A form that many fill in. `closed_at` is null while it takes answers."""

    name: str
    note: str
    opened_by: str
    opened_at: datetime
    closed_at: datetime | None
    answers: int
    people: int
    sees_all: bool = Field(description="Whether the caller sees everybody's answers, and may close it.")


class CollectedOut(BaseModel):
    """One filled-in form; of a file its name."""

    id: str
    user: str
    submitted_at: datetime
    version: str
    values: dict[str, Any]
