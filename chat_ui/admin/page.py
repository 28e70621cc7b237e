"""Weights, guardrails, people and the audit trail. For administrators."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from html import escape

import streamlit as st

from chat_ui.admin.audit_trail import actions, trail
from chat_ui.admin.guardrails import guardrails_tab
from chat_ui.admin.people import Group, Person, groups, people
from chat_ui.admin.weights import weights_tab
from chat_ui.parts import charts, components, session
from chat_ui.parts.disclosure import Disclosure
from chat_ui.parts.principals import group_html, principals_html
from chat_ui.parts.trace_view import trace_view
from core import audit
from core.audit.chain import described, read_anchors, verify
from core.database import utc_now
from core.person import delete_person
from core.person.report import as_json, deletion_lines
from core.sessions import end_sessions_of
from core.types import User
from ingestion.access_report import access_report

_TABS = ["Weights", "Guardrails", "People", "Groups", "Access", "Audit"]
_SHOWN = 500


def page(user: User) -> None:
    """The page; app.py gives it to administrators alone."""
    st.title("Admin")
    opened, place = components.open_tab(_TABS, "admin-tab")
    with place:
        if opened == "Weights":
            weights_tab(user)
        elif opened == "Guardrails":
            guardrails_tab(user)
        elif opened == "People":
            _people(user)
        elif opened == "Groups":
            _groups()
        elif opened == "Access":
            _access()
        else:
            _audit(user)


def _people(user: User) -> None:
    found = people(session.database(), session.directory())
    words = st.text_input("Find a person", placeholder="Name, address, group or attribute", key="people-words")
    asked = words.casefold().split()
    shown = [person for person in found if all(word in _text(person) for word in asked)]
    if not shown:
        components.state(
            "Nobody fits" if found else "Nobody is known yet",
            "Check the words."
            if found
            else "List people in the file that `auth.users_file` names, or let them sign in.",
        )
        return
    st.caption(f"{len(shown)} of {len(found)} people. Groups include those that a person is in through other groups.")
    components.table(
        ["Person", "Groups", "Attributes", "Role", "Questions", "Last seen"], map(_person, shown), label="People"
    )
    _request(found, user)
    charts.csv_download(
        "people.csv",
        ("address", "name", "groups", "attributes", "listed", "questions", "last seen"),
        [
            (p.email, p.name, " ".join(p.groups), _attributes(p), p.listed, p.questions, _iso(p.last_seen))
            for p in shown
        ],
    )


def _request(found: Sequence[Person], user: User) -> None:
    """What is kept about one person, to hand out or to delete on that person's request."""
    with st.expander("A person asks what is kept about them, or to be deleted"):
        email = st.selectbox("Who", [p.email for p in found], index=None, key="person-chosen")
        if not email:
            return
        engine = session.database()
        name = f"person-{email}.json"
        components.download(
            "Everything as JSON", lambda: as_json(engine, email).encode(), name, "application/json", name
        )
        if st.button("End their sign-ins", key=f"end-{email}", help="Everywhere; they can sign in again"):
            ended = end_sessions_of(engine, email)
            audit.record(engine, user, "ended sign-ins", email, str(ended))
            st.info(f"{ended} sign-ins ended.")
        sure = st.checkbox("Delete it for good", key=f"sure-{email}")
        if st.button("Delete", disabled=not sure, key=f"delete-{email}"):
            done = delete_person(engine, email)
            audit.record(engine, user, "deleted person", email)
            (st.error if done.left else st.info)("\n\n".join(deletion_lines(done, session.settings())))


def _text(person: Person) -> str:
    return " ".join((person.email, person.name, *person.groups, _attributes(person))).casefold()


def _attributes(person: Person) -> str:
    return "; ".join(f"{name}: {value}" for name, value in person.attributes.items())


def _person(person: Person) -> list[str]:
    user = User(person.email, person.groups)
    role = (
        components.badge("administrator", "accent")
        if session.is_admin(user)
        else components.badge("author")
        if session.is_author(user)
        else components.badge("reads the evaluation")
        if session.reads_evaluation(user)
        else ""
    )
    listed = "" if person.listed else components.badge("not in the users file", "warn")
    return [
        f"<b>{escape(person.name or person.email)}</b> {listed}<br>{escape(person.email)}",
        ", ".join(map(group_html, person.groups)) or "none",
        escape(_attributes(person)),
        role,
        f"{person.questions:,}",
        components.ago(person.last_seen) if person.last_seen else "never",
    ]


def _groups() -> None:
    everybody = people(session.database(), session.directory())
    found = groups(session.database(), session.directory(), everybody)
    if not found:
        components.state(
            "There are no groups", "They come from the users file, from the sign-in, and from the sources."
        )
        return
    words = st.text_input("Find a group", placeholder="Its name, or a member", key="group-words").casefold()
    shown = [g for g in found if words in f"{g.name} {' '.join(g.members)}".casefold()]
    if not shown:
        components.state("No group fits", "Check the words.")
        return
    components.table(["Group", "Members", "People in all", "Kept by"], map(_group, shown), label="Groups")


def _access() -> None:
    """As `debrief access report`."""
    grace = session.settings().auth.groups_grace_minutes
    found = access_report(session.database(), session.directory(), grace)
    counts = Counter(finding.kind for finding in found)
    if not found:
        components.state("Nothing worth a look", "No document is open to everyone or nobody, and every name is known.")
        return
    kind = st.selectbox("What", ["everything", *counts], key="access-kind", format_func=lambda k: _counted(k, counts))
    shown = [finding for finding in found if kind in ("everything", finding.kind)]
    cells = ([escape(f.kind), escape(f.subject), escape(f.detail)] for f in shown[:_SHOWN])
    components.table(["What", "Which", "Detail"], cells, label="Access")
    charts.csv_download("access.csv", ("kind", "what", "detail"), [(f.kind, f.subject, f.detail) for f in shown])


def _counted(kind: str, counts: Mapping[str, int]) -> str:
    return f"{kind} ({counts.get(kind, sum(counts.values()))})"


def _group(group: Group) -> list[str]:
    members = principals_html(group.members)
    return [
        f"<b>{group_html(group.name)}</b>",
        members or '<span class="place">known from sign-ins alone</span>',
        f"{group.people:,}",
        escape(", ".join(group.sources)) or "users file, or sign-in",
    ]


def _verified(user: User) -> None:
    """Checks the trail when asked to, and says what was found."""
    if st.button("Check the trail", help="No entry changed, deleted, moved or cut off: as `debrief audit verify`"):
        chosen = session.settings().audit.anchors_file
        file = session.settings().path(chosen) if chosen is not None else None
        found = verify(session.database(), read_anchors(file) if file is not None else ())
        audit.record(session.database(), user, "checked audit trail", "", f"{len(found.problems)} problems")
        (st.error if found.problems else st.info)("\n\n".join(described(found, file)))


def _audit(user: User) -> None:
    _verified(user)
    today = utc_now().date()
    with st.container(horizontal=True, vertical_alignment="bottom"):
        person = st.text_input("Who", placeholder="A part of the address", key="audit-person", width=220)
        wanted = st.multiselect(
            "Did what", actions(session.database()), key="audit-actions", placeholder="Anything", width=260
        )
        words = st.text_input("To what", placeholder="Words, a document's id, a trace", key="audit-words", width=260)
        days = st.date_input(
            "When",
            (today - timedelta(days=30), today),
            max_value=today,
            key="audit-days",
            format="YYYY-MM-DD",
            width=240,
        )
    if len(days) != 2:
        components.state("Choose the last day, too")
        return
    found = trail(
        session.database(),
        days[0],
        days[1],
        person=person,
        wanted=wanted,
        words=words,
        limit=_SHOWN,
    )
    if not found:
        components.state("Nothing fits", "Choose other days, or fewer words.")
        return
    more = "" if len(found) < _SHOWN else f" The newest {_SHOWN}; narrow the search for older ones."
    number = "1 entry" if len(found) == 1 else f"{len(found)} entries"
    st.caption(f"{number}. Choose one to see the answer that it is about.{more}")
    rows = [
        {
            "When": components.local(row.entry.at),
            "Who": row.entry.user,
            "Did": row.entry.action,
            "What": row.entry.subject,
            "Detail": row.entry.detail,
        }
        for row in found
    ]
    event = st.dataframe(
        rows,
        hide_index=True,
        on_select="rerun",
        selection_mode="single-row",
        height=min(38 + 35 * len(rows), 460),
        key="audit-table",
        column_config={name: st.column_config.TextColumn(width="medium") for name in ("What", "Detail")},
    )
    header = ("at (UTC)", "who", "did", "what", "detail", "trace")
    charts.csv_download(
        "audit.csv",
        header,
        [(_iso(r.entry.at), r.entry.user, r.entry.action, r.entry.subject, r.entry.detail, r.trace_id) for r in found],
    )
    chosen = event["selection"]["rows"]
    if chosen and chosen[0] < len(found) and found[chosen[0]].trace_id:
        trace_view(found[chosen[0]].trace_id, user, Disclosure(session.database(), user, admin=True))


def _iso(moment: datetime | None) -> str:
    return moment.isoformat(timespec="seconds") if moment is not None else ""
