"""What stands on the page before anything is asked: questions that are answered, apps, and the person's customers.

Finding them takes seconds, so a thread does it, once for people of the same rights.
"""

from __future__ import annotations

import logging
import threading
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from html import escape

import streamlit as st

from apps.kept.usage import runs_since
from apps.run import Tools
from assistant.ask import Assistant
from chat_ui.chat.app_turn import NextQuestion, ask_next
from chat_ui.chat.start_customers import Customer, customers_of
from chat_ui.chat.start_questions import Example, answered_questions
from chat_ui.parts import components, session
from core.database import utc_now
from core.errors import DebriefError
from core.text.locale import long_date
from core.types import Principal, User

log = logging.getLogger(__name__)

_QUESTIONS, _APPS, _CUSTOMERS = 4, 3, 6
_USED_FOR = timedelta(days=180)


@dataclass
class Found:
    """What was found for people of the same rights; filled by a thread."""

    examples: list[Example] = field(default_factory=list)
    customers: list[Customer] = field(default_factory=list)
    failed: bool = False
    done: bool = False


def start_view(user: User) -> None:
    """Draws what is found by now; while more is looked for, the page draws itself again."""
    found = _found(tuple(sorted(user.principals())), user.email, user)
    if found.failed:  # such as before the first sync: looked for again when the page is drawn next
        _found.clear()
    _draw(found, user)


@st.cache_resource(ttl=3 * 3_600, max_entries=500, show_spinner=False)
def _found(principals: tuple[Principal, ...], email: str, _user: User) -> Found:
    # The principals are the cache's key: nobody gets a question from a document that they may not read.
    found = Found()
    threading.Thread(target=_fill, args=(found, _user, session.assistant, session.tools), daemon=True).start()
    return found


def _draw(found: Found, user: User) -> None:
    # What was found is kept for a while; whether its documents may still be read is asked now.
    named = {e.document_id for e in found.examples}.union(*(c.documents for c in found.customers))
    readable = session.readable(named, user)
    examples = [e.question for e in found.examples if e.document_id in readable]
    if examples or not found.done:
        with st.container(gap="small", key="start-questions" if found.done else "start-looking"):
            for number, question in enumerate(examples):
                st.button(
                    components.plain(question),
                    key=f"start-question-{number}",
                    on_click=ask_next,
                    args=(question,),
                    icon=":material/chat_bubble:",
                    type="tertiary",
                )
            if not found.done:
                # static/copy.js presses it now and then while nothing else is done on the page.
                st.html('<div class="note" role="status">Looking for questions that your documents answer …</div>')
                st.button("Look again", key="start-look")
    _draw_apps(user)
    _draw_customers([c for c in found.customers if c.documents <= readable], user)


def _draw_apps(user: User) -> None:
    apps, _ = session.apps(user)
    names = used_apps(list(apps), user)
    if not names:
        return
    with st.container(horizontal=True, gap="small", key="start-apps"):
        for name in names:
            st.button(
                components.plain(apps[name].app.title),
                key=f"start-app-{name}",
                icon=":material/widgets:",
                help=components.plain(apps[name].app.description),
                on_click=_open_app,
                args=(name,),
            )


def used_apps(apps: Sequence[str], user: User, most: int = _APPS) -> list[str]:
    """So many of the apps: those that the person runs most, then those that everybody does."""
    runs = runs_since(session.database(), utc_now() - _USED_FOR)
    own, all_runs = Counter(r.app for r in runs if r.user == user.email), Counter(r.app for r in runs)
    return sorted(apps, key=lambda name: (-own[name], -all_runs[name]))[:most]


def _open_app(name: str) -> None:
    st.session_state["open-page"] = "apps"
    st.session_state["open-with"] = {"app": name}


def _draw_customers(customers: Sequence[Customer], user: User) -> None:
    mine = [c for c in customers if c.mine]
    shown = (mine or customers)[:_CUSTOMERS]
    if not shown:
        return
    brief = _brief_app(user)
    with st.container(key="customers", gap=None):
        st.html(f"<h2>{'My customers' if mine else 'Customers'}</h2>")
        for number, customer in enumerate(shown):
            with st.container(horizontal=True, gap="small", key=f"customer-{number}", vertical_alignment="center"):
                asked = (brief, customer.name)
                name = components.plain(customer.name)
                st.button(name, key=f"about-{number}", type="tertiary", on_click=_about, args=asked)
                facts = f'{_health(customer.health)}<span class="place">{escape(_renewal(customer.renewal))}</span>'
                st.html(f'<div class="customer">{facts}</div>')


def _brief_app(user: User) -> tuple[str, str, str]:
    """(Name, title, input) of the app that is used most of those that need a customer and nothing else; or empty."""
    apps, _ = session.apps(user)
    for name in used_apps(list(apps), user, most=len(apps)):
        needed = [item for item in apps[name].app.inputs if item.required]
        if len(needed) == 1 and needed[0].type == "account":
            return name, apps[name].app.title, needed[0].name
    return "", "", ""


def _about(app: tuple[str, str, str], customer: str) -> None:
    """Asks where the customer stands: by such an app, or as a question."""
    name, title, asked = app
    if name:
        text = f"{title}: {customer}"
        st.session_state["next-question"] = NextQuestion(text, f"app:{name}", inputs={asked: customer})
    else:
        ask_next(f"Where does {customer} stand?")


def _health(health: str) -> str:
    kinds: Mapping[str, str] = {"green": "good", "yellow": "warn", "amber": "warn", "red": "bad"}
    return f'<span class="badge {kinds.get(health.casefold(), "")}">{escape(health)}</span>' if health else ""


def _renewal(day: date | None) -> str:
    return f"renewal {long_date(day, 'en')}" if day else ""


def _fill(found: Found, user: User, assistant: Callable[[], Assistant], tools: Callable[[], Tools]) -> None:
    try:
        opened = assistant()
        found.customers = customers_of(tools(), user)
        for example in answered_questions(opened, user):
            found.examples.append(example)
            if len(found.examples) == _QUESTIONS:
                break
    except DebriefError as error:
        # The page says to whoever asks what is wrong.
        found.failed = True
        log.info("the start page has no examples: %(reason)s", {"reason": str(error)})
    except Exception:
        # An extra: nobody's page may break for it.
        log.warning("the start page has no examples", exc_info=True)
    finally:
        found.done = True
