"""Publishing: what changed in words, the tests, and either a version or a review by a second person."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from html import escape

import streamlit as st

from apps.authoring.differences import audience_in_words, changes_in_words
from apps.language import App
from apps.publish import AppVersion, all_apps
from apps.publish.approval import (
    RETURNED,
    WAITING,
    ask_for_review,
    last_review,
    review_needed,
    withdraw,
)
from apps.publish.versions import app_difference, publish, rollback
from chat_ui.parts import components, session
from chat_ui.studio.testing import counted, last_results, tested_now
from chat_ui.studio.try_out import unreleased
from chat_ui.studio.work import Work, published
from core.errors import AppError
from core.types import User


def release(work: Work, user: User) -> None:
    """Draws what would be published, how, and the versions that there are."""
    _answered(work, user)
    if work.app is None:
        components.state("It can be published when it is right", "What is missing stands beside its field.")
    else:
        _offer(work, work.app, user)
    if work.versions:
        _versions(work.versions, user)


def _answered(work: Work, user: User) -> None:
    """What a second person said of the last review, or that they haven't yet."""
    review = last_review(session.database(), work.key)
    if review is None:
        return
    if review.state == WAITING:
        since = components.ago(review.asked_at)
        components.state(f"Version {review.version} waits for a second person", f"{review.author} asked {since}.")
        if review.author == user.email and st.button("Take it back", type="tertiary", key="studio-withdraw"):
            withdraw(session.database(), review.id, user)
            st.rerun()
    elif review.state == RETURNED:
        components.state(f"{review.reviewer} asks for changes in version {review.version}", review.notes, "warning")


def _offer(work: Work, app: App, user: User) -> None:
    engine = session.database()
    current = next((v for v in work.versions if v.current), None)
    changes = changes_in_words(current.written if current else None, work.text)
    if current is not None and not changes and current.written == work.text:
        components.state("Nothing changed", f"The text is that of version {current.version}.")
        return
    title = f"What is new since version {current.version}" if current else "What it does"
    components.state(title, "" if changes else "Only how the file is written.", items=changes)
    if current is not None:
        with st.expander("The same line by line"):
            shown = app_difference(current.written, work.text, (f"version {current.version}", "this text"))
            components.diff(shown, f"Changes since version {current.version}")
    version = _version(work, app)
    known = all_apps(session.settings(), engine)[0].get(app.name)
    reason = review_needed(app, user, session.settings().auth, known.app if known else None)
    st.caption(
        components.plain(
            f"It is for {audience_in_words(app)}. First: {counted(len(app.tests))}; if all pass it is verified."
        )
    )
    unverified = st.checkbox("Also if tests fail, or there are none (it isn't verified then)", key="studio-unverified")
    said = ""
    if reason:
        components.state("A second person reads it first", f"{reason}; whoever agrees publishes it.")
        said = st.text_area("What they should know (optional)", key="studio-said", height=80, max_chars=1000)
    button = f"Ask for a review of {version}" if reason else f"Publish as {version}"
    if st.button(button, type="primary", key="studio-publish"):
        try:
            _go(work, app, version, user, reason=reason, said=said, unverified=unverified)
        except AppError as error:
            components.error_state(error)
    elif (results := last_results(work)) is not None:
        _failures(results)


def _version(work: Work, app: App) -> str:
    """The version that the person publishes as; the next one of its kind stands there already."""
    suggested = next_version(app.version, [v.version for v in work.versions])
    key = f"studio-version-{work.key}-{suggested}"
    return st.text_input("Publish as", suggested, key=key, width=160, max_chars=12).strip()


def next_version(version: str, taken: Sequence[str]) -> str:
    """The version, or the first after it that isn't taken: 0.1, then 0.2."""
    while version in taken:
        parts = version.split(".")
        parts[-1] = str(int(parts[-1]) + 1)
        version = ".".join(parts)
    return version


def _go(work: Work, app: App, version: str, user: User, *, reason: str, said: str, unverified: bool) -> None:
    """Tests the text under its version, and publishes it or asks for a review. Raises AppError: it may not go."""
    if not re.fullmatch(r"\d+(\.\d+){0,2}", version):
        raise AppError(f"Found {version!r}; write a version such as 0.2.")
    if refusal := unreleased(app, user):
        raise AppError(refusal)
    if version != app.version:
        work.edit(lambda form: replace(form, version=version))
        work.check()
    assert work.app is not None
    results = tested_now(work, work.app, user)
    failed = [r for r in results if not r.passed]
    if (failed or not results) and not unverified:
        _failures(results)
        why = f"{len(failed)} of {len(results)} tests fail" if failed else "it has no tests"
        raise AppError(f"Version {version} isn't verified: {why}; mend that, or tick the box above.")
    engine = session.database()
    if reason:
        ask_for_review(engine, work.text, results, user, said)
        told = f"Version {version} waits for a second person; you read here what they say."
    else:
        made = publish(engine, work.text, f"{work.app.name}.yaml", results, user.email, unverified=unverified)
        told = f"Version {made.version} is published; people use it from now on, {_earned(made)}."
    published(work, work.app.name, user, told, keep=bool(reason))
    st.rerun()


def _earned(version: AppVersion) -> str:
    return "and it is verified" if version.verified else "but it is not verified"


def _failures(results: Sequence[object]) -> None:
    failed = [r for r in results if getattr(r, "problems", ())]
    if failed:
        items = [f"{getattr(r, 'name', '')}: {' '.join(getattr(r, 'problems', ()))}" for r in failed]
        components.state(f"{len(failed)} of {len(results)} tests failed", kind="warning", items=items)


def _versions(versions: list[AppVersion], user: User) -> None:
    components.table(
        ["Version", "State", "Published", "By", "Tests"],
        [
            [
                escape(v.version),
                " ".join(
                    [components.badge("in use", "accent")] * v.current
                    + [components.badge("verified", "good")] * v.verified
                ),
                f"{v.published_at:%Y-%m-%d %H:%M}",
                escape(v.author),
                f"{sum(bool(t['passed']) for t in v.tests)} of {len(v.tests)} passed",
            ]
            for v in versions
        ],
        label="Versions",
    )
    older = [v.version for v in versions if not v.current]
    if older:
        with st.container(horizontal=True, vertical_alignment="bottom"):
            target = st.selectbox("Go back to version", older, key="studio-rollback", width=200)
            if st.button("Use this version"):
                rollback(session.database(), versions[0].app, target, user.email)
                st.session_state.pop("studio-work", None)
                st.rerun()
