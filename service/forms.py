"""Forms for other systems as the interfaces show them: to their person, with what that person may read now."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from actions.connections import Action
from actions.form import Problem, prepared, problems
from actions.kinds.kind import Field, Record
from actions.proposals import Evidence, Proposal, shown_to
from core.errors import ActionError
from core.types import User
from service import form_models as m
from service.parts import Parts
from service.problems import NotFound

_JSON: Mapping[str, dict[str, Any]] = {"date": {"format": "date"}, "email": {"format": "email"}}


def action(found: Action, fields: tuple[Field, ...] | None = None) -> m.ActionOut:
    """What the person may have written. Without `fields` those that it has wherever it is set up."""
    shown = [m.ActionFieldOut(**_field(f)) for f in fields or _known_fields(found)]
    return m.ActionOut(id=found.id, kind=found.kind_id, title=found.title, fields=shown)


def schema(found: Action) -> dict[str, Any]:
    """The JSON Schema of the form: nothing is required, since what is missing is the person's to fill in."""
    properties = {f.name: _property(f) for f in _known_fields(found) if not f.read_only}
    return {"type": "object", "properties": properties, "additionalProperties": False}


def own_form(wanted: str, user: User, parts: Parts) -> Proposal:
    """The person's form. Raises NotFound: there is none."""
    try:
        return parts.reviews.proposal(wanted, user)
    except ActionError as error:
        raise NotFound(f"You have no form {wanted[:40]!r}; /api/v1/forms lists yours.") from error


def form(made: Proposal, user: User, parts: Parts) -> m.FormOut:
    """The form with its fields, what is wrong with them, and what they rest on."""
    known, made = parts.reviews.actions.known.get(made.action), shown_to(made, user, parts.readable)
    fields: tuple[Field, ...] = ()
    if known is not None:
        # What is settled needs nothing of the other system to be read.
        fields = known.fields(user) if made.state == "proposed" else _known_fields(known)
    wrong = problems(fields, made.form.values) if made.state == "proposed" else ()
    unready = parts.reviews.unready(known, user) if known is not None and made.state == "proposed" else ()
    return m.FormOut(
        id=made.id, action=made.action, title=known.title if known else made.action, state=made.state,
        mark=made.fingerprint, made_at=made.made_at, record=_record(made.record),
        problem=next((p.message for p in unready), made.problem),
        fields=[_filled(f, made, wrong) for f in fields], review=address(made.id, parts),
    )  # fmt: skip


def listed(made: Proposal, parts: Parts) -> m.FormListed:
    """The form's line in a list."""
    return m.FormListed(
        id=made.id, action=made.action, state=made.state, made_at=made.made_at, problem=made.problem,
        record=_record(made.record), review=address(made.id, parts),
    )  # fmt: skip


def address(wanted: str, parts: Parts) -> str:
    """The page on which the person reviews a form; without `api.url` from the pages' root on."""
    return f"{parts.settings.api.url.rstrip('/')}/actions?form={wanted}"


def _known_fields(found: Action) -> tuple[Field, ...]:
    """The form's fields without asking the system what it allows now."""
    settings = found.connection.settings
    return prepared(found.operation.fields, {}, settings.preset, settings.fixed)


def _filled(field: Field, made: Proposal, wrong: tuple[Problem, ...]) -> m.FormFieldOut:
    return m.FormFieldOut(
        **_field(field),
        value=made.form.values.get(field.name, ""),
        before=made.form.before.get(field.name),
        evidence=[_quote(e) for e in made.form.evidence.get(field.name, ())],
        problem=next((p.message for p in wrong if p.field == field.name), ""),
    )


def _field(field: Field) -> dict[str, Any]:
    return {
        "name": field.name, "label": field.label, "type": field.type, "required": field.required,
        "read_only": field.read_only, "addressee": field.addressee, "max_chars": field.max_chars, "help": field.help,
        "choices": [m.ChoiceOut(value=c.value, label=c.label or c.value) for c in field.choices],
    }  # fmt: skip


def _property(field: Field) -> dict[str, Any]:
    told = " ".join(filter(None, (field.label + ".", field.help, "" if field.required else "Optional.")))
    found = {"type": "string", "maxLength": field.max_chars, "description": told, **_JSON.get(field.type, {})}
    return {**found, **({"enum": [c.value for c in field.choices]} if field.choices else {})}


def _quote(evidence: Evidence) -> m.QuoteOut:
    return m.QuoteOut(
        quote=evidence.quote, title=evidence.title, locator=evidence.locator, document=evidence.document_id,
        url=evidence.url,
    )  # fmt: skip


def _record(record: Record | None) -> m.RecordOut | None:
    return m.RecordOut(id=record.id, link=record.link, title=record.title) if record is not None else None
