"""The documents' work list: what is wrong with which document, whose it is, and what was settled."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from html import escape

import streamlit as st

from chat_ui.parts import charts, components, session
from core.errors import DebriefError
from core.types import User
from operations.worklist import COLUMNS, KINDS, Task, dismiss, dismissed_count, restore_dismissed, worklist

_SHOWN = 30
_CHANGED = "worklist-changed"


def worklist_tab(user: User) -> None:
    """The list by kind, with owner and mail, and a way to settle a line."""
    st.caption("What the documents' owners have to do. Contradictions are found by words and figures: read both.")
    try:
        found = _tasks(st.session_state.get(_CHANGED, 0))
    except DebriefError as error:
        components.error_state(error)
        return
    _restore(user)
    if not found:
        components.state("Nothing to do", "No document contradicts another, is out of date, or is missing.")
        return
    counts = Counter(task.kind for task in found)
    kinds = [kind for kind in KINDS if counts[kind]]
    with st.container(horizontal=True, vertical_alignment="bottom"):
        kind = st.selectbox(
            "What",
            [None, *kinds],
            key="work-kind",
            format_func=lambda k: f"{k or 'everything'} ({counts[k] if k else len(found)})",
        )
        words = st.text_input("Find", placeholder="Words of a title, owner or source", key="work-words")
    asked = words.casefold().split()
    shown = [
        t for t in found if kind in (None, t.kind) and all(w in " ".join(map(str, t.row())).casefold() for w in asked)
    ]
    _lines(shown)
    charts.csv_download("worklist.csv", COLUMNS, [task.row() for task in shown])
    _settle(shown, user)


@st.cache_resource(show_spinner="The documents are compared …", ttl=600, max_entries=2)
def _tasks(changed: int) -> list[Task]:
    # `changed` is part of the cache's key.
    from evals.suite.feedback import find_gaps

    settings, engine = session.settings(), session.database()
    return worklist(settings, engine, session.directory(), find_gaps(settings, engine))


def _lines(shown: Sequence[Task]) -> None:
    if not shown:
        components.state("No line fits", "Check the words.")
        return
    rows = [
        [components.badge(task.kind), _title(task), f"{escape(task.wrong)}<br>{escape(task.remedy)}", _owner(task)]
        for task in shown[:_SHOWN]
    ]
    components.table(["What", "Document", "What is wrong, and what to do", "Owner"], rows, label="Work list")
    if len(shown) > _SHOWN:
        st.caption(f"The first {_SHOWN} of {len(shown):,}; the file has all.")


def _title(task: Task) -> str:
    title = escape(task.title)
    if task.url.lower().startswith(("http://", "https://")):
        title = f'<a href="{escape(task.url)}" target="_blank" rel="noopener noreferrer">{title}</a>'
    return f'{title}<br><span class="place">{escape(task.source)}</span>' if task.source else title


def _owner(task: Task) -> str:
    if not task.owner:
        return '<span class="place">not named</span>'
    mail = task.mail()
    return f'<a href="{escape(mail)}">{escape(task.owner)}</a>' if mail else escape(task.owner)


def _settle(shown: Sequence[Task], user: User) -> None:
    """Takes a line off the list, with a reason."""
    with st.expander("Take a line off the list"), st.form("work-dismiss", border=False):
        task = st.selectbox(
            "Which", shown[:_SHOWN], index=None, format_func=lambda t: f"{t.kind}: {t.title}", placeholder="Choose"
        )
        reason = st.text_input("Why", placeholder="Both hold: one is for contractors", max_chars=500)
        if st.form_submit_button("Take it off", type="primary") and task is not None:
            if not reason.strip():
                components.state(
                    "A reason is missing", "The next one who wonders reads it in the audit trail.", "warning"
                )
                return
            dismiss(session.database(), task, user, reason)
            st.session_state[_CHANGED] = st.session_state.get(_CHANGED, 0) + 1
            _tasks.clear()
            st.rerun()


def _restore(user: User) -> None:
    number = dismissed_count(session.database())
    if number and st.button(f"Put back {number} that were taken off", key="work-restore", type="tertiary"):
        restore_dismissed(session.database(), user)
        _tasks.clear()
        st.rerun()
