"""What becomes of a result: the person's queue, a mail to her, a channel of the settings, forms for other systems.

Where it goes stands in the app's file, the settings, and what the person chose: nothing in a document, an event or a
model's words can add a place or change one.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from actions.approvals import Scope, confirmed_if_covered
from actions.connections import EVERYONE
from actions.proposals import Evidence, from_origin
from apps.language import App
from apps.run import OfferedForm
from apps.runner import RunResult
from core.errors import DebriefError, Undelivered, WorkflowError
from core.files import write_atomically
from core.nearest import nearest
from core.outgoing import post_json, send_mail
from core.settings import ChannelSettings
from core.types import User
from workflows.kept import WorkflowRun
from workflows.notices import message
from workflows.parts import Workflows, digest_of

REVIEW, MAIL = "review", "mail"
_MOST_LINES = 200


@dataclass(frozen=True)
class Handover:
    """A result on its way."""

    parts: Workflows
    run: WorkflowRun
    app: App
    person: User
    result: RunResult

    @property
    def subject(self) -> str:
        """What stands above it."""
        subject = next((str(v) for v in self.result.inputs.values() if isinstance(v, str) and v), "")
        return f"{self.app.title}: {subject[:80]}" if subject else self.app.title


def check_places(parts: Workflows, names: Sequence[str], person: User) -> None:
    """Raises WorkflowError: a place isn't there, or isn't open to this person now."""
    for name in names:
        if name == MAIL and parts.settings.workflows.mail is None:
            raise WorkflowError(
                "Results can't be mailed: there is no mail server; set workflows.mail, or leave it out."
            )
        if name not in (REVIEW, MAIL):
            _channel(parts, name, person)


def _channel(parts: Workflows, name: str, person: User) -> ChannelSettings:
    known = parts.settings.workflows.channels
    if name not in known:
        places = [REVIEW, MAIL, *known]
        raise WorkflowError(f"There is no place {name!r} for results; {nearest(name, places, 'places')}")
    groups = known[name].groups
    if EVERYONE not in groups and not set(groups) & set(person.groups):
        raise WorkflowError(
            f"The channel {name} is for {', '.join(groups) or 'nobody yet'}, and {person.email} isn't among them."
        )
    return known[name]


def deliver(handover: Handover, places: Sequence[str], note: Callable[[str], None]) -> None:
    """Hands the result over, wherever it hasn't been yet; `note` is called after each place.

    Raises:
        Undelivered: a place can't be reached.
        WorkflowError: a place isn't there, or not open to the person any more.
    """
    for name in dict.fromkeys(places):
        if name in handover.run.delivered:
            continue
        if name == MAIL:
            _mailed(handover, [handover.person.email])
        elif name != REVIEW:
            _to_channel(handover, name, _channel(handover.parts, name, handover.person))
        note(name)
    if "actions" not in handover.run.delivered:
        propose(handover)
        note("actions")


def _to_channel(handover: Handover, name: str, channel: ChannelSettings) -> None:
    if channel.to:
        _mailed(handover, list(channel.to))
    elif channel.url is not None:
        # Whoever gets it twice, after a silence, can tell by the key.
        problem = post_json(channel.url.get_secret_value(), _told(handover), {"Idempotency-Key": handover.run.id})
        if problem:
            raise Undelivered(f"The channel {name} didn't take the result ({problem}); check workflows.channels.")
    elif channel.folder is not None:
        _filed(handover, handover.parts.settings.path(channel.folder), name)


def _told(handover: Handover) -> dict[str, Any]:
    text = text_of(handover.result)
    return {
        "text": f"{handover.subject}\n\n{text}",  # Slack, Teams and Mattermost show this field.
        "app": handover.app.name,
        "version": handover.app.version,
        "key": handover.run.id,
        "person": handover.person.email,
        "changed": list(handover.run.changed),
    }


def _mailed(handover: Handover, to: list[str]) -> None:
    mail = handover.parts.settings.workflows.mail
    if mail is None:
        raise WorkflowError("Results can't be mailed: there is no mail server; set workflows.mail.")
    made = message(mail, to, handover.subject, text_of(handover.result), handover.run.id)
    _attach(made, handover.result)
    if problem := send_mail(mail, made):
        raise Undelivered(f"The result can't be mailed by {mail.host}:{mail.port} ({problem}); check workflows.mail.")


def _attach(made: EmailMessage, result: RunResult) -> None:
    for output in result.outputs:
        if output.content:
            main, _, sub = (output.media_type or "application/octet-stream").partition("/")
            made.add_attachment(output.content, maintype=main, subtype=sub, filename=output.file_name)


def _filed(handover: Handover, folder: Path, name: str) -> None:
    begun = handover.run.begun_at or handover.run.due_at
    place = folder / handover.app.name / f"{begun:%Y-%m-%d-%H%M}-{handover.run.id[:12]}"
    try:
        place.mkdir(parents=True, exist_ok=True)
        write_atomically(place / "result.md", f"# {handover.subject}\n\n{text_of(handover.result)}\n")
        for output in handover.result.outputs:
            if output.content:
                write_atomically(place / Path(output.file_name).name, output.content)
    except OSError as error:
        raise Undelivered(f"The channel {name} can't be written ({error.strerror}); check its folder.") from error


def propose(handover: Handover) -> None:
    """Opens the forms that the result offers, and sends those that its person has approved beforehand.

    A form that can't be opened, or sent, stays for the person: the result is handed over all the same.
    """
    reviews = handover.parts.reviews
    if reviews is None:
        return
    made = {
        p.form.origin.get("offer")
        for p in from_origin(reviews.engine, handover.person, "workflow_run", handover.run.id)
    }
    for number, offer in enumerate(handover.result.offers):
        for action in reviews.actions.fitting(offer.to, handover.person):
            name = f"{number} {action.id}"
            if name in made:
                continue
            origin = {"run": handover.run.app_run, "offer": name, "workflow_run": handover.run.id}
            form = reviews.propose(action.id, offer.fields, handover.person, _evidence(offer), origin)
            scope = Scope(handover.app.name, handover.app.version, digest_of(handover.app), action.id)
            try:
                confirmed_if_covered(reviews, form, handover.person, scope)
            except DebriefError:
                # Covered and not sendable as it is: it stands in review, with the reason.
                continue


def _evidence(offer: OfferedForm) -> dict[str, tuple[Evidence, ...]]:
    return {
        name: tuple(Evidence(q.quote, q.title, q.locator, q.document_id, q.url) for q in quotes)
        for name, quotes in offer.evidence.items()
    }


def text_of(result: RunResult) -> str:
    """All outputs as one text."""
    several = len(result.outputs) > 1
    return "\n\n".join(f"## {o.title or o.name}\n\n{o.text}" if several else o.text for o in result.outputs).strip()


def changes(before: RunResult | None, now: RunResult) -> tuple[str, ...]:
    """The lines that the result before didn't have, and with "− " those that are gone; none for the first result."""
    if before is None:
        return ()
    old, new = ([" ".join(line.split()) for line in text_of(r).splitlines() if line.strip()] for r in (before, now))
    found: list[str] = []
    for line in difflib.ndiff(old, new):
        if line[0] in "+-":
            found.append(line[2:] if line[0] == "+" else f"− {line[2:]}")
    return tuple(found[:_MOST_LINES])
