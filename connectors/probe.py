"""Tries a source out: signs in, reads one document, and says what it would need."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from itertools import islice
from typing import Protocol, runtime_checkable

from connectors.registry import KINDS, open_source
from core.errors import CredentialError, DebriefError, SettingsError
from core.settings import Settings, SourceSettings
from core.types import Document, DocumentRef, Failure


@runtime_checkable
class Probed(Protocol):
    """What every connector offers besides `Connector`."""

    def first(self) -> Document | Failure | None:
        """Some document, read as a sync would; None if there is none."""
        ...

    def notes(self) -> list[str]:
        """What works less well than it could, and what would help."""
        ...


@dataclass(frozen=True)
class Probe:
    """What came of trying a source out.

    Attributes:
        problem: Empty if all is well; otherwise one sentence.
        credential: For a credential problem, which: invalid, expired or insufficient.
        needs: The permissions that the source needs to be granted.
    """

    source: str
    kind: str
    seconds: float
    title: str = ""
    document_id: str = ""
    size_bytes: int = 0
    allow: tuple[str, ...] = ()
    deny: tuple[str, ...] = ()
    problem: str = ""
    credential: str = ""
    notes: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()


def probe(source: SourceSettings, settings: Settings) -> Probe:
    """Connects to the source and reads one document. A source that fails is an answer, not an error.

    Raises:
        SettingsError: its settings are wrong.
    """
    begin = time.monotonic()
    result = Probe(source.name, source.kind, 0.0, needs=KINDS[source.kind].needs if source.kind in KINDS else ())
    try:
        connector = open_source(source, settings)
        assert isinstance(connector, Probed)
        found = connector.first()
        result = replace(result, notes=tuple(connector.notes()))
    except SettingsError:
        raise
    except DebriefError as error:
        credential = error.problem if isinstance(error, CredentialError) else ""
        result = replace(result, problem=str(error), credential=credential)
    else:
        result = _seen(result, found)
    return replace(result, seconds=round(time.monotonic() - begin, 2))


def first_documents(source: SourceSettings, settings: Settings, limit: int = 20) -> list[DocumentRef]:
    """The first documents that the source shows, with who may read each; nothing is fetched or stored.

    Raises:
        SettingsError: its settings are wrong.
        SourceError: it can't be listed.
    """
    return list(islice(open_source(source, settings).listing(), limit))


def _seen(result: Probe, found: Document | Failure | None) -> Probe:
    """The result with what was read."""
    if found is None:
        problem = "It is reachable but shows no document; check its path or prefix, its patterns and max_age_days."
        return replace(result, problem=problem)
    if isinstance(found, Failure):
        return replace(result, title=found.title, document_id=found.document_id, problem=found.reason)
    notes = result.notes
    if not found.allow:
        notes += ("Nobody may read this document: it has no access list, and the source has no `allow` or `public`.",)
    return replace(
        result,
        title=found.title or found.name,
        document_id=found.id,
        size_bytes=len(found.body),
        allow=tuple(sorted(found.allow)),
        deny=tuple(sorted(found.deny)),
        notes=notes,
    )
