"""The loop back: cases that wait for somebody's judgement, and what the documents lack."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import get_args

import streamlit as st

from chat_ui.parts import charts, components, session
from chat_ui.parts.disclosure import Disclosure
from chat_ui.parts.words import RIGHT
from core import audit
from core.errors import DebriefError
from core.types import Outcome, User
from evals.suite import Case, accept_case, reject_case, suite_file
from evals.suite.feedback import GAP_COLUMNS, Gap, find_gaps
from evals.suite.review import waiting_cases

_PERIODS = {"30 days": 30, "90 days": 90, "1 year": 365}
_SHOWN = 10


def review_tab(user: User, disclosure: Disclosure) -> None:
    """Cases that count once somebody has said that they are right."""
    settings = session.settings()
    try:
        waiting = waiting_cases(suite_file(settings, settings.evaluation.suite))
    except DebriefError as error:
        components.error_state(error)
        return
    if not waiting:
        components.state(
            "No case waits for a review",
            "Below an answer on the chat page, authors and administrators make a case of it.",
        )
        return
    st.caption(f"Waiting: {components.many(len(waiting), 'case')}. A case counts from the next run on.")
    for case in waiting[:_SHOWN]:
        _review(case, user, disclosure)


def _review(case: Case, user: User, disclosure: Disclosure) -> None:
    shown = disclosure.expectation_shown(case)
    names = disclosure.names(case)
    with st.container(border=True):
        rows = [
            ("Asked as", escape(case.user)),
            ("From", f'<span title="{escape(case.origin)}">{_origin(case)}</span> {escape(", ".join(case.tags))}'),
        ]
        if case.history:
            rows.append(("Asked before", escape(" · ".join(case.history))))
        components.facts(case.question, "", rows)
        if not shown:
            components.state(
                "Somebody else has to judge this",
                "It expects documents that you may not read: "
                + ", ".join(dict.fromkeys(names.values()))
                + ". "
                + _who_may(disclosure.may_judge(case, session.directory())),
            )
            return
        with st.form(f"review-{case.id}", border=False):
            outcomes = list(get_args(Outcome))
            outcome = st.selectbox(
                "A right answer is", outcomes, outcomes.index(case.outcome), format_func=RIGHT.__getitem__, width=240
            )
            facts = st.text_area(
                "Facts that it says, one a line", "\n".join(case.expected_facts), placeholder="90 days", height=90
            )
            documents = st.multiselect(
                "Documents that answer it",
                case.expected_documents,
                case.expected_documents,
                format_func=lambda d: names.get(d, d),
                accept_new_options=True,
                placeholder="None is needed",
            )
            with st.container(horizontal=True):
                accepted = st.form_submit_button("Accept", type="primary")
                rejected = st.form_submit_button("Reject")
        if accepted or rejected:
            changes = {
                "outcome": outcome,
                "expected_facts": tuple(line.strip() for line in facts.splitlines() if line.strip()),
                "expected_documents": tuple(documents),
            }
            _decide(case, changes if accepted else None, user)


def _origin(case: Case) -> str:
    """Where a case is from, in words; its id stands on hover."""
    kind, _, name = case.origin.partition(":")
    known = {"trace": "an answer that somebody got", "review": f"the review job {escape(name.partition('/')[0])}"}
    return known.get(kind, escape(case.origin or "the suite's file"))


def _who_may(people: Sequence[User]) -> str:
    """Who of those that see this page may read the case's documents."""
    named = [person.name or person.email for person in people if session.reads_evaluation(person)]
    if not named:
        return "Nobody who sees this page may read them: let somebody in who may, under `evaluation.reader_groups`."
    return f"Ask {' or '.join(named[:3])}."


def _decide(case: Case, changes: dict[str, object] | None, user: User) -> None:
    settings = session.settings()
    file = suite_file(settings, settings.evaluation.suite)
    try:
        if changes is not None:
            accept_case(file, case.id, changes)
        else:
            reject_case(file, case.id)
    except DebriefError as error:
        components.error_state(error)
        return
    audit.record(session.database(), user, "accepted case" if changes is not None else "rejected case", case.id)
    st.rerun()


def gaps_tab(admin: bool, disclosure: Disclosure) -> None:
    """Topics without an answer, and documents whose answers people rated down, with whom to ask."""
    period = st.segmented_control("Asked in", list(_PERIODS), default="90 days", required=True, key="gaps-period")
    gaps_view(_PERIODS[period], admin, disclosure)


def gaps_view(days: int, admin: bool, disclosure: Disclosure) -> None:
    """The same for the questions of so many days."""
    try:
        found = _found_gaps(days)
    except DebriefError as error:
        components.error_state(error)
        return
    if not found:
        components.state("No question went unanswered or was rated down in this time")
        return
    missing, bad = [g for g in found if g.kind == "missing"], [g for g in found if g.kind == "bad"]
    for title, gaps, nearest in (
        ("Not answered: what may be missing", missing, "Closest document"),
        ("Rated down: what may be wrong", bad, "Rests on"),
    ):
        st.header(title)
        if not gaps:
            components.state("Nothing in this time")
            continue
        bars = [{"topic": gap.topic, "questions": gap.count} for gap in gaps[:_SHOWN]]
        charts.bars(bars, "topic", "questions", title=f"{title}: questions by topic")
        components.table(
            ["Topic", "Asked", "People", "For example", nearest, "Owner"],
            [_gap(gap, admin, disclosure) for gap in gaps],
            label=title,
        )
    rows = [_plain(gap, admin, disclosure) for gap in found]
    charts.csv_download("gaps.csv", GAP_COLUMNS, rows)


@st.cache_resource(show_spinner="Grouping the questions …", ttl=120, max_entries=6)
def _found_gaps(days: int) -> list[Gap]:
    return find_gaps(session.settings(), session.database(), days)


def _gap(gap: Gap, admin: bool, disclosure: Disclosure) -> list[str]:
    plain = dict(zip(GAP_COLUMNS, _plain(gap, admin, disclosure), strict=True))
    return [
        f"<b>{escape(gap.topic)}</b>",
        f"{gap.count}",
        f"{gap.people}",
        "<br>".join(escape(example) for example in gap.examples[:2]),
        escape(str(plain["title"])),
        escape(str(plain["owner"])) or '<span class="place">not named</span>',
    ]


def _plain(gap: Gap, admin: bool, disclosure: Disclosure) -> tuple[object, ...]:
    """The gap's columns, without what the person may not know of its document."""
    row = dict(zip(GAP_COLUMNS, gap.row(), strict=True))
    if gap.document and not (admin or disclosure.may_read(gap.document)):
        row |= {"document": "", "title": disclosure.name(gap.document), "owner": ""}
    return tuple(row[name] for name in GAP_COLUMNS)
