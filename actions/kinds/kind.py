"""What a kind of system is: its settings, and the operations that it offers, each with the fields of its form.

A kind is one module that ends with `KIND = ActionKind(…)` and one line in `actions/kinds/__init__.py`; the contract
suite in tests/actions picks it up from there.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, TypeVar
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, SecretStr, field_validator
from pydantic import Field as Key

from core.settings import ActionSettings
from core.types import User

FieldType = Literal["text", "long_text", "choice", "date", "number", "email"]
Values = Mapping[str, str]
Client = TypeVar("Client")
_LOOPBACK = ("127.0.0.1", "localhost", "::1")


def safe_address(url: str) -> str:
    """The address without a slash at its end. Raises ValueError: what is sent there could be read on the way."""
    parts = urlsplit(url)
    if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in _LOOPBACK):
        raise ValueError("write an address that begins with https://")
    return url.rstrip("/")


class OAuthSettings(BaseModel):
    """Our application at a system's authorisation server, through which each person signs in as themselves (PKCE).

    Attributes:
        client_secret: Write it as ${NAME}; a public application has none.
        client_auth: How the application names itself: in the request's body, or by HTTP Basic.
        authorize_url, token_url, revoke_url, scopes, parameters: What isn't as the kind has it.
        issuer: The server's own name (RFC 9207), where it sends one with its answers; another one is refused.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    client_id: str = Key(min_length=1)
    client_secret: SecretStr | None = None
    client_auth: Literal["post", "basic"] = "post"
    authorize_url: str = ""
    token_url: str = ""
    revoke_url: str = ""
    scopes: tuple[str, ...] = ()
    parameters: dict[str, str] = Key(default_factory=dict)
    issuer: str = ""

    @field_validator("authorize_url", "token_url", "revoke_url")
    @classmethod
    def _is_safe(cls, url: str) -> str:
        return safe_address(url) if url else ""


class KindSettings(ActionSettings):
    """The settings of a system once its kind is known: closed to keys that the kind doesn't have.

    Attributes:
        oauth: Each person signs in to the system as themselves, in place of one account for all.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    oauth: OAuthSettings | None = None


class WebSettings(KindSettings):
    """The settings of a system with an address."""

    url: str

    @field_validator("url")
    @classmethod
    def _is_safe(cls, url: str) -> str:
        return safe_address(url)


@dataclass(frozen=True, slots=True)
class SignIn:
    """Where the people of a system sign in as themselves, and what they are asked to permit.

    Attributes:
        revoke_url: Where a sign-in is ended (RFC 7009); empty where the system has no such address.
        parameters: What else its authorisation server wants to be told.
    """

    authorize_url: str = ""
    token_url: str = ""
    revoke_url: str = ""
    scopes: tuple[str, ...] = ()
    parameters: Mapping[str, str] = field(default_factory=dict)


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
        words: What people call it, in lower case, for "open a Jira ticket for this"; other languages' words stand in
            assistant/orders.
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
        open: Settings → client; for a person who signs in as themselves, settings and what signs their requests.
        offers: The operations of one system of this kind, where they stand in a file of its own.
        account: The keys of the one account for all, needed unless people sign in as themselves.
        sign_in: Settings → where people sign in as themselves; None where the system knows no such thing.
    """

    name: str
    title: str
    settings: type[KindSettings]
    open: Callable[..., Any]
    operations: tuple[Operation, ...]
    lookups: tuple[Lookup, ...] = ()
    offers: Callable[[Any, Callable[[Path], Path]], tuple[Operation, ...]] | None = None
    account: tuple[str, ...] = ()
    sign_in: Callable[[Any], SignIn] | None = None
