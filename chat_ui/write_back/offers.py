"""The forms that a result offers, as buttons, and those that were opened already, under it."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from actions.connections import Action
from actions.proposals import Evidence, from_origin
from actions.review import Reviews, open_reviews
from apps.run import OfferedForm, SourceQuote
from apps.runner import RunResult
from chat_ui.parts import components, session
from chat_ui.write_back.form import review
from core.errors import DebriefError
from core.types import User


@st.cache_resource(show_spinner=False)
def reviews() -> Reviews:
    """The reviews of this server. Raises SettingsError: an entry of `actions:` is wrong."""
    return open_reviews(session.settings(), session.database())


def run_offers(result: RunResult, run: str, user: User, key: str, edited: Mapping[str, str] | None = None) -> None:
    """What the run can write into the systems that are open to this person; nothing where there is none.

    Args:
        edited: A text of the run → what the person has made of it, which goes into the forms instead.
    """
    if not result.offers or not run or not session.settings().actions:
        return
    try:
        known = reviews()
        opened = from_origin(known.engine, user, "run", run)
        done = {p.form.origin.get("offer") for p in opened if p.state not in ("cancelled", "undone")}
        with st.container(key=f"{key}-write-back"):
            for number, offer in enumerate(result.offers):
                for action in known.actions.fitting(offer.to, user):
                    name = f"{number} {action.id}"
                    if name not in done:
                        _offer(action, offer, user, {"run": run, "offer": name}, key, edited=edited or {})
            for proposal in opened:
                review(known, proposal.id, user, f"{key}-{proposal.id}")
    except DebriefError as error:
        components.error_state(error)


def _offer(
    action: Action, offer: OfferedForm, user: User, origin: Mapping[str, str], key: str, *, edited: Mapping[str, str]
) -> None:
    label = f"{action.title}: {offer.title}" if offer.title else action.title
    key = f"{key}-offer-{origin['offer']}"
    if st.button(components.plain(label), key=key, icon=":material/edit_square:", help="Opens a form; nothing is sent"):
        try:
            evidence = {name: tuple(map(_evidence, quotes)) for name, quotes in offer.evidence.items()}
            made = reviews().propose(action.id, offer.fields, user, evidence, origin)
            changed = {name: edited[text.strip()] for name, text in offer.fields.items() if text.strip() in edited}
            if changed:  # beside what it was filled in from, so that the form says that the person changed it
                reviews().edit(made.id, changed, user)
        except DebriefError as error:
            components.error_state(error)
            return
        st.rerun()


def _evidence(quote: SourceQuote) -> Evidence:
    return Evidence(quote.quote, quote.title, quote.locator, quote.document_id, quote.url)


def answer_form(proposal: str, user: User, key: str) -> None:
    """The form that a message in the conversation has asked for."""
    try:
        review(reviews(), proposal, user, key)
    except DebriefError as error:
        components.error_state(error)
