"""What waits for a second person: changes in words, tests, what it can read and do, and a yes or notes."""

from __future__ import annotations

from html import escape

import streamlit as st

from apps.authoring.differences import audience_in_words, changes_in_words
from apps.authoring.powers import powers
from apps.publish.approval import Review, approve, may_review, open_reviews, request_changes
from apps.publish.versions import app_difference, list_versions
from chat_ui.parts import components, session
from chat_ui.studio.try_out import unreleased
from core.errors import AppError
from core.types import User


def waiting_reviews(user: User) -> None:
    """Draws the reviews that this person can decide; nothing where none waits."""
    waiting = [review for review in open_reviews(session.database()) if may_review(review, user)]
    for review in waiting:
        try:
            # A name: an address would become a link, and a link has no place in what opens a part of the page.
            who = session.directory().person(review.author).name or review.author.partition("@")[0]
            title = f"{review.load().title} {review.version}, by {who}, waits for your review"
        except AppError as error:
            components.error_state(error)
            continue
        with st.expander(components.plain(title), icon=":material/rate_review:", key=f"review-{review.id}"):
            _review(review, user)


def _review(review: Review, user: User) -> None:
    app = review.load()
    current = next((v for v in list_versions(session.database(), review.app) if v.current), None)
    if review.said:
        components.state(f"{session.directory().person(review.author).name or review.author} says", review.said)
    changes = changes_in_words(current.written if current else None, review.written)
    components.state(f"What is new since version {current.version}" if current else "What it does", items=changes)
    can = powers(app)
    components.facts(
        f"What “{app.title}” can do",
        "",
        [
            ("Whom it is for", escape(audience_in_words(app))),
            ("It reads", "<br>".join(map(escape, can.reads)) or "nothing"),
            ("It makes", "<br>".join(map(escape, can.makes)) or "nothing"),
            ("It does", "<br>".join(map(escape, can.acts))),
        ],
    )
    _tests(review)
    with st.expander("The same line by line"):
        before = current.written if current else type(review.written)("")
        components.diff(app_difference(before, review.written, ("before", review.version)), "Changes line by line")
    _decision(review, user)


def _tests(review: Review) -> None:
    if not review.tests:
        components.state("It has no tests", "Approved like this it is published and not verified.", "warning")
        return
    rows = [
        [
            components.badge("passed", "good") if test.passed else components.badge("failed", "bad"),
            escape(test.name),
            "<br>".join(map(escape, test.problems)),
        ]
        for test in review.tests
    ]
    components.table(["Result", "Test", "What didn't hold"], rows, label="Tests of the version under review")


def _decision(review: Review, user: User) -> None:
    green = bool(review.tests) and all(test.passed for test in review.tests)
    notes = st.text_area("Notes for the author", key=f"notes-{review.id}", height=80, max_chars=2000)
    with st.container(horizontal=True):
        label = "Approve and publish" if green else "Approve and publish, not verified"
        yes = st.button(label, type="primary", key=f"approve-{review.id}")
        no = st.button("Ask for changes", key=f"return-{review.id}")
    try:
        if yes:
            if refusal := unreleased(review.load(), user):
                raise AppError(refusal)
            made = approve(session.database(), review.id, user, unverified=not green)
            st.session_state["studio-told"] = (
                f"{review.load().title} {made.version} is published; people use it from now on."
            )
            st.session_state.pop("studio-work", None)
            st.rerun()
        if no:
            request_changes(session.database(), review.id, user, notes)
            st.session_state["studio-told"] = f"{review.author} reads your notes in the Studio."
            st.rerun()
    except AppError as error:
        components.error_state(error)
