"""The form that switches a trigger on: its inputs, where results go besides the queue, for whom."""

from __future__ import annotations

import streamlit as st

from apps.language import App
from apps.language.triggers import Trigger
from apps.run.inputs import shown
from chat_ui.parts import components, session
from core.errors import DebriefError
from core.types import User
from workflows.overview import offered_triggers
from workflows.parts import Workflows
from workflows.switching import Switch, switch_on

_SECRET = "workflow-secret"


def switch_form(parts: Workflows, user: User) -> None:
    """Draws the form; nothing where the person's apps have no trigger that isn't on."""
    if made := st.session_state.pop(_SECRET, None):
        components.state(
            "It is on", f"POST JSON to /api/v1/hooks/{made[0]}, signed with this secret. It isn't shown again."
        )
        st.code(made[1], language=None)
    offered = {one["name"]: one for one in offered_triggers(parts, user)}
    if not offered:
        return
    st.header("Switch on")
    title = "Choose what is to run by itself"
    name = st.selectbox(
        "Trigger", list(offered), None, format_func=lambda n: offered[n]["title"], key="trigger", placeholder=title
    )
    if name is None:
        return
    app = parts.app(offered[name]["app"], user)
    trigger = parts.trigger(app, offered[name]["trigger"])
    with st.form(f"switch-on-{name}"):
        inputs = _inputs(app, trigger, name)
        places = [*(["mail"] if parts.settings.workflows.mail else []), *parts.settings.workflows.channels]
        to = st.multiselect("Results also go to", places, key=f"places-{name}") if places else []
        zone = st.text_input("Time zone", placeholder=trigger.time_zone or parts.settings.workflows.time_zone,
                             key=f"zone-{name}") if trigger.schedule else ""  # fmt: skip
        group = st.text_input("For each member of the group", key=f"group-{name}") if session.is_admin(user) else ""
        if not st.form_submit_button("Switch on", type="primary"):
            return
    try:
        chosen = Switch({k: v for k, v in inputs.items() if v}, to, "", zone, group)
        made, secret = switch_on(parts, app.name, trigger.name, user, chosen)
    except DebriefError as error:
        components.error_state(error)
        return
    if secret:
        st.session_state[_SECRET] = (made.id, secret)
    st.rerun()


def _inputs(app: App, trigger: Trigger, name: str) -> dict[str, str]:
    """Input → what is put in: those that the trigger doesn't fill in, and that aren't files."""
    open_inputs = [i for i in app.inputs if i.name not in trigger.inputs and i.type not in ("file", "files")]
    return {
        i.name: st.text_input(
            shown(i) + (" *" if i.required and i.default is None else ""), key=f"input-{name}-{i.name}"
        )
        for i in open_inputs
    }
