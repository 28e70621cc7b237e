"""Where the documents come from, when they last came, and why one is found or not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from html import escape
from typing import Literal

import streamlit as st

from chat_ui.parts import charts, components, session
from chat_ui.parts.principals import principals_html
from chat_ui.sources.access import access_tab
from chat_ui.sources.edit import edit_sources
from chat_ui.sources.syncing import start_sync
from chat_ui.sources.worklist import worklist_tab
from core import audit
from core.errors import SettingsError, SourceError
from core.types import User
from ingestion.documents import (
    OUTCOMES,
    find_documents,
    late_by,
    running,
    schedule_words,
)
from ingestion.report import COLUMNS, report
from ingestion.state import DocumentRecord, SyncRun, SyncState
from ingestion.sync.alive import abort_dead_runs
from ingestion.sync.explain import explain
from ingestion.sync.status import SourceStatus, standing, statuses

_NOT_FOUND = (
    "Check the words and the filters. A document that exists at its source may lie outside the source's path, be left "
    "out by its include and exclude patterns, or have come after the last sync."
)
_Kind = Literal["", "good", "bad", "warn", "accent"]
_RUN_KINDS: Mapping[str, _Kind] = {"SUCCEEDED": "good", "INCOMPLETE": "warn", "FAILED": "bad", "ABORTED": "bad"}
# What is true at a glance; the words beside it say the rest.
_STANDING: Mapping[str, tuple[str, _Kind]] = {
    "good": ("fine", "good"),
    "partly": ("gaps", "warn"),
    "late": ("late", "bad"),
    "failing": ("failing", "bad"),
    "paused": ("paused", "warn"),
    "new": ("new", "warn"),
}
_OUTCOME_KINDS: Mapping[str, _Kind] = {"indexed": "good", "held": "warn", "failed": "bad"}


def page(user: User) -> None:
    """The page; administrators see every document, everybody else those that they may read."""
    st.title("Sources")
    admin = session.is_admin(user)
    opened, place = components.open_tab(
        ["Sources", "Documents", "Runs", *(["Access", "Work list"] if admin else [])], "sources-tab"
    )
    with place:
        if opened == "Sources":
            _sources(user)
            if admin:
                edit_sources(user)
        elif opened == "Documents":
            _documents(user, admin)
        elif opened == "Runs":
            _runs(admin)
        elif opened == "Work list":
            worklist_tab(user)
        else:
            access_tab(user)


@st.fragment(run_every=5)
def _sources(user: User) -> None:
    user = session.still_there(user)
    admin = session.is_admin(user)
    if admin and session.settings_problem():
        components.state("The changed settings are not in force", session.settings_problem(), "error")
    abort_dead_runs(session.settings(), session.database())
    found = statuses(session.database(), session.settings().sources)
    if not found:
        words = "Add one below." if admin else "An administrator adds them on this page."
        components.state("No sources yet", words)
        return
    components.table(
        ["Source", "Kind", "How it stands", "Schedule", "Indexed", "Held", "Failed"],
        [_source_row(status) for status in found],
        label="Sources",
    )
    for status in found:
        if admin and status.last is not None and status.last.message:
            kind: Literal["empty", "error"] = "error" if status.last.state in {"FAILED", "ABORTED"} else "empty"
            components.state(status.settings.name, status.last.message, kind)
    if not admin:
        return
    busy = running(found)
    with st.container(horizontal=True):
        names = ["All sources", *(status.settings.name for status in found)]
        name = st.selectbox("Source to sync", names, label_visibility="collapsed", width=240)
        if st.button("Sync now", disabled=busy, icon=":material/sync:"):
            start_sync(None if name == "All sources" else name, user)
            st.toast("The sync has started; this table follows it.")
    if busy:
        st.html('<div class="stage" role="status"><span class="dot"></span>A sync is running …</div>')


def _source_row(status: SourceStatus) -> list[str]:
    outcomes = status.outcomes
    schedule = schedule_words(status.settings.schedule, status.settings.time_zone)
    return [
        f"<b>{escape(status.settings.name)}</b>",
        escape(status.settings.kind),
        _standing(status),
        escape(schedule),
        f"{outcomes.get('indexed', 0):,}",
        f"{outcomes.get('held', 0) + outcomes.get('dropped', 0):,}",
        f"{outcomes.get('failed', 0):,}",
    ]


def _standing(status: SourceStatus) -> str:
    now = datetime.now(UTC)
    try:
        kind, words = standing(status, late_by(status, session.settings().file, now), now)
    except SettingsError as error:
        return components.badge("wrong schedule", "bad") + f" {escape(str(error))}"
    if status.last is not None and status.last.state == "SYNCING":
        return f"{components.badge('syncing', 'accent')} {escape(words)}"
    return f"{components.badge(_STANDING[kind][0], _STANDING[kind][1])} {escape(words)}"


def _runs(admin: bool) -> None:
    names = [source.name for source in session.settings().sources]
    source = st.selectbox("Source", names, index=None, placeholder="All sources", width=240, key="runs-source")
    found = SyncState(session.database()).runs(source, limit=100)
    if not found:
        components.state("No sync has run yet", "Run `debrief sync`, or start one on the first tab.")
        return
    numbers = ["Seconds", "Seen", "Added", "Changed", "Access", "Deleted", "Held", "Failed"]
    # Messages name paths and hosts, which are the administrators' matter.
    header = ["Started", "Source", "State", *numbers, *(["Message"] if admin else [])]
    components.table(header, [_run_row(run)[: len(header)] for run in found], label="Runs")
    counted = [(r.started_at, r.source, r.state, *asdict(r.counts).values()) for r in found]
    charts.csv_download("runs.csv", ("started", "source", "state", *asdict(found[0].counts)), counted)


def _run_row(run: SyncRun) -> list[str]:
    c = run.counts
    numbers = (c.seen, c.added, c.modified, c.access_only, c.deleted, c.held, c.failed)
    return [
        escape(components.local(run.started_at)),
        escape(run.source),
        components.badge(run.state.lower(), _RUN_KINDS.get(run.state, "accent")),
        f"{c.seconds:.1f}",
        *(f"{number:,}" for number in numbers),
        escape(run.message),
    ]


def _documents(user: User, admin: bool) -> None:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        text = st.text_input("Find a document", placeholder="Words of its title, address or id", key="document-text")
        names = [source.name for source in session.settings().sources]
        source = st.selectbox("Source", names, index=None, placeholder="All sources", width=200, key="document-source")
    chosen = st.pills("Outcome", OUTCOMES, selection_mode="multi", key="document-outcome", label_visibility="collapsed")
    found = find_documents(
        session.database(), None if admin else user, text=text or "", source=source, outcomes=chosen or ()
    )
    if not found:
        components.state(
            "No document fits" if admin else "None of the documents that you may read fits",
            _never_seen(text) if admin and text and not source and not chosen else _NOT_FOUND,
        )
        return
    if admin:
        # What became of each, and what to do: of the source, or of all, whatever is searched for.
        lines = report(SyncState(session.database()).records(source))
        charts.csv_download("sync-report.csv", COLUMNS, [line.row() for line in lines])
    number = (
        f"{components.many(len(found), 'document')}."
        if len(found) < 200
        else "The 200 that changed last; narrow the search."
    )
    st.caption(f"{number} Choose one to see what became of it, and why.")
    event = st.dataframe(
        [_document_row(record) for record in found],
        hide_index=True,
        on_select="rerun",
        selection_mode="single-row",
        height=min(38 + 35 * len(found), 420),
        key="document-table",
        column_config={"Title": st.column_config.TextColumn(width="large")},
    )
    rows = event["selection"]["rows"]
    if rows and rows[0] < len(found):
        _document(found[rows[0]], user, admin)
    elif len(found) == 1:
        _document(found[0], user, admin)


def _never_seen(text: str) -> str:
    """Why no source ever showed such a document, with the ids that are nearest to its name."""
    try:
        explain(SyncState(session.database()), text, session.settings().sources)
    except SourceError as error:
        return str(error)
    return _NOT_FOUND


def _document_row(record: DocumentRecord) -> dict[str, object]:
    return {
        "Title": record.title or record.id,
        "Outcome": record.outcome,
        "Vetting": record.vetting,
        "Source": record.source,
        "Type": str(record.attributes.get("document_type", "")),
        "Customer": str(record.attributes.get("customer", "")),
        "Updated": str(record.attributes.get("updated_at", ""))[:10],
        "Reason": record.reason,
    }


def _document(record: DocumentRecord, user: User, admin: bool) -> None:
    looked_at = st.session_state.setdefault("documents-looked-at", set())
    if record.id not in looked_at:
        looked_at.add(record.id)
        audit.record(session.database(), user, "looked at document", record.id)
    outcome = components.badge(record.outcome, _OUTCOME_KINDS.get(record.outcome, ""))
    indexed = f"{record.chunks} passages of {record.size_bytes:,} bytes, {components.local(record.changed_at)}"
    facts: list[tuple[str, str]] = [
        ("Outcome", f"{outcome} {escape(record.reason)}"),
        *_told(record, admin),
        ("Vetting", escape(". ".join(filter(None, (record.vetting or "not vetted", *record.lacks))))),
        ("Last change", escape(indexed)),
        ("Repeats", escape(record.duplicate_of or "no other document")),
        ("Rules that fired", escape(", ".join(record.fired) or "none")),
        ("Id", f"<code>{escape(record.id)}</code>"),
    ]
    if admin:
        facts += [
            ("May read", principals_html(record.allow) or "nobody: it has no access list"),
            ("May not read", principals_html(record.deny) or "no exception"),
        ]
    facts += [("Warning", escape(warning)) for warning in record.warnings]
    facts += [(name, escape(_shown(value))) for name, value in sorted(record.attributes.items())]
    components.facts(record.title or record.id, record.url, facts)


def _told(record: DocumentRecord, admin: bool) -> list[tuple[str, str]]:
    """Whether it came, and what an administrator may do."""
    (line,) = report([record])
    remedy = [("What to do", escape(line.remedy))] if admin and line.remedy else []
    return [("Crawled", escape(line.crawled)), *remedy]


def _shown(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
