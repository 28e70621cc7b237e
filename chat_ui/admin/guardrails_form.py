"""A guardrail made without YAML: a rule is filled in, and added to the file's text."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, get_args

import streamlit as st
import yaml

from assistant.checks.guardrails import Personal, parse_guardrails
from chat_ui.parts import components, session
from core.errors import DebriefError
from core.settings_text import with_item, with_value
from core.yaml_text import load_yaml

Put = Callable[[str], None]
_PROBLEM = "guardrails-form-problem"
_WORDS, _TOPIC, _HIDE = "Refuse questions with certain words", "Refuse a topic", "Hide personal data"


def guardrails_form(text: str, put: Put) -> None:
    """The rules that there are, in words, and a form for another one."""
    try:
        rules = load_yaml(text) or {}
        for title, said in described(rules):
            components.state(title, said)
    except (yaml.YAMLError, AttributeError, TypeError):
        components.state("The YAML isn't right yet", "Mend it there; then the rules are shown here.", "warning")
        return
    if problem := st.session_state.pop(_PROBLEM, ""):
        components.state("This rule can't be added", problem, "error")
    kind = st.selectbox("Add a rule", [_WORDS, _TOPIC, _HIDE], index=None, placeholder="Choose", key="rule-kind")
    if kind == _WORDS:
        _words(text, put)
    elif kind == _TOPIC:
        _topic(text, put)
    elif kind == _HIDE:
        _hide(text, put)


def described(rules: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Each rule as a title and a sentence."""
    for rule in rules.get("phrases") or []:
        yield f"Refuses questions with {_listed(rule.get('match', []))}", f"{rule.get('message', '')}{_whom(rule)}"
    for rule in rules.get("topics") or []:
        about = _listed(rule.get("examples", []))
        yield (
            f"Refuses the topic {rule.get('name', '')}",
            f"Questions like {about}: {rule.get('message', '')}{_whom(rule)}",
        )
    for rule in rules.get("restrict") or []:
        yield f"Limits questions with {_listed(rule.get('match', []))}", f"To {rule.get('filter', '')}.{_whom(rule)}"
    if rules.get("redact"):
        yield f"Hides {', '.join(rules['redact'])}", "In every answer."


def _listed(words: Sequence[str]) -> str:
    return ", ".join(f"“{word}”" for word in words)


def _whom(rule: Mapping[str, Any]) -> str:
    said = f" Only for {', '.join(rule['groups'])}." if rule.get("groups") else ""
    return said + (f" Not for {', '.join(rule['except_groups'])}." if rule.get("except_groups") else "")


def _words(text: str, put: Put) -> None:
    words = st.text_input("Words, several by commas", placeholder="salary, redundancy", key="rule-words")
    rule = {"match": [word.strip() for word in words.split(",") if word.strip()], **_said_and_whom()}
    _button(text, put, "phrases", rule, bool(rule["match"] and rule["message"]))


def _topic(text: str, put: Put) -> None:
    name = st.text_input("Topic", placeholder="mergers", key="rule-topic")
    examples = st.text_area(
        "Questions about it, one a line", key="rule-examples", placeholder="Which company are we buying?"
    )
    rule = {
        "name": name.strip(),
        "examples": [e.strip() for e in examples.splitlines() if e.strip()],
        **_said_and_whom(),
    }
    _button(text, put, "topics", rule, bool(rule["name"] and rule["examples"] and rule["message"]))


def _hide(text: str, put: Put) -> None:
    kinds = list(get_args(Personal))
    there = (load_yaml(text) or {}).get("redact") or []
    chosen = st.multiselect("What", kinds, [kind for kind in there if kind in kinds], key="rule-hide")
    st.button("Put it into the file", disabled=chosen == there, key="rule-add", on_click=_set, args=(text, put, chosen))


def _said_and_whom() -> dict[str, Any]:
    """What the person is told, and who is meant."""
    message = st.text_input("What the person is told", placeholder="Ask the people team.", key="rule-message")
    groups = sorted(session.directory().members)
    free = st.multiselect("But not for these groups", groups, key="rule-except", placeholder="It holds for everybody")
    return {"message": message.strip(), **({"except_groups": free} if free else {})}


def _button(text: str, put: Put, part: str, rule: Mapping[str, Any], ready: bool) -> None:
    st.button("Put it into the file", disabled=not ready, key="rule-add", on_click=_add, args=(text, put, part, rule))
    st.caption("It holds once the file is saved; what it would do to people's last questions stands beside.")


def _add(text: str, put: Put, part: str, rule: Mapping[str, Any]) -> None:
    _changed(lambda: with_item(text, part, rule), put)


def _set(text: str, put: Put, chosen: list[str]) -> None:
    _changed(lambda: with_value(text, ("redact",), chosen), put)


def _changed(change: Callable[[], str], put: Put) -> None:
    try:
        text = change()
        parse_guardrails(text, Path("guardrails"))
    except DebriefError as error:
        st.session_state[_PROBLEM] = str(error)
        return
    put(text)
