"""Where authors build an app: its form and its YAML beside what it gives, its tests, what changed, and its release."""

from __future__ import annotations

import streamlit as st

from apps.language.examples import read_examples
from apps.publish.load import AppText
from chat_ui.parts import components
from chat_ui.studio.begin import copy, start
from chat_ui.studio.build import build
from chat_ui.studio.facts import facts
from chat_ui.studio.fields import show
from chat_ui.studio.keys import keys_table
from chat_ui.studio.release import release
from chat_ui.studio.review import waiting_reviews
from chat_ui.studio.testing import counted, tests
from chat_ui.studio.try_out import trial
from chat_ui.studio.work import Work, begin, choose, chosen, keep, open_work, throw_away, titles
from chat_ui.studio.yaml_editor import yaml_editor
from core.errors import AppError
from core.types import User

NEW = ""


def page(user: User) -> None:
    """The page; app.py gives it to authors alone."""
    st.title("Studio")
    conversation = st.session_state.pop("studio-draft", None)
    if conversation is not None:
        begin(str(conversation), user, "Made of what you asked in a conversation.")
    # What is told here comes and goes, and may not move what is below it (`fields.problems` says why).
    with st.container():
        waiting_reviews(user)
    told_here = st.container()
    known = titles(user)
    key = chosen()
    if told := st.session_state.pop("studio-told", ""):
        with told_here:
            components.state(str(told))
    if key not in known:
        key = NEW
    names = {NEW: "New app …", **known}
    with st.container(horizontal=True, vertical_alignment="bottom", key="studio-head"):
        choose(names, key)
        if key:
            st.button("Copy this app", on_click=copy, args=(key, known, user), disabled=key not in _copyable(known))
    if not key:
        st.query_params.pop("app", None)
        start(known, user)
        return
    st.query_params["app"] = key
    _work(open_work(key, user), user)


def _copyable(known: dict[str, str]) -> set[str]:
    """What has a file or a version; a draft is copied by whoever writes it once it is one."""
    return {name for name in known if len(name) != 32}


def _work(work: Work, user: User) -> None:
    work.late = False
    work.check()
    left, right = st.columns(2, gap="large")
    with left:
        _written(work)
        _state(work, user)
    with right, st.container(key="studio-side"):
        name, tab = components.open_tab(["Try", "Facts", "Tests", "Requests", "Publish", "Keys"], "studio-tab")
        with tab:
            match name:
                case "Try":
                    trial(work, user)
                case "Facts":
                    facts(work, user)
                case "Tests":
                    tests(work, user)
                case "Requests":
                    _requests(work)
                case "Publish":
                    release(work, user)
                case "Keys":
                    keys_table()
    keep(work, user)
    if work.late:
        st.rerun()


def _written(work: Work) -> None:
    """The app as a form, or as its file."""
    name, tab = components.open_tab(["Build", "YAML"], "studio-view")
    with tab:
        if name == "Build":
            build(work)
        else:
            wrong = next((w.message for w in work.wrong if work.app is None), "")
            yaml_editor(
                "The app's file", work.text.yaml, "studio-yaml", wrong, revision=work.revision,
                changed=lambda text: work.put(text, elsewhere=False),
            )  # fmt: skip
            st.caption("Ctrl+Space lists the words that fit; it is checked while you type. The form says the same.")
            components.download("YAML", work.text.yaml, "app.yaml", "application/yaml", key="studio-download")


def _state(work: Work, user: User) -> None:
    """Whether it is right, and where it is kept."""
    if work.is_blank:
        components.state(
            "Nothing is filled in yet", "Begin with a title; what is still missing stands beside its field."
        )
    elif work.app is None:
        first = work.wrong[0].message if work.wrong else ""
        components.state("Not right yet", first, "warning")
    else:
        components.state(
            "The app is right", f"{work.app.title}, version {work.app.version}, {counted(len(work.app.tests))}."
        )
    if work.text != work.base:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.caption("Kept as your draft at every change." + (" It was left like this." if work.restored else ""))
            st.button(
                "Throw this draft away", type="tertiary", key="studio-away", on_click=throw_away, args=(work, user)
            )


def _requests(work: Work) -> None:
    """More examples of requests, in the file beside the app's, and messages that are for search."""
    show("studio-examples", work.text.examples, lambda text: _with_requests(work, str(text)))
    st.text_area(
        "More messages for this app, one a line", height=360, key="studio-examples",
        help='A message after "not:" is for search. Three of them stand in the form already.',
        on_change=lambda: _with_requests(work, str(st.session_state["studio-examples"])),
    )  # fmt: skip
    try:
        found = read_examples(work.text.examples, "Examples")
    except AppError as error:
        components.error_state(error)
        return
    own = components.many(len(found.own), "message")
    st.caption(f"{own} for this app, {len(found.counter)} for search, beside those in its form.")


def _with_requests(work: Work, examples: str) -> None:
    work.text = AppText(work.text.yaml, examples)
