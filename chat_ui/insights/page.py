"""How Debrief is used, and what it couldn't answer. For administrators."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from html import escape

import streamlit as st

from apps.kept.usage import app_months
from assistant.records.usage import (
    AskedQuestion,
    Thumb,
    citing_answers,
    days_between,
    latency,
    median_by_day,
    questions_since,
    share,
    thumbs_since,
)
from chat_ui.chat.case_button import case_button
from chat_ui.insights.apps import apps_tab
from chat_ui.insights.models import models_tab
from chat_ui.parts import charts, components, session
from chat_ui.parts.disclosure import Disclosure
from chat_ui.parts.trace_view import trace_view
from chat_ui.parts.words import OUTCOMES, outcome, way
from chat_ui.quality.review import gaps_view
from core.database import begin_of, utc_now
from core.types import Answer, User
from ingestion.documents import titles

_PERIODS = {"7 days": 7, "30 days": 30, "90 days": 90, "1 year": 365}
_DOCUMENTS = 20
_TABS = ["Questions", "Not answered", "Thumbs", "Documents", "Apps", "Models"]


def page(user: User) -> None:
    """The page; app.py gives it to administrators alone."""
    st.title("Insights")
    period = st.segmented_control("Period", list(_PERIODS), default="30 days", required=True, key="insights-period")
    since = begin_of((utc_now() - timedelta(days=_PERIODS[period])).date())
    questions = questions_since(session.database(), since)
    months = app_months(session.database(), since)
    if not questions and not months:
        components.state("Nothing was asked in this time", "Choose a longer period, or ask something on the chat page.")
        return
    _figures(questions, since)
    opened, place = components.open_tab(_TABS, "insights-tab")
    disclosure = Disclosure(session.database(), user, admin=True)
    with place:
        if opened == "Questions":
            _questions(questions, user)
        elif opened == "Not answered":
            gaps_view(_PERIODS[period], True, disclosure)
        elif opened == "Thumbs":
            _thumbs(since, user, disclosure)
        elif opened == "Documents":
            _documents(questions)
        elif opened == "Apps":
            apps_tab(months, user)
        else:
            models_tab(since)


def _figures(questions: Sequence[AskedQuestion], since: datetime) -> None:
    thumbs = Counter(thumb.rating for thumb in thumbs_since(session.database(), since))
    median, slow = latency(questions)
    week = (utc_now() - timedelta(days=7)).date().isoformat()
    figures = {
        "Questions": f"{len(questions):,}",
        "People": f"{len({q.user for q in questions}):,}",
        "Of them, last 7 days": f"{len({q.user for q in questions if q.day >= week}):,}",
        "No answer": f"{share(questions, 'no_evidence'):.0%}",
        "Refused": f"{share(questions, 'refused'):.0%}",
        "Answer in (median)": f"{median:.2f} s",
        "Slowest 5 % over": f"{slow:.2f} s",
        "Thumbs up / down": f"{thumbs['up']} / {thumbs['down']}",
    }
    with st.container(horizontal=True, gap="medium"):
        for name, value in figures.items():
            st.metric(name, value, width="content")


def _questions(questions: Sequence[AskedQuestion], user: User) -> None:
    if not questions:
        components.state("Nobody asked anything in this time", "Apps were run; the tab Apps has them.")
        return
    counted = Counter((q.day, outcome(q.outcome)) for q in questions)
    days = days_between(questions[0].day, questions[-1].day)
    # Days in order, or the chart's axis would follow the outcomes; a day without a question is a day, too.
    names = list(OUTCOMES.values())
    outcomes = [{"day": day, "outcome": o, "questions": counted[day, o]} for day in days for o in names]
    asking = {day: {q.user for q in questions if q.day == day} for day in days}
    people = [{"day": day, "people": len(asking[day])} for day in days]
    left, right = st.columns(2)
    with left:
        st.header("Questions a day")
        charts.day_bars(outcomes, "questions", colour="outcome", order=names, title="Questions a day by outcome")
    with right:
        st.header("People a day")
        charts.day_bars(people, "people", title="People who asked, by day")
    with left:
        st.header("Seconds to the answer")
        slow = [
            {"run": day, "of": name, "value": value, "low": value, "high": value, "n": 1}
            for day, median, p95 in median_by_day(questions)
            for name, value in (("median", median), ("95th percentile", p95))
        ]
        charts.trend(slow, order=["median", "95th percentile"], title="Seconds by day", height=240, unit=False)
    with right:
        st.header("Ways")
        routes = Counter(q.route for q in questions)
        rows = [{"way": way(route, user), "questions": n} for route, n in routes.most_common()]
        charts.bars(rows, "way", "questions", title="Questions by way")
    header = ("day", "user", "question", "outcome", "route", "seconds", "trace")
    charts.csv_download(
        "questions.csv",
        header,
        [(q.day, q.user, q.question, q.outcome, q.route, round(q.seconds, 3), q.trace_id) for q in questions],
    )


def _thumbs(since: datetime, user: User, disclosure: Disclosure) -> None:
    thumbs = thumbs_since(session.database(), since)
    if not thumbs:
        components.state("Nobody has rated an answer in this time")
        return
    reasons = Counter((reason, thumb.rating) for thumb in thumbs for reason in thumb.reasons)
    if reasons:
        st.header("Reasons")
        rows = [{"reason": f"{reason} ({rating})", "thumbs": n} for (reason, rating), n in reasons.most_common()]
        charts.bars(rows, "reason", "thumbs", title="Reasons that people gave")
    st.header("Thumbs")
    rating = st.pills("Rating", ["up", "down"], key="thumbs-rating", label_visibility="collapsed")
    shown = [thumb for thumb in thumbs if rating in (None, thumb.rating)]
    cells = [
        [
            components.badge(t.rating, "good" if t.rating == "up" else "bad"),
            *(escape(text) for text in (t.question, ", ".join(t.reasons), t.comment)),
        ]
        for t in shown
    ]
    components.table(["Thumb", "Question", "Reasons", "Comment"], cells, label="Thumbs")
    header = ("rating", "reasons", "comment", "question", "user", "trace_id")
    charts.csv_download("thumbs.csv", header, [_line(thumb) for thumb in shown])
    chosen = st.selectbox(
        "What happened on the way to the answer",
        shown,
        None,
        format_func=lambda t: f"{components.local(t.given_at)} · {t.question}",
        key=f"thumbs-trace-{rating}",
        placeholder="Choose a question",
    )
    if chosen is not None:
        case_button(Answer("", trace_id=chosen.trace_id), user, f"thumb-{chosen.trace_id}", chosen.rating == "down")
        trace_view(chosen.trace_id, user, disclosure)


def _line(t: Thumb) -> tuple[str, ...]:
    return t.rating, ", ".join(t.reasons), t.comment, t.question, t.user, t.trace_id


def _documents(questions: Sequence[AskedQuestion]) -> None:
    cited, never = _citations(questions)
    left, right = st.columns(2)
    with left:
        st.header("Most cited")
        if cited:
            bars = [{"document": title, "answers": count} for title, count in cited[:_DOCUMENTS]]
            charts.bars(bars, "document", "answers", title="Most cited documents, by answers")
            charts.csv_download("cited.csv", ("document", "answers"), cited)
        else:
            components.state("No answer cited a document in this time")
    with right:
        st.header(f"Never cited: {len(never):,}")
        if never:
            rows = [
                [f'{escape(title)}<br><code class="long place">{escape(document)}</code>']
                for document, title in never[:_DOCUMENTS]
            ]
            components.table(["Document"], rows, label="Documents that no answer cites")
            if len(never) > _DOCUMENTS:
                st.caption(f"The first {_DOCUMENTS}; the file has all.")
            charts.csv_download("never-cited.csv", ("id", "title"), never)
        else:
            components.state("Every document was cited")


def _citations(questions: Sequence[AskedQuestion]) -> tuple[list[tuple[str, int]], list[tuple[str, str]]]:
    """(Title and number of citing answers, most first; id and title of indexed documents that none cites)."""
    counted, known = citing_answers(questions), titles(session.database())
    cited = [(known.get(document, document), count) for document, count in counted.most_common()]
    return cited, [(document, title) for document, title in known.items() if document not in counted]
