"""The page: a question, the query in words, the rows; pickers change the query, and the next question may, too.

Beside it the verified questions, and who sees what.
"""

from __future__ import annotations

from datetime import date, timedelta
from html import escape
from typing import Any

import streamlit as st

from chat_ui.data.access import access_view
from chat_ui.data.verified import thumb, verified_view
from chat_ui.parts import components, session
from chat_ui.parts.data_view import data_view
from core.errors import DebriefError, QuestionError
from core.types import User
from warehouse.ask import DataAnswer, Warehouse
from warehouse.query import Level, Measure, Period, Query
from warehouse.query.check import roles_of, visible_layer

_ASKED, _FOUND = "data-asked", "data-found"


def page(user: User) -> None:
    """The page; without a warehouse it isn't offered."""
    st.title("Data")
    warehouse = session.warehouse()
    if warehouse is None:
        components.state(
            "There are no tables to ask", "An administrator names a layer in the settings; docs/data.md says how."
        )
        return
    tab, place = components.open_tab(("Ask", "Verified questions", "Who sees what"), "data-tab")
    with place:
        if tab == "Verified questions":
            verified_view(user, warehouse)
        elif tab == "Who sees what":
            access_view(user, warehouse.layer)
        else:
            _ask_view(user, warehouse)


def _ask_view(user: User, warehouse: Warehouse) -> None:
    st.caption(f"You ask as: {', '.join(roles_of(user, warehouse.layer))}.")
    question = st.chat_input(
        "Ask the tables, or change the last question: only Spain, by month, top 5", key="data-question"
    )
    if question:
        _ask(question, user, warehouse)
    found: DataAnswer | None = st.session_state.get(_FOUND)
    if found is None:
        _examples(user, warehouse)
        return
    st.header(st.session_state[_ASKED])
    if found.choices:
        components.state("Which one?", found.problem)
        for n, choice in enumerate(found.choices):
            st.button(choice, key=f"data-choice-{n}", on_click=_ask, args=(choice, user, warehouse))
        return
    if found.problem:
        components.state("Not in these tables", found.problem)
        _examples(user, warehouse)
        return
    st.markdown(f"**{components.plain(found.words)}**")
    if found.verified is not None:
        st.html(components.badge("Verified", "good") + f' <span class="note">{escape(found.verified.said())}</span>')
    _pickers(found, user, warehouse)
    data_view(found, warehouse.layer, "data")
    thumb(st.session_state[_ASKED], found, user, warehouse)


def _ask(question: str, user: User, warehouse: Warehouse) -> None:
    last: DataAnswer | None = st.session_state.get(_FOUND)
    try:
        found = warehouse.ask(question, user, last.query if last else None, session.assistant().models)
    except DebriefError as error:
        found = DataAnswer(question, problem=str(error))
    st.session_state[_ASKED], st.session_state[_FOUND] = question, found


def _examples(user: User, warehouse: Warehouse) -> None:
    """Questions that are answered: the verified ones, and one for each entity that the person sees."""
    seen = visible_layer(user, warehouse.layer)
    asked = [v.question for v in warehouse.verified.listed() if v.status == "verified" and v.holds(warehouse.today())]
    for name, entity in seen.entities.items():
        words = [c for c, m in entity.columns.items() if m.type == "text" and not m.values and c not in entity.label]
        if entity.date and len(asked) < 6:
            asked.append(f"number of {name} per month this year")
        elif words and len(asked) < 6:
            asked.append(f"number of {name} per {words[0]}")
    if not asked:
        components.state("You see none of these tables", "“Who sees what” says which groups do.")
        return
    st.caption("For example")
    for n, question in enumerate(asked[:6]):
        st.button(question, key=f"data-example-{n}", on_click=_ask, args=(question, user, warehouse), type="tertiary")
    with st.popover("What can I ask about?", type="tertiary"):
        for name, entity in seen.entities.items():
            st.markdown(f"**{components.plain(name)}**: {components.plain(', '.join(entity.columns))}")


def _pickers(found: DataAnswer, user: User, warehouse: Warehouse) -> None:
    """The query to change by hand; what is picked is asked at once."""
    query = found.query
    if query is None:
        return
    seen = visible_layer(user, warehouse.layer)
    with st.popover("Change the query", type="tertiary"):
        fields = [f"{e}.{c}" for e, entity in seen.entities.items() for c in entity.columns]
        picked = st.multiselect(
            "By", fields, [level.field for level in query.levels if level.field in fields], key="data-by"
        )
        grain = ""
        if any(level.grain for level in query.levels):
            grains = ["day", "week", "month", "quarter", "year"]
            now = next(level.grain for level in query.levels if level.grain)
            grain = st.selectbox("How coarse", grains, grains.index(now) if now in grains else 2, key="data-grain")
        days = _days(query)
        limit = st.number_input("Rows at most (0: all)", 0, 1000, query.limit or 0, key="data-limit")
        if st.button("Ask", key="data-change", type="primary"):
            _run(_changed(query, picked, grain, days, int(limit)), user, warehouse)
            st.rerun()


def _days(query: Query) -> Any:
    if query.period is None:
        return None
    start = query.period.start or date(2000, 1, 1)
    end = (query.period.end or date.today()) - timedelta(days=1)
    return st.date_input("Days", (start, max(start, end)), key="data-days")


def _changed(query: Query, fields: list[str], grain: str, days: Any, limit: int) -> Query:
    known = {level.field: level for level in query.levels}
    levels = tuple(known.get(field, Level(field)) for field in fields)
    if grain:
        levels = tuple(Level(level.field, grain) if level.grain else level for level in levels)  # type: ignore[arg-type]
    period = query.period
    if period is not None and isinstance(days, tuple) and len(days) == 2:
        period = Period(period.field, days[0], days[1] + timedelta(days=1))
    measures: tuple[Measure, ...] = query.measures
    kept = tuple(o for o in query.order if o.position < len(levels) + len(measures)) if levels == query.levels else ()
    return query.changed(levels=levels, period=period, limit=limit or None, order=kept)


def _run(query: Query, user: User, warehouse: Warehouse) -> None:
    try:
        found = warehouse.run(query, user, st.session_state[_ASKED])
    except (QuestionError, DebriefError) as error:
        found = DataAnswer(st.session_state[_ASKED], query, problem=str(error))
    st.session_state[_FOUND] = found
