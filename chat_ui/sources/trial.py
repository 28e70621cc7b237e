"""A source tried out before it is saved: whether it can be read, its first documents, and who may read each."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING

from chat_ui.parts import components, session
from chat_ui.parts.principals import principals_html
from core import audit
from core.errors import DebriefError
from core.types import DocumentRef, User

if TYPE_CHECKING:
    from connectors.probe import Probe

FIRST = 20


@dataclass(frozen=True, slots=True)
class Trial:
    """What came of it.

    Attributes:
        text: The settings that were tried.
        documents: The first that the source shows.
        problem: Why they couldn't be listed, though one could be read.
    """

    text: str
    name: str
    probe: Probe
    documents: tuple[DocumentRef, ...] = ()
    problem: str = ""


def try_source(text: str, name: str, user: User) -> Trial:
    """Asks the source that stands under this name in the settings' text; the attempt is in the audit trail."""
    from connectors.probe import first_documents, probe
    from connectors.source_edit import checked, source_named

    settings = checked(text, session.settings().file)
    source = source_named(settings, name)
    found = probe(source, settings)
    audit.record(session.database(), user, "tested source", name, found.problem)
    if found.problem:
        return Trial(text, name, found)
    try:
        return Trial(text, name, found, tuple(first_documents(source, settings, FIRST)))
    except DebriefError as error:
        return Trial(text, name, found, problem=str(error))


def show_trial(trial: Trial) -> None:
    """What came of it, and what helps."""
    found = trial.probe
    if found.problem:
        components.state("It can't be read", found.problem, "error", [f"It needs: {need}" for need in found.needs])
        return
    components.state(
        f"It can be read, in {found.seconds:.1f} s",
        f"Its first document is {found.title}, {found.size_bytes:,} bytes.",
        items=found.notes,
    )
    if trial.problem:
        components.state("Its documents can't be listed", trial.problem, "error")
        return
    rows = [
        [escape(document.id.partition(":")[2] or document.id), _people(document.allow), _people(document.deny, "–")]
        for document in trial.documents
    ]
    components.table(["First documents", "May read", "May not"], rows, label="First documents")


def _people(principals: Iterable[str], nobody: str = "nobody") -> str:
    return principals_html(principals) or nobody
