"""What is approved beforehand: the person's approvals, each revocable, and the form for another one."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from html import escape

import streamlit as st

from actions.approvals import Terms
from actions.connections import Action
from chat_ui.parts import components, session
from core.errors import DebriefError
from core.types import User
from workflows.approving import approve_app, listed, revoke_approval
from workflows.parts import Workflows

_KINDS = {"valid": "good", "expired": "warn", "outdated": "warn", "revoked": ""}


def standing_approvals(parts: Workflows, user: User) -> None:
    """Draws them, and the form."""
    st.header("Approved beforehand")
    st.caption("Forms of your own workflows that are sent without being looked at. Everything else waits for you.")
    for row in listed(parts, user):
        with st.container(border=True, horizontal=True, vertical_alignment="center", key=f"approval-{row['id']}"):
            badge = components.badge(row["state"], _KINDS[row["state"]])  # type: ignore[arg-type]
            title = escape(f"{session.app_title(row['app'], user)} {row['version']} → {row['title']}")
            st.html(f'<div class="title">{title} {badge}</div><div class="place">{escape(row["labelled"])}</div>')
            if row["state"] in ("valid", "outdated"):
                revoke = (parts, user, row["id"])
                st.button("Revoke", key=f"revoke-{row['id']}", on_click=_revoke, args=revoke)
    _form(parts, user)


def _revoke(parts: Workflows, user: User, approval: str) -> None:
    revoke_approval(parts, user, approval)


def _form(parts: Workflows, user: User) -> None:
    choices = _choices(parts, user)
    if not choices:
        return
    with st.expander("Approve a form beforehand"):
        name = st.selectbox("App and form", list(choices), key="approve-what")
        app, action = choices[name]
        with st.form(f"approve-{name}"):
            st.caption("Values that a field may have, one a line; or tick it to let it have any.")
            fixed: dict[str, tuple[str, ...]] = {}
            vary: list[str] = []
            for field in action.operation.fields:
                told = st.text_area(field.label, key=f"fixed-{name}-{field.name}", height=68)
                if lines := tuple(line.strip() for line in told.splitlines() if line.strip()):
                    fixed[field.name] = lines
                if not (field.addressee or field.about) and st.checkbox(
                    f"{field.label} may have any value", key=f"vary-{name}-{field.name}"
                ):
                    vary.append(field.name)
            until = st.date_input("Until", date.today() + timedelta(days=90), key=f"until-{name}")
            if not st.form_submit_button("Approve", type="primary"):
                return
        try:
            end = datetime.combine(until, time(23, 59, 59), UTC)
            approve_app(parts, user, app, action.id, Terms(fixed, vary, end))
        except DebriefError as error:
            components.error_state(error)
            return
        st.rerun()


def _choices(parts: Workflows, user: User) -> dict[str, tuple[str, Action]]:
    """What can be approved: the forms of apps that have triggers, in the systems that are open to the person."""
    reviews = parts.reviews
    if reviews is None:
        return {}
    apps = [found.app for found in session.apps(user)[0].values() if found.app.triggers]
    return {
        f"{app.title}: {action.title}": (app.name, action)
        for app in apps
        for offer in app.actions
        for action in reviews.actions.fitting(offer.to, user)
    }
