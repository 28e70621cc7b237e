"""How Debrief is used, and what it couldn't answer. For administrators."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from html import escape

import altair as alt
import streamlit as st

from chat_ui import components, session
from chat_ui.usage import Question, app_months, citations, latency, questions_since, share, thumbs_since, topics
from core.errors import DebriefError
from core.types import User
from retrieval.embed import open_embedder

_PERIODS = {"7 days": 7, "30 days": 30, "90 days": 90, "1 year": 365}
_OUTCOMES = {"answered": "answered", "no_evidence": "no answer", "needs_input": "asked back", "refused": "refused"}
# The accent, and three that differ from it in lightness as well as in hue.
_COLOURS = ["#2f9388", "#c98a1b", "#7f8c9a", "#b8453c"]


def page(_user: User) -> None:
    """The page; app.py gives it to administrators alone."""
    st.title("Insights")
    period = st.segmented_control("Period", list(_PERIODS), default="30 days", required=True, key="insights-period")
    since = (datetime.now(UTC) - timedelta(days=_PERIODS[period])).date().isoformat()
    questions = questions_since(session.database(), since)
    if not questions:
        components.state("Nothing was asked in this time", "Choose a longer period, or ask something on the chat page.")
        return
    _figures(questions, since)
    tabs = st.tabs(["Questions", "Not answered", "Thumbs", "Documents", "Apps"])
    with tabs[0]:
        _charts(questions)
    with tabs[1]:
        _unanswered(questions)
    with tabs[2]:
        _thumbs(since)
    with tabs[3]:
        _documents(questions)
    with tabs[4]:
        _apps(since)


def _figures(questions: Sequence[Question], since: str) -> None:
    thumbs = Counter(thumb["rating"] for thumb in thumbs_since(session.database(), since))
    median, slow = latency(questions)
    figures = {
        "Questions": f"{len(questions):,}",
        "People": f"{len({q.user for q in questions}):,}",
        "No answer": f"{share(questions, 'no_evidence'):.0%}",
        "Refused": f"{share(questions, 'refused'):.0%}",
        "Answer in (median)": f"{median:.2f} s",
        "Slowest 5 % over": f"{slow:.2f} s",
        "Thumbs up / down": f"{thumbs['up']} / {thumbs['down']}",
    }
    with st.container(horizontal=True, gap="medium"):
        for name, value in figures.items():
            st.metric(name, value, width="content")


def _charts(questions: Sequence[Question]) -> None:
    counted = Counter((q.day, _OUTCOMES.get(q.outcome, q.outcome)) for q in questions)
    outcomes = [{"day": day, "outcome": outcome, "questions": n} for (day, outcome), n in counted.items()]
    days = sorted({q.day for q in questions})
    people = [{"day": day, "people": len({q.user for q in questions if q.day == day})} for day in days]
    colour = alt.Color("outcome:N", scale=alt.Scale(domain=list(_OUTCOMES.values()), range=_COLOURS), title=None)
    left, right = st.columns(2)
    with left:
        st.header("Questions a day")
        bars = alt.Chart(alt.InlineData(values=outcomes)).mark_bar()
        day = alt.X("day:O", title=None, axis=alt.Axis(labelAngle=0, labelOverlap=True))
        st.altair_chart(
            bars.encode(x=day, y=alt.Y("questions:Q", title=None, axis=alt.Axis(tickMinStep=1)), color=colour),
            width="stretch",
        )
    with right:
        st.header("People a day")
        bars = alt.Chart(alt.InlineData(values=people)).mark_bar(color=_COLOURS[0])
        st.altair_chart(
            bars.encode(x=day, y=alt.Y("people:Q", title=None, axis=alt.Axis(tickMinStep=1))), width="stretch"
        )
    routes = Counter(q.route for q in questions)
    components.table(
        ["Route", "Questions"], [[escape(route), f"{n:,}"] for route, n in routes.most_common()], label="Routes"
    )
    header = ("day", "user", "question", "outcome", "route", "seconds", "trace")
    rows = [(q.day, q.user, q.question, q.outcome, q.route, round(q.seconds, 3), q.trace_id) for q in questions]
    _csv("questions.csv", header, rows)


def _unanswered(questions: Sequence[Question]) -> None:
    missing = [q for q in questions if q.outcome == "no_evidence"]
    if not missing:
        components.state("Every question found an answer")
        return
    st.caption("Questions without an answer, alike ones together: what the documents lack, and where it would belong.")
    try:
        found = topics(missing, open_embedder(session.settings()).encode_texts)
    except DebriefError as error:
        components.error_state(error)
        return
    rows = [
        [
            f"{len(topic.questions)}",
            "<br>".join(escape(question) for question in topic.questions[:5]),
            "<br>".join(escape(title) for title in topic.nearest),
        ]
        for topic in found
    ]
    components.table(["Asked", "Questions", "Closest documents"], rows, label="Unanswered questions")
    numbered = [(n, q, "; ".join(t.nearest)) for n, t in enumerate(found, start=1) for q in t.questions]
    _csv("unanswered.csv", ("topic", "question", "closest documents"), numbered)


def _thumbs(since: str) -> None:
    thumbs = thumbs_since(session.database(), since)
    if not thumbs:
        components.state("Nobody has rated an answer in this time")
        return
    rows = [
        [
            components.badge(t["rating"], "good" if t["rating"] == "up" else "bad"),
            *(escape(t[name]) for name in ("question", "reasons", "comment")),
            f"<code>{escape(t['trace_id'])}</code>",
        ]
        for t in thumbs
    ]
    components.table(["Thumb", "Question", "Reasons", "Comment", "Trace"], rows, label="Thumbs")
    _csv("thumbs.csv", tuple(thumbs[0]), [tuple(thumb.values()) for thumb in thumbs])


def _documents(questions: Sequence[Question]) -> None:
    cited, never = citations(session.database(), questions)
    left, right = st.columns(2)
    with left:
        st.header("Most cited")
        rows = [[escape(title), f"{count:,}"] for title, count in cited[:20]]
        components.table(["Document", "Answers"], rows, label="Most cited documents")
        _csv("cited.csv", ("document", "answers"), cited)
    with right:
        st.header(f"Never cited: {len(never):,}")
        rows = [[escape(title), f"<code>{escape(document)}</code>"] for document, title in never[:20]]
        components.table(["Document", "Id"], rows, label="Documents that no answer cites")
        _csv("never-cited.csv", ("id", "title"), never)


def _apps(since: str) -> None:
    months = app_months(session.database(), since)
    if not months:
        components.state("No app has run in this time")
        return
    st.caption(
        "Hours saved = completed runs × minutes a run. The minutes are the apps' own estimate; change them here."
    )
    apps = list(dict.fromkeys(month.app for month in months))
    estimates = {month.app: month.minutes for month in months}
    assumed: dict[str, float] = {}
    with st.container(horizontal=True):
        for app in apps:
            assumed[app] = st.number_input(
                f"Minutes a run: {app}",
                min_value=0.0,
                value=float(estimates[app]),
                step=5.0,
                width=220,
                key=f"min-{app}",
            )
    rows = [
        (m.app, m.month, m.runs, m.completed, m.people, round(m.completed * assumed[m.app] / 60, 1)) for m in months
    ]
    header = ("App", "Month", "Runs", "Completed", "People", "Hours saved")
    components.table(header, [[escape(str(cell)) for cell in row] for row in rows], label="Use of apps")
    st.metric("Hours saved", f"{sum(row[-1] for row in rows):.1f}")
    _csv("apps.csv", header, rows)


def _csv(name: str, header: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    text = io.StringIO()
    csv.writer(text).writerows([header, *rows])
    st.download_button("CSV", text.getvalue(), name, "text/csv", key=name, type="tertiary", on_click="ignore")
