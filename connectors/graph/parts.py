"""A source of several parts (libraries, mailboxes, channels), of which each keeps a state of its own in the cursor."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, Protocol

from connectors.common import read_cursor
from connectors.graph.access import Permissions
from connectors.graph.drive import FOLDER, State
from core.errors import SourceError
from core.types import Batch, Cursor, Document, DocumentRef, Failure

_VERSION = 1


class Part(Protocol):
    """A library, a site's pages, a list, a mailbox, a channel."""

    key: str

    def changes(self, state: State | None) -> Iterator[tuple[Batch, State | None]]:
        """Batches, each with where to resume after it, or None."""
        ...

    def refs(self) -> Iterator[DocumentRef]:
        """Every document with its access list."""
        ...

    def first(self) -> Document | Failure | None:
        """Some document; None if there is none."""
        ...


class PartsConnector:
    """Reads a source part by part."""

    def __init__(self, name: str, permissions: Permissions) -> None:
        self.name = name
        self._permissions = permissions

    def parts(self) -> Iterator[Part | Failure]:
        """The parts; a failure for what can't be read now, of which then nothing counts as gone."""
        raise NotImplementedError

    def changes(self, cursor: Cursor | None) -> Iterator[Batch]:
        """What changed in any part since `cursor`."""
        states, groups = self._read(cursor)
        self._permissions.groups |= groups
        present: set[str] = set()
        for part in self.parts():
            if isinstance(part, Failure):
                # Which parts there are that can't be read now isn't known, so no part counts as gone.
                present |= set(states)
                yield Batch(failures=(part,))
                continue
            present.add(part.key)
            for batch, state in part.changes(states.get(part.key)):
                if state is not None:
                    states[part.key] = state
                yield replace(batch, cursor=self._cursor(states) if state is not None else None)
        deleted: list[str] = []
        for key in sorted(set(states) - present):
            deleted.extend(self._ids_of(states.pop(key)))
        yield Batch(deleted=tuple(deleted), cursor=self._cursor(states))

    def listing(self) -> Iterator[DocumentRef]:
        """Every document with its access list."""
        for part in self.parts():
            if isinstance(part, Failure):
                raise SourceError(part.reason)
            yield from part.refs()

    def first(self) -> Document | Failure | None:
        """The first document of the first part that has one."""
        for part in self.parts():
            found = part if isinstance(part, Failure) else part.first()
            if found is not None:
                return found
        return None

    def _ids_of(self, state: State) -> Iterator[str]:
        """The documents of a part that is no longer there."""
        for entry in read_cursor(state.get("listing"), self.name).entries():
            if entry.content != FOLDER:
                yield f"{self.name}:{entry.key}"

    def _cursor(self, states: Mapping[str, State]) -> Cursor:
        return json.dumps({"v": _VERSION, "parts": states, "groups": sorted(self._permissions.groups)})

    def _read(self, cursor: Cursor | None) -> tuple[dict[str, Any], set[str]]:
        if cursor is None:
            return {}, set()
        try:
            text = json.loads(cursor)
            if text["v"] != _VERSION:
                raise ValueError(f"version {text['v']}")
            return dict(text["parts"]), set(text["groups"])
        except (ValueError, KeyError, TypeError) as error:
            raise SourceError(
                f"The remembered state of the source {self.name} can't be read ({error}); "
                f"run: debrief sync {self.name} --full"
            ) from error
