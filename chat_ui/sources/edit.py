"""Sources added, tried, changed and paused by an administrator: a form that writes the settings, and no secret."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import streamlit as st
import yaml

from chat_ui.parts import components, session
from chat_ui.sources.syncing import start_sync
from chat_ui.sources.trial import Trial, show_trial, try_source
from core.errors import DebriefError
from core.types import User
from ingestion.documents import schedule_words

if TYPE_CHECKING:
    from connectors.source_edit import SettingsEdit

_ADD = "Add a source"
_SCHEDULES = ("0 5 * * *", "0 * * * *", "*/15 * * * *", "")
_SCHEDULE_WORDS = {"0 * * * *": "every hour", "*/15 * * * *": "every 15 minutes", "": "only by hand"}
_SAID = "source-said"
_SECRET_HELP = "Where the secret is kept, never the secret: ${NAME}, ${file:/run/secrets/…} or ${aws:NAME#key}"


def edit_sources(user: User) -> None:
    """Choose a source, or a new one; then its form."""
    st.header("Add or change a source")
    if said := st.session_state.pop(_SAID, None):
        components.state(*said)
    names = [source.name for source in session.settings().sources]
    # A choice that was made by a click elsewhere, or whose source is gone meanwhile.
    if st.session_state.get("source-chosen") not in (None, _ADD, *names):
        del st.session_state["source-chosen"]
    chosen = st.selectbox(
        "Which", [_ADD, *names], index=None, placeholder="Choose a source, or add one", key="source-chosen", width=320
    )
    if chosen is None:
        st.caption("What you change is written into the settings, checked and tried before, and holds at once.")
        return
    try:
        if chosen == _ADD:
            _add(user)
        else:
            _change(chosen, user)
    except DebriefError as error:
        components.error_state(error)


def _add(user: User) -> None:
    from connectors.registry import KINDS
    from connectors.source_edit import SettingsEdit, added, settings_file

    left, right = st.columns(2)
    with left:
        kind = st.selectbox("Kind", list(KINDS), key="new-kind")
    with right:
        name = st.text_input("Name", placeholder="handbook", key="new-name", help="Small letters, digits, - and _")
    values = _form(kind, {}, f"new-{kind}")
    for need in KINDS[kind].needs:
        st.caption(f"Needs: {components.plain(need)}")
    if not name:
        components.state("A name is missing", "It is the first part of every document's id, and stays.")
        return
    file = session.settings().file
    before = settings_file(file).read()
    text = added(before, file, {"name": name, "kind": kind, **values})
    _try_and_save(SettingsEdit(before, text, "added source", name), user)


def _change(name: str, user: User) -> None:
    from connectors.source_edit import SettingsEdit, changed, settings_file, source_named, written_keys

    file = session.settings().file
    before = settings_file(file).read()
    source = source_named(session.settings(), name)
    _pause(name, source.paused, before, user)
    there = written_keys(before, name)
    values = _form(source.kind, there, f"change-{name}")
    text = changed(before, file, name, values)
    _try_and_save(SettingsEdit(before, text, "changed source", name), user)


def _pause(name: str, paused: bool, before: str, user: User) -> None:
    """The button that leaves a source out of every sync, and takes it in again."""
    words = "It is paused: no sync reads it. What it has brought stays and is found." if paused else ""
    if words:
        components.state("Paused", words, "warning")
    st.button(
        "Resume" if paused else "Pause",
        icon=":material/play_arrow:" if paused else ":material/pause:",
        on_click=_set_paused,
        args=(name, not paused, before, user),
        key=f"pause-{name}",
    )


def _set_paused(name: str, paused: bool, before: str, user: User) -> None:
    from connectors.source_edit import SettingsEdit, changed

    action = "paused source" if paused else "resumed source"
    said = (
        ("Paused", f"No sync reads {name} until you resume it.") if paused else ("Resumed", "The next sync reads it.")
    )

    def edit() -> SettingsEdit:
        text = changed(before, session.settings().file, name, {"paused": paused})
        return SettingsEdit(before, text, action, name)

    _saved(edit, user, said)


def _form(kind: str, there: Mapping[str, Any], key: str) -> dict[str, Any]:
    """The kind's keys, filled in with what is there; the values as they would be written."""
    from connectors.source_edit import asked_keys, parsed_keys

    asked = asked_keys(kind)
    typed: dict[str, str] = {}
    columns = st.columns(2)
    for number, one in enumerate(asked):
        label = f"{one.label}{' (required)' if one.required else ''}"
        with columns[number % 2]:
            typed[one.name] = st.text_input(
                label,
                _written(there.get(one.name)),
                key=f"{key}-{one.name}",
                placeholder="${NAME}" if one.secret else "several by commas" if one.many else "",
                help=_SECRET_HELP if one.secret else f"`{one.name}` in the settings",
            )
    left, right = st.columns(2)
    with left:
        typed["allow"] = st.text_input(
            "Who may read documents without an access list",
            _written(there.get("allow")),
            key=f"{key}-allow",
            placeholder="nobody",
            help="everyone, group:NAME or user:ADDRESS, several by commas; empty closes them",
        )
    with right:
        schedule = _schedule(str(there.get("schedule", _SCHEDULES[0])), str(there.get("time_zone", "UTC")), key)
    more = st.text_area(
        "Further keys, as YAML",
        key=f"{key}-more",
        height=90,
        placeholder="exclude: [drafts/]\nmax_age_days: 900",
        help="docs/connectors.md lists those of each kind",
    )
    values = parsed_keys(kind, typed, more, there)
    if schedule != there.get("schedule", _SCHEDULES[0]):
        values = {**values, "schedule": schedule}
    return values


def _schedule(now: str, zone: str, key: str) -> str:
    options = list(dict.fromkeys([now, *_SCHEDULES]))
    return st.selectbox(
        "Synced",
        options,
        format_func=lambda cron: _SCHEDULE_WORDS.get(cron) or schedule_words(cron, zone),
        key=f"{key}-schedule",
    )


def _written(value: object) -> str:
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value))
    return "" if value is None else str(value)


def _try_and_save(edit: SettingsEdit, user: User) -> None:
    """The test of what the form says, and the button that writes it."""
    trial: Trial | None = st.session_state.get("source-trial")
    if trial is not None and (trial.text, trial.name) != (edit.text, edit.subject):
        trial = None
    with st.container(horizontal=True, vertical_alignment="center"):
        if st.button("Test it", key="source-test", icon=":material/network_check:"):
            with st.spinner("It is asked for its first documents …"):
                trial = st.session_state["source-trial"] = try_source(edit.text, edit.subject, user)
        ready = trial is not None and edit.text != edit.before
        worked = trial is not None and not trial.probe.problem
        st.button(
            "Save it" if worked or not ready else "Save it all the same",
            type="primary",
            disabled=not ready,
            on_click=_save,
            args=(edit, user),
            key="source-save",
        )
        st.checkbox("and sync it now", True, key="source-sync")
    if trial is None:
        st.caption("Test it first; then it can be saved." if edit.text != edit.before else "Nothing is changed yet.")
    else:
        show_trial(trial)


def _save(edit: SettingsEdit, user: User) -> None:
    said = ("Saved", f"{edit.subject} stands in {session.settings().file.name}, and every process goes by it.")
    if _saved(lambda: edit, user, said):
        st.session_state.pop("source-trial", None)
        if st.session_state.get("source-sync"):
            start_sync(edit.subject, user)
        st.session_state["source-chosen"] = None


def _saved(make: Callable[[], SettingsEdit], user: User, said: tuple[str, str]) -> bool:
    """Writes the settings; whether it could, which the page says either way."""
    from connectors.source_edit import save

    try:
        save(session.database(), session.settings().file, make(), user)
    except (DebriefError, yaml.YAMLError) as error:
        st.session_state[_SAID] = ("This can't be saved", str(error), "error")
        return False
    st.session_state[_SAID] = said
    return True
