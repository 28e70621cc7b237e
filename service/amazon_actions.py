"""Amazon Q Business' action reviews: a form that a question has filled in, and its confirmation with what was read.

Their plugin's id is here the form's own: what is confirmed is one form, once, with the values that come with it.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from core.errors import QuestionError
from core.types import Answer, User
from service import form_models as m
from service import forms
from service.parts import Parts

# Our kinds of systems as they name them; what they don't know is theirs to call custom.
_PLUGINS = {
    "jira": "JIRA_CLOUD", "salesforce": "SALESFORCE_CRM", "smartsheet": "SMARTSHEET", "pagerduty": "PAGERDUTY_ADVANCE",
    "servicenow": "SERVICENOW_NOW_PLATFORM", "confluence": "ATLASSIAN_CONFLUENCE",
}  # fmt: skip


def review(form: str, user: User, parts: Parts) -> dict[str, Any]:
    """The person's form as an `actionReview`."""
    shown = forms.form(forms.own_form(form, user, parts), user, parts)
    known = parts.reviews.actions.known.get(shown.action)
    kind = known.kind_id.partition(".")[0] if known is not None else ""
    return {
        "pluginId": str(uuid.UUID(shown.id)),
        "pluginType": _PLUGINS.get(kind, "CUSTOM"),
        "payloadFieldNameSeparator": ".",
        "payload": {field.name: _field(field, order) for order, field in enumerate(shown.fields)},
    }


def confirmed(plugin: str, values: Mapping[str, Any], user: User, parts: Parts) -> tuple[str, Answer]:
    """(The form's title, what became of it) after it was sent with these values; a field without one is empty.

    Raises:
        NotFound: the person has no such form.
        QuestionError, ActionError: a value is none, the form lacks something, or isn't under review any more.
    """
    if wrong := [name for name, value in values.items() if not isinstance(value, str | int | float)]:
        raise QuestionError(f"The field {wrong[0][:60]!r} needs a text or a number; correct it.")
    made = forms.own_form(plugin.replace("-", ""), user, parts)
    before = forms.form(made, user, parts)
    if made.state == "proposed":
        open_fields = {f.name: values.get(f.name, "") for f in before.fields if not f.read_only}
        unknown = {name: value for name, value in values.items() if name not in {f.name for f in before.fields}}
        made = parts.reviews.edit(made.id, {**open_fields, **unknown}, user)
    done = forms.form(parts.reviews.confirm(made.id, user, made.fingerprint), user, parts)
    record = f"{done.record.title or done.record.id} {done.record.link}".rstrip() if done.record is not None else ""
    text = f"{done.title}: {record}" if record else f"{done.title} is {done.state}. {done.problem}".rstrip()
    return done.title, Answer(text, outcome="answered", route="action", query=done.id)


def _field(field: m.FormFieldOut, order: int) -> dict[str, Any]:
    choices = field.choices or ([m.ChoiceOut(value=field.value, label=field.value)] if field.read_only else [])
    return {
        "displayName": field.label, "displayOrder": order, "type": "STRING",
        "displayDescription": field.problem or field.help or field.label,
        "value": field.value, "required": field.required,
        "allowedValues": [{"value": c.value, "displayValue": c.label} for c in choices],
    }  # fmt: skip
