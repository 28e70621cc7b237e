"""An app's inputs as a form, on its own page and in a conversation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from types import MappingProxyType
from typing import Any

import streamlit as st

from apps.accounts.documents import candidates
from apps.language import App, AppFile, Input
from apps.run import Context, Problem
from apps.run.inputs import shown
from chat_ui.parts import session
from chat_ui.parts.attachments import Upload
from chat_ui.parts.customers import customers_for
from chat_ui.parts.filter_bar import ask_for_customer
from core.errors import AppError
from core.text.languages import LANGUAGES
from core.types import Chunk, User

# So many documents are offered, the newest; any other can be named on the command line.
_MOST_DOCUMENTS = 500


def app_form(
    app: App,
    user: User,
    key: str,
    given: Mapping[str, Any] | None = None,
    problems: Sequence[Problem] = (),
    *,
    action: str = "Run",
) -> dict[str, Any] | None:
    """Draws the form; what was put in when it was just sent, None otherwise. Files are parsed by then.

    Args:
        key: Unique on the page.
        given: Values that are known already.
        problems: What was wrong with the last attempt; each is shown beside its field.
        action: What the button says.

    Raises:
        ParseError: a file can't be read.
    """
    raw: dict[str, Any] = {}
    depended_on = {item.customer for item in app.inputs if item.customer}
    # What the choice of a document depends on stands above the form, so that a change is seen at once.
    for item in app.inputs:
        if item.name in depended_on:
            raw[item.name] = _field(item, user, f"{key}-{item.name}", (given or {}).get(item.name, item.default))
    fields = [item for item in app.inputs if item.name not in depended_on]
    values = fields_form(fields, user, key, given, problems, action=action, above=raw)
    return None if values is None else {**raw, **values}


def fields_form(
    fields: Sequence[Input],
    user: User,
    key: str,
    given: Mapping[str, Any] | None = None,
    problems: Sequence[Problem] = (),
    *,
    action: str = "Run",
    above: Mapping[str, Any] | None = None,
) -> dict[str, Any] | None:
    """As `app_form`, for fields of any form. `above` is what was put in before it."""
    known = given or {}
    wrong = {problem.field: problem.message for problem in problems}
    raw: dict[str, Any] = {}
    with st.form(key, border=True):
        for item in fields:
            value = known.get(item.name, item.default)
            raw[item.name] = _field(item, user, f"{key}-{item.name}", value, above or {})
            if item.name in wrong:
                st.html(f'<div class="field-problem" role="alert">{escape(wrong[item.name])}</div>')
        if not st.form_submit_button(action, type="primary", icon=":material/play_arrow:"):
            return None
    return {item.name: _value(item, raw[item.name], known.get(item.name)) for item in fields}


def parsed_file(upload: Upload) -> AppFile:
    """An uploaded file as a run takes it. Raises ParseError."""
    return AppFile(upload.name, session.parser().parse(upload.getvalue(), upload.name, upload.type))


def _field(item: Input, user: User, key: str, value: Any, above: Mapping[str, Any] = MappingProxyType({})) -> Any:
    label = shown(item) + ("" if item.required else " (optional)")
    text = "" if value is None or isinstance(value, AppFile | list | tuple) else str(value)
    match item.type:
        case "long_text":
            return st.text_area(label, text, key=key, help=item.help or None, max_chars=item.max_chars, height=160)
        case "choice":
            index = item.choices.index(text) if text in item.choices else None
            return st.selectbox(label, item.choices, index=index, key=key, help=item.help or None)
        case "multi_choice":
            first = [v for v in value or () if v in item.choices] if isinstance(value, list | tuple) else []
            return st.multiselect(label, item.choices, first, key=key, help=item.help or None)
        case "language":
            codes = item.choices or tuple(LANGUAGES)
            index = codes.index(text) if text in codes else None
            return st.selectbox(
                label, codes, index=index, key=key, help=item.help or None, format_func=lambda c: LANGUAGES.get(c, c)
            )
        case "date":
            return st.date_input(label, text or None, key=key, help=item.help or None, format="YYYY-MM-DD")
        case "number":
            return st.number_input(
                label,
                min_value=item.min,
                max_value=item.max,
                value=float(text) if text else None,
                key=key,
                help=item.help or None,
            )
        case "account":
            customers = customers_for(user)
            names = [text, *(c for c in customers if c != text)] if text else customers
            return st.selectbox(
                label,
                names,
                index=0 if text else None,
                key=key,
                help=item.help or None,
                accept_new_options=True,
                placeholder=ask_for_customer(customers),
            )
        case "document" | "documents":
            return _document(item, user, f"{key}-{above.get(item.customer) or ''}", label, above)
        case "file" | "files":
            attached = value.name if isinstance(value, AppFile) else ""
            return st.file_uploader(
                f"{label}: {attached} is used unless another is chosen" if attached else label,
                type=[kind.lstrip(".") for kind in item.accept] or None,
                accept_multiple_files=item.type == "files",
                key=key,
                help=item.help or None,
            )
        case _:
            return st.text_input(label, text, key=key, help=item.help or None, max_chars=item.max_chars)


def _document(item: Input, user: User, key: str, label: str, above: Mapping[str, Any]) -> Any:
    """The ids of the chosen documents; the newest are chosen already where the app says so."""
    try:
        found = candidates(item, above, Context(user, session.tools()))
    except AppError as error:
        # A customer that nothing is indexed of yet; the run says it, too.
        st.caption(str(error))
        found = []
    titles = {chunk.document_id: f"{chunk.title}{_day(chunk)}" for chunk in found[:_MOST_DOCUMENTS]}
    first = list(titles)[: item.latest]
    if item.type == "documents":
        return st.multiselect(
            label, list(titles), first, key=key, help=item.help or None, format_func=titles.__getitem__
        )
    index = 0 if first else None
    return st.selectbox(
        label, list(titles), index=index, key=key, help=item.help or None, format_func=titles.__getitem__
    )


def _day(chunk: Chunk) -> str:
    day = str(chunk.metadata.get("updated_at") or "")[:10]
    return f" · {day}" if day and day not in chunk.title else ""


def _value(item: Input, raw: Any, known: Any) -> Any:
    if item.type == "file":
        return known if raw is None else parsed_file(raw)
    if item.type == "files":
        return [parsed_file(upload) for upload in raw] or known
    return raw
