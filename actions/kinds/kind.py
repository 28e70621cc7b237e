"""What a kind of system is: its settings, and the operations that it offers, each with the fields of its form.

A kind is one module that ends with `KIND = ActionKind(…)` and one line in `actions/kinds/__init__.py`; the contract
suite in tests/actions picks it up from there.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeVar
from urllib.parse import urlsplit

from pydantic import ConfigDict, field_validator

from core.settings import ActionSettings
from core.types import User

FieldType = Literal["text", "long_text", "choice", "date", "number", "email"]
Values = Mapping[str, str]
Client = TypeVar("Client")
_LOOPBACK = ("127.0.0.1", "localhost", "::1")


class KindSettings(ActionSettings):
    """The settings of a system once its kind is known: closed to keys that the kind doesn't have."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class WebSettings(KindSettings):
    """The settings of a system with an address."""

    url: str

    @field_validator("url")
    @classmethod
    def _is_safe(cls, url: str) -> str:
        parts = urlsplit(url)
        if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in _LOOPBACK):
            raise ValueError("write an address that begins with https://")
        return url.rstrip("/")


@dataclass(frozen=True, slots=True)
class Choice:
    """One allowed value, and how people read it."""

    value: str
    label: str = ""


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a form. Every value is a text; days are ISO 8601.

    Attributes:
        addressee: Whether it says whom or what the record reaches: always shown, with where it came from.
        about: Whether it names the record that is changed or added to.
    """

    name: str
    label: str
    type: FieldType = "text"
    required: bool = True
    read_only: bool = False
    choices: tuple[Choice, ...] = ()
    max_chars: int = 255
    help: str = ""
    addressee: bool = False
    about: bool = False
    pattern: str = ""


@dataclass(frozen=True, slots=True)
class Record:
    """What stands in the other system: its id there, and the address under which a person opens it."""

    id: str
    link: str = ""
    title: str = ""


@dataclass(frozen=True, slots=True)
class Draft:
    """What is to be written: the confirmed values, by whom, and the key under which it is found again.

    Attributes:
        begun_at: When it was first sent, in epoch seconds: no older record can be it.
    """

    key: str
    values: Values
    person: User
    begun_at: float = 0.0

    @property
    def reference(self) -> str:
        """The mark that stands in the record, for systems that keep no key."""
        return f"debrief-{self.key[:16]}"

    @property
    def signature(self) -> str:
        """Who wrote it, for systems where a service account does."""
        named = self.person.name or self.person.email
        return f"{named} ({self.person.email}) through Debrief, {self.reference}"

    def signed(self, name: str) -> str:
        """A value with the signature below it."""
        return f"{self.values.get(name, '')}\n\n— {self.signature}".lstrip("\n")


@dataclass(frozen=True)
class Operation:
    """One thing that can be done in a system.

    Attributes:
        words: What people call it, in lower case, for "open a Jira ticket for this".
        write: Sends it once. Raises Refused, Busy or Unsure.
        find: The record of a draft that may have been written; without it a silence is for a person to settle.
        repeatable: Writing it twice is the same as writing it once, so that it needs no look-up.
        before: The record as it is, for the fields that the draft changes, and what else to know of it.
        choices: Field → the values that the live system allows.
        undo: Takes the record back.
        title_field, text_field: Where a conversation's question and answer go.
    """

    name: str
    title: str
    words: tuple[str, ...]
    fields: tuple[Field, ...]
    write: Callable[[Any, Draft], Record]
    find: Callable[[Any, Draft], Record | None] | None = None
    repeatable: bool = False
    before: Callable[[Any, Values], Values] | None = None
    choices: Callable[[Any], Mapping[str, Sequence[Choice]]] | None = None
    undo: Callable[[Any, Record], None] | None = None
    title_field: str = ""
    text_field: str = ""


@dataclass(frozen=True)
class Lookup:
    """A read operation: records that contain the words, the newest first."""

    name: str
    title: str
    run: Callable[[Any, str], Sequence[Record]]


@dataclass(frozen=True)
class ActionKind:
    """One kind of system. `open` gives the client that its operations get.

    Attributes:
        offers: The operations of one system of this kind, where they stand in a file of its own.
    """

    name: str
    title: str
    settings: type[KindSettings]
    open: Callable[[Any], Any]
    operations: tuple[Operation, ...]
    lookups: tuple[Lookup, ...] = ()
    offers: Callable[[Any, Callable[[Path], Path]], tuple[Operation, ...]] | None = None
