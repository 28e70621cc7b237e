"""The settings' `actions:` → what each person may do: an action is one operation of one configured system."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

from actions.accounts.accounts import Accounts
from actions.accounts.place import Place, place_of
from actions.form import prepared
from actions.kinds import KINDS
from actions.kinds.kind import ActionKind, Choice, Field, KindSettings, Operation
from actions.tokens import PersonToken
from core.database import Engine
from core.errors import ActionError, NotConnected, SettingsError, Unsure
from core.nearest import nearest
from core.sealed import check_key
from core.settings import ActionSettings, Settings, validate
from core.types import User

EVERYONE = "everyone"
_MOST_CLIENTS = 64


def unexpected(name: str, error: Exception) -> Unsure:
    """What to say of a system whose answer has another form than its interface promises."""
    return Unsure(f"{name} answers in an unexpected form ({type(error).__name__}: {error}); check its url and version.")


@dataclass(frozen=True)
class Connection:
    """One configured system; its clients are opened when they are first needed.

    Attributes:
        place: Where its people sign in as themselves; None where one account writes for all.
        accounts: Who has signed in.
    """

    settings: KindSettings
    kind: ActionKind
    place: Place | None = None
    accounts: Accounts | None = None

    def client_of(self, user: User) -> Any:
        """What the kind's operations speak through for this person."""
        return self._client if self.place is None else self._own_client(user.email.lower())

    def why_not(self, user: User) -> str:
        """Why nothing can be asked or written there as this person, with the remedy; empty when it can."""
        if self.place is None:
            return ""
        if self.accounts is None:
            return f"Sign-ins to {self.place.title} aren't kept here; open the forms with a database."
        return self.accounts.why_not(self.place, user)

    @cached_property
    def _client(self) -> Any:
        return self.kind.open(self.settings)

    @cached_property
    def _own_client(self) -> Callable[[str], Any]:
        def opened(email: str) -> Any:
            def bearer(refused: str) -> str:
                if self.accounts is None or self.place is None:
                    raise NotConnected(self.why_not(User(email)))
                return self.accounts.bearer(self.place, User(email), refused)

            return self.kind.open(self.settings, PersonToken(self.settings.name, bearer))

        return lru_cache(_MOST_CLIENTS)(opened)

    def open_to(self, user: User) -> bool:
        """Whether the person is in one of its groups; without groups nobody is."""
        return EVERYONE in self.settings.groups or bool(set(self.settings.groups) & set(user.groups))


@dataclass(frozen=True)
class Action:
    """One operation of one system, under the id NAME.OPERATION."""

    connection: Connection
    operation: Operation

    @property
    def id(self) -> str:
        """How settings, apps and commands call it here."""
        return f"{self.connection.settings.name}.{self.operation.name}"

    @property
    def kind_id(self) -> str:
        """How an app calls it that doesn't know this company's systems: KIND.OPERATION."""
        return f"{self.connection.kind.name}.{self.operation.name}"

    @property
    def title(self) -> str:
        """What a person reads on its button."""
        own = self.connection.settings.title
        return f"{self.operation.title} ({own})" if own else self.operation.title

    def fields(self, user: User) -> tuple[Field, ...]:
        """The form's fields with the values that the live system allows the person; without where they can't ask it.

        Raises:
            Refused, Busy: the system doesn't tell.
        """
        live: Mapping[str, Iterable[Choice]] = {}
        if self.operation.choices is not None:
            try:
                live = self.operation.choices(self.connection.client_of(user))
            except NotConnected:
                pass  # the form is kept, and says that they have to connect
            except (LookupError, TypeError, ValueError) as error:
                raise unexpected(self.connection.settings.name, error) from error
        settings = self.connection.settings
        return prepared(self.operation.fields, {k: tuple(v) for k, v in live.items()}, settings.preset, settings.fixed)


@dataclass(frozen=True)
class Actions:
    """All actions of this installation, by id."""

    known: Mapping[str, Action] = field(default_factory=dict)
    systems: Mapping[str, Connection] = field(default_factory=dict)

    def of(self, user: User) -> dict[str, Action]:
        """Those that the person may use."""
        return {name: a for name, a in self.known.items() if a.connection.open_to(user)}

    def systems_of(self, user: User) -> dict[str, Connection]:
        """The systems that the person may look things up in, by name; some have nothing to write."""
        return {name: c for name, c in self.systems.items() if c.open_to(user)}

    def places_of(self, user: User) -> dict[str, Place]:
        """The systems at which the person may sign in as themselves, by name."""
        return {name: c.place for name, c in self.systems_of(user).items() if c.place is not None}

    def named(self, wanted: str, user: User) -> Action:
        """The person's action of this id. Raises ActionError: there is none, or it isn't for them."""
        action = self.known.get(wanted)
        if action is None:
            raise ActionError(f"There is no action {wanted!r}; {nearest(wanted, list(self.of(user)), 'your actions')}")
        if not action.connection.open_to(user):
            groups = ", ".join(action.connection.settings.groups) or "nobody yet"
            raise ActionError(f"{wanted} is for {groups}, and {user.email} isn't among them; ask an administrator.")
        return action

    def fitting(self, wanted: str, user: User) -> list[Action]:
        """The person's actions that an app means by NAME.OPERATION or KIND.OPERATION."""
        return [a for a in self.of(user).values() if wanted in (a.id, a.kind_id)]


def open_actions(settings: Settings, engine: Engine | None = None) -> Actions:
    """The actions of the settings; with a database also those as people themselves.

    Raises:
        SettingsError: an entry is wrong.
    """
    found: dict[str, Action] = {}
    systems: dict[str, Connection] = {}
    accounts = Accounts(settings, engine) if engine is not None else None
    for number, entry in enumerate(settings.actions):
        connection = connection_of(entry, settings, number, accounts)
        if entry.name in systems:
            raise SettingsError(f"{settings.file}: actions: the name {entry.name!r} stands twice; rename one.")
        systems[entry.name] = connection
        for operation in _offered(connection, settings):
            action = Action(connection, operation)
            found[action.id] = action
    return Actions(found, systems)


def connection_of(entry: ActionSettings, settings: Settings, number: int, accounts: Accounts | None) -> Connection:
    """The system of an entry. Raises SettingsError: the entry is wrong, or people's sign-ins can't be kept."""
    kind = KINDS.get(entry.kind)
    if kind is None:
        raise SettingsError(
            f"{settings.file}: actions[{number}].kind is {entry.kind!r}; {nearest(entry.kind, list(KINDS), 'kinds')}"
        )
    own = own_settings(entry, settings, number)
    place = place_of(kind, own, settings.file)
    if place is not None:
        check_key(settings)
    return Connection(own, kind, place, accounts)


def own_settings(entry: ActionSettings, settings: Settings, number: int) -> KindSettings:
    """An entry with the keys of its kind. Raises SettingsError: a key is wrong."""
    told = entry.model_dump()
    if isinstance(told.get("document"), str):
        told["document"] = settings.path(Path(told["document"]))
    return validate(KINDS[entry.kind].settings, told, settings.file, f"actions[{number}].")


def _offered(connection: Connection, settings: Settings) -> list[Operation]:
    kind, own = connection.kind, connection.settings
    operations = kind.operations if kind.offers is None else kind.offers(own, settings.path)
    names = [operation.name for operation in operations]
    for name in own.operations if kind.offers is None else ():
        if name not in names:
            raise SettingsError(f"{settings.file}: {own.name} offers no {name!r}; {nearest(name, names, 'operations')}")
    fields = {f.name for operation in operations for f in operation.fields}
    for name in (*own.preset, *own.fixed):
        if name not in fields:
            raise SettingsError(
                f"{settings.file}: {own.name} has no field {name!r}; {nearest(name, sorted(fields), 'fields')}"
            )
    if kind.offers is not None:
        return list(operations)
    return [operation for operation in operations if not own.operations or operation.name in own.operations]
