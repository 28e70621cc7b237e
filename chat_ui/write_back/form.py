"""One form under review: each field with what it rests on, the record before and after, and what can be done."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from html import escape

import streamlit as st

from actions.connections import Action
from actions.form import Problem
from actions.kinds.kind import Field
from actions.proposals import Evidence, Proposal, shown_to
from actions.review import Reviews
from chat_ui.parts import components, session
from core.errors import DebriefError
from core.types import User

# More places than these are folded up.
_OPEN = 4
_STATES = {
    "queued": ("It is on its way", "It was confirmed and will be sent again by itself; nothing is to be done."),
    "sending": ("It is being sent", "Another process has it; look again in a moment."),
    "cancelled": ("Put away", "Nothing was sent."),
    "undone": ("Taken back", "What was written is gone from the other system."),
}


def review(reviews: Reviews, wanted: str, user: User, key: str) -> None:
    """The form as it stands now, with what the person may do with it."""
    try:
        proposal = shown_to(reviews.proposal(wanted, user), user, session.readable)
        action = reviews.actions.named(proposal.action, user)
        with st.container(border=True, key=f"{key}-review"):
            st.html(f'<div class="output-title">{escape(action.title)}</div>')
            if proposal.state == "proposed":
                _open_form(reviews, proposal, action, user, key)
            else:
                _settled(reviews, proposal, action, user, key)
    except DebriefError as error:
        components.error_state(error)


def _open_form(reviews: Reviews, proposal: Proposal, action: Action, user: User, key: str) -> None:
    fields = action.fields(user)
    wrong = reviews.problems(proposal.id, user)
    for problem in wrong:
        if not problem.field:
            _connect_first(problem, key)
    if proposal.problem:
        components.state("This form needs a change", proposal.problem, "warning")
    known = {name: text for name, text in proposal.form.before.items() if name not in proposal.form.values}
    if known:
        told = " · ".join(f"{escape(name)}: {escape(text)}" for name, text in known.items())
        st.html(f'<div class="note">{told}</div>')
    given: dict[str, str] = {}
    with st.form(f"{key}-form", border=False):
        for field in fields:
            given[field.name] = _field(field, proposal, f"{key}-{field.name}")
            st.html(_beside(field, proposal, wrong))
        with st.container(horizontal=True, gap="small"):
            sent = st.form_submit_button("Confirm and send", type="primary", icon=":material/send:")
            saved = st.form_submit_button("Save changes")
            cancelled = st.form_submit_button("Cancel", type="tertiary")
    st.caption("Nothing is written before you confirm. * says whom or what it reaches.")
    if cancelled:
        reviews.cancel(proposal.id, user)
    elif sent or saved:
        # A wrong value that the form couldn't show went out of it: the person sees it so before it is sent.
        dropped = any(not given.get(problem.field) for problem in wrong)
        _take(reviews, proposal, given, user, sent=sent and not dropped)
    if sent or saved or cancelled:
        st.rerun()


def _connect_first(problem: Problem, key: str) -> None:
    components.state("Connect first; your form is kept", problem.message, "warning")
    if st.button("Connected accounts", key=f"{key}-connect", icon=":material/link:"):
        st.session_state["open-page"] = "connected"
        st.rerun()


def _take(reviews: Reviews, proposal: Proposal, given: Mapping[str, str], user: User, *, sent: bool) -> None:
    """Keeps what the person has put in; with `sent`, sends exactly that."""
    changed = {name: value for name, value in given.items() if value != proposal.form.values.get(name, "")}
    seen = reviews.edit(proposal.id, changed, user) if changed else proposal
    # A value that was cleaned or read otherwise than it was typed is shown once more.
    same = all(seen.form.values.get(name, "") == value.strip() for name, value in given.items())
    if sent and same and not reviews.problems(proposal.id, user):
        reviews.confirm(proposal.id, user, seen.fingerprint)


def _field(field: Field, proposal: Proposal, key: str) -> str:
    value = proposal.form.values.get(field.name, "")
    # A form that was changed elsewhere is drawn anew: its widgets are those of another form.
    key = f"{key}-{proposal.fingerprint[:8]}"
    label = (
        components.plain(field.label) + (" *" if field.addressee else "") + ("" if field.required else " (optional)")
    )
    if field.choices:
        labels = {c.value: c.label or c.value for c in field.choices}
        index = list(labels).index(value) if value in labels else None
        chosen = st.selectbox(
            label, list(labels), index, format_func=lambda v: labels[v], key=key, disabled=field.read_only
        )
        return chosen or ""
    if field.type == "date":
        return _day(label, value, key, field)
    if field.type == "long_text":
        return st.text_area(label, value, key=key, height=220, disabled=field.read_only, max_chars=field.max_chars)
    return st.text_input(label, value, key=key, disabled=field.read_only, help=field.help or None) or ""


def _day(label: str, value: str, key: str, field: Field) -> str:
    try:
        first: date | None = date.fromisoformat(value)
    except ValueError:
        first = None
    chosen = st.date_input(label, first, key=key, disabled=field.read_only, format="YYYY-MM-DD")
    return chosen.isoformat() if isinstance(chosen, date) else ""


def _beside(field: Field, proposal: Proposal, wrong: Sequence[Problem]) -> str:
    """What stands below a field: what is wrong with it, what it was before, and the words that it rests on."""
    parts = [
        f'<div class="field-problem" role="alert">{escape(p.message)}</div>' for p in wrong if p.field == field.name
    ]
    before = proposal.form.before.get(field.name)
    value = proposal.form.values.get(field.name, "")
    if before is not None and before != value:
        parts.append(f'<div class="diff"><del>{escape(before or "empty")}</del> <ins>{escape(value)}</ins></div>')
    evidence = proposal.form.evidence.get(field.name, ())
    if evidence and value != proposal.form.offered.get(field.name):
        parts.append('<div class="note">You have changed this; the words below are what it was filled in from.</div>')
    if evidence:
        opened = " open" if len(evidence) <= _OPEN else ""
        parts.append(
            f'<details class="evidence"{opened}><summary>From {len(evidence)} '
            f"place{'s' * (len(evidence) > 1)}</summary>{''.join(map(_quote, evidence))}</details>"
        )
    elif field.addressee and value and proposal.form.offered.get(field.name) == value and not field.read_only:
        parts.append('<div class="note">Filled in for you: check that it is the right one.</div>')
    return "".join(parts) or "<span></span>"


def _quote(evidence: Evidence) -> str:
    place = " · ".join(filter(None, (evidence.title, evidence.locator)))
    return f'<div class="quote">{escape(evidence.quote)} <span class="place">{escape(place)}</span></div>'


def _settled(reviews: Reviews, proposal: Proposal, action: Action, user: User, key: str) -> None:
    if proposal.state == "written" and proposal.record is not None:
        title = components.plain(proposal.record.title or proposal.record.id)
        link = proposal.record.link
        safe = link.startswith(("https://", "http://127.0.0.1", "http://localhost"))
        st.markdown(f"Written: [{title}]({link})" if safe else f"Written: {title}")
        if action.operation.undo is not None:
            _button("Take it back", f"{key}-undo", lambda: reviews.undo(proposal.id, user))
        return
    if proposal.state == "stuck":
        components.state("Somebody has to look", proposal.problem, "warning")
        with st.container(horizontal=True, gap="small", key=f"{key}-stuck"):
            _button("Try again", f"{key}-retry", lambda: reviews.retry(proposal.id, user))
            not_there = "I have looked, it isn't there: send it again"
            _button(not_there, f"{key}-again", lambda: reviews.retry(proposal.id, user, not_there=True))
            _button("I have looked, it is there", f"{key}-there", lambda: reviews.settle(proposal.id, "", user))
        return
    title, text = _STATES[proposal.state]
    components.state(title, " ".join(filter(None, (proposal.problem, text))))
    if proposal.state == "queued":
        _button("Try now", f"{key}-now", lambda: reviews.retry(proposal.id, user))


def _button(label: str, key: str, act: Callable[[], Proposal]) -> None:
    """A button whose act is done before the page is drawn again, and whose error is shown beside it."""
    if st.button(label, key=key, type="tertiary"):
        try:
            act()
        except DebriefError as error:
            components.error_state(error)
            return
        st.rerun()
