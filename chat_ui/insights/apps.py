"""How much the apps are used, and the hours that they save, with the assumption that the hours rest on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from html import escape

import streamlit as st

from apps.kept.assumptions import assume, minutes_assumed
from apps.kept.usage import AppMonth
from chat_ui.parts import charts, components, session
from core.types import User

# As many as the charts have colours, the last for all others.
_MOST = len(charts.COLOURS) - 1
_OTHERS = "other apps"


def apps_tab(months: Sequence[AppMonth], user: User) -> None:
    """Runs by app and hours by month as charts, the minutes to edit, and all of it as a table."""
    known, _ = session.apps(user)
    runs = Counter(dict.fromkeys(known, 0))
    for month in months:
        runs[month.app] += month.runs
    left, right = st.columns(2)
    with left:
        st.header("Runs by app")
        rows = [{"app": _said(name), "runs": n} for name, n in runs.most_common() if n]
        if rows:
            charts.bars(rows, "app", "runs", title="Runs by app")
        unused = sorted(_said(name) for name, n in runs.items() if not n)
        if unused:
            st.caption(f"Not used in this time: {', '.join(unused)}.")
    if not months:
        with right:
            components.state("No app has run in this time")
        return
    with right:
        st.header("Hours saved a month")
        place = st.container()
    assumed = _minutes(months, user)
    hours = [(m, round(m.completed * assumed[m.app] / 60, 1)) for m in months]
    with place:
        st.metric("Hours saved", f"{sum(h for _, h in hours):.1f}")
        _chart(hours)
    st.header("Use by month")
    header = ("App", "Month", "Runs", "Completed", "People", "Minutes a run", "Hours saved")
    table = [(_said(m.app), m.month, m.runs, m.completed, m.people, assumed[m.app], h) for m, h in hours]
    components.table(header, [[escape(str(cell)) for cell in row] for row in table], label="Use of apps")
    charts.csv_download("apps.csv", header, table)


def _chart(hours: Sequence[tuple[AppMonth, float]]) -> None:
    """Bars by month, stacked by app; the apps that save least are one."""
    total: dict[str, float] = {}
    for month, saved in hours:
        total[month.app] = total.get(month.app, 0.0) + saved
    named = sorted(total, key=lambda app: -total[app])[:_MOST]
    stacked: dict[tuple[str, str], float] = {}
    for month, saved in reversed(hours):
        key = (month.month, _said(month.app) if month.app in named else _OTHERS)
        stacked[key] = round(stacked.get(key, 0.0) + saved, 1)
    order = [_said(app) for app in named] + [_OTHERS] * (len(total) > _MOST)
    bars = [{"day": month, "app": app, "hours": saved} for (month, app), saved in sorted(stacked.items())]
    charts.day_bars(bars, "hours", colour="app", order=order, title="Hours saved by month and app")


def _minutes(months: Sequence[AppMonth], user: User) -> Mapping[str, float]:
    """App → the minutes that a run is taken to save, as the fields have them."""
    own: dict[str, float] = {}
    for month in months:
        own[month.app] = max(own.get(month.app, 0.0), month.minutes)
    kept = minutes_assumed(session.database())
    st.header("The assumption")
    st.caption(
        "Hours saved = completed runs × minutes a run. The minutes are the apps' own estimate (`saves_minutes`) until "
        "an administrator sets others here. What is typed changes this view; what is saved holds for everybody."
    )
    with st.container(horizontal=True):
        typed = {
            app: st.number_input(
                f"{_said(app)}: minutes a run",
                min_value=0.0,
                max_value=600.0,
                value=float(kept.get(app, minutes)),
                step=5.0,
                format="%.0f",
                help=f"The app says {minutes:g}.",
                width=240,
                key=f"min-{app}",
            )
            for app, minutes in own.items()
        }
    changed = {app: value for app, value in typed.items() if value != kept.get(app, own[app])}
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button(
            "Save for everybody", disabled=not changed, on_click=_keep, args=(changed, own, user), key="minutes-save"
        )
        st.button(
            "Back to the apps' own",
            type="tertiary",
            disabled=not set(kept) & set(own),
            on_click=_keep,
            args=(own, own, user),
            key="minutes-own",
        )
        if set(kept) & set(own):
            st.caption(f"Set here: {', '.join(sorted(_said(app) for app in kept if app in own))}.")
    return typed


def _keep(changed: Mapping[str, float], own: Mapping[str, float], user: User) -> None:
    """Keeps what differs from the apps' own minutes, and forgets what no longer does."""
    assume(session.database(), {app: None if value == own[app] else value for app, value in changed.items()}, user)
    for app in changed:
        st.session_state.pop(f"min-{app}", None)


def _said(app: str) -> str:
    return app.replace("_", " ")
