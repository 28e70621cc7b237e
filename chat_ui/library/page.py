"""The apps: find one, fill in its form, watch its steps, take its outputs away."""

from __future__ import annotations

from collections import Counter
from html import escape

import streamlit as st

from apps.kept import PastRun, my_runs, record_run, stored_result
from apps.kept.runs import forget_result, rate_run
from apps.kept.usage import usage
from apps.language import App
from apps.publish import Available
from apps.run import Problem
from chat_ui.library.form_collection import collection_page, collections
from chat_ui.parts import components, session
from chat_ui.parts.app_form import app_form
from chat_ui.parts.app_outputs import run_here
from chat_ui.parts.waiting import run_or_form, waiting_for
from chat_ui.write_back.offers import run_offers
from core.errors import AppError, DebriefError
from core.text.languages import LANGUAGES
from core.types import User


def page(user: User) -> None:
    """The library, or the page of the app that the address names."""
    apps, wrong = session.apps(user)
    chosen = apps.get(str(st.query_params.get("app", "")))
    if chosen is not None:
        _app(chosen, user)
        return
    _library(list(apps.values()), user)
    for error in wrong if session.is_author(user) else ():
        components.error_state(error)


def _library(apps: list[Available], user: User) -> None:
    st.title("Apps")
    waiting_for(user)
    text = st.text_input("Find an app", placeholder="What do you want to get done?", key="find-app")
    labels = sorted({label for available in apps for label in available.app.labels})
    wanted: list[str] = []
    if labels:
        wanted = st.pills("Labels", labels, selection_mode="multi", key="app-labels", label_visibility="collapsed")
    words = (text or "").casefold().split()
    shown = [a for a in apps if set(wanted) <= set(a.app.labels) and all(w in _words(a.app) for w in words)]
    if not shown:
        components.state("No app fits" if apps else "There is no app for you yet", "Ask an author for it.")
        return
    used: Counter[str] = Counter()
    for one in usage(session.database()):
        used[one.app] += one.runs
    for begin in range(0, len(shown), 3):
        for column, available in zip(st.columns(3), shown[begin : begin + 3], strict=False):
            app = available.app
            with column, st.container(border=True, height="stretch", key=f"card-{app.name}"):
                facts = [f"about {app.saves_minutes:g} minutes saved"] if app.saves_minutes else []
                facts += [f"{used[app.name]:,} run{'s' * (used[app.name] > 1)}"] if used[app.name] else []
                facts += (
                    [", ".join(LANGUAGES.get(code, code) for code in app.languages)] if len(app.languages) > 1 else []
                )
                badge = components.badge("verified", "good") if available.verified else ""
                marks = " ".join(map(components.badge, app.labels))
                st.html(
                    f'<div class="app-card"><div class="title">{escape(app.title)} {badge}</div>'
                    f'<div class="text">{escape(app.description)}</div><div class="labels">{marks}</div>'
                    f'<div class="place">{escape(" · ".join([f"version {app.version}", *facts]))}</div></div>'
                )
                st.button("Open", key=f"open-app-{app.name}", on_click=_open, args=(app.name,))


def _words(app: App) -> str:
    """What a search looks in."""
    return " ".join((app.title, app.description, app.name, *app.labels)).casefold()


def _open(name: str) -> None:
    st.query_params["app"] = name


def _close() -> None:
    st.query_params.pop("app", None)
    st.query_params.pop("collect", None)


def _app(available: Available, user: User) -> None:
    app = available.app
    st.button("All apps", icon=":material/arrow_back:", type="tertiary", on_click=_close)
    st.title(components.plain(app.title))
    st.caption(components.plain(f"{app.description} Version {app.version}, owned by {app.owner}."))
    collection = str(st.query_params.get("collect", ""))
    if collection:
        collection_page(app, collection, user)
        return
    problems: list[Problem] = st.session_state.pop(f"problems-{app.name}", [])
    left, right = st.columns([2, 3], gap="large")
    with left:
        try:
            given = app_form(app, user, f"form-{app.name}", problems=problems)
        except DebriefError as error:
            components.error_state(error)
            given = None
        if app.inputs:
            collections(app, user)
    with right:
        if given is not None:
            result = run_here(app, given, user)
            if result is not None:
                st.session_state[f"chosen-{app.name}"] = record_run(session.database(), result, user)
        _history(app, user)


def _history(app: App, user: User) -> None:
    """The person's runs of the app, and the result of the one that is chosen."""
    runs = {run.id: run for run in my_runs(session.database(), user, app.name)}
    if not runs:
        components.state("Nothing has run yet", "Fill in the form and press Run; the result comes here.")
        return
    key = f"chosen-{app.name}"
    if st.session_state.get(key) not in runs:
        st.session_state[key] = next(iter(runs))
    chosen = str(next(iter(runs)))
    if len(runs) > 1:
        chosen = st.selectbox("My runs", list(runs), format_func=lambda run: _named(runs[run]), key=key)
    try:
        result = stored_result(session.database(), chosen, user, session.readable)
        result = run_or_form(chosen, result, user, f"run-{chosen}")
        run_offers(result, chosen, user, f"run-{chosen}")
    except AppError as error:
        components.error_state(error)
        return
    with st.container(horizontal=True, gap="small", vertical_alignment="center", key=f"run-{chosen}-actions"):
        thumb = st.feedback("thumbs", key=f"thumb-{chosen}")
        if thumb is not None:
            rate_run(session.database(), chosen, bool(thumb), user)
        st.button("Delete this result", type="tertiary", key=f"forget-{chosen}", on_click=_forget, args=(chosen, user))


def _forget(run: str, user: User) -> None:
    forget_result(session.database(), run, user)


def _named(run: PastRun) -> str:
    state = "" if run.status == "completed" else run.status
    when = components.local(run.started_at)
    return " · ".join(filter(None, (when, run.subject, state)))
