"""What had been changed before a run, and by whom: the first thing that one asks when figures fall."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

import streamlit as st

from chat_ui.parts import components, session
from core import audit
from evals.report import Report
from evals.suite import EvaluationRun

# What the environment of a run calls it → what people call it, the trail's action, and the page that shows it.
_CAUSES = {
    "weights": ("The weights", "changed weights", "admin?admin-tab=Weights"),
    "guardrails": ("The guardrails", "changed guardrails", "admin?admin-tab=Guardrails"),
    "settings": ("The settings", "changed settings", "sources"),
    "rules": ("The rules for metadata", "", ""),
    "apps": ("An app", "published app", "studio"),
    "cases": ("The cases", "accepted case", "quality?quality-tab=To+review"),
    "index": ("The documents", "", "sources?sources-tab=Runs"),
    "code": ("Debrief itself", "", ""),
    "model": ("The language model", "", ""),
    "embedding": ("The model that searches", "", ""),
    "prompts": ("The prompts", "", ""),
}
_SOURCES = ("added source", "changed source", "paused source", "resumed source")


def causes(run: EvaluationRun, baseline: EvaluationRun | None, admin: bool) -> list[str]:
    """A line of HTML for each thing that is another than before, with who changed it and when, and where to look."""
    if baseline is None:
        return []
    changed = [name for name, _, _ in Report(run, {}, baseline).changed_settings]
    entries = [e for e in audit.recorded(session.database(), baseline.started_at) if e.at <= run.started_at]
    return [_line(name, entries, admin) for name in changed if name in _CAUSES]


def causes_view(run: EvaluationRun, baseline: EvaluationRun | None, admin: bool) -> None:
    """The lines, before any figure."""
    lines = causes(run, baseline, admin)
    if lines:
        items = "".join(f"<li>{line}</li>" for line in lines)
        st.html(
            f'<div class="state" role="status"><div class="title">Changed before this run</div><ul>{items}</ul></div>'
        )


def _line(name: str, entries: Sequence[audit.AuditEntry], admin: bool) -> str:
    what, action, address = _CAUSES[name]
    actions = (action, *_SOURCES) if name == "settings" else (action,)
    found = next((e for e in entries if action and e.action in actions), None)
    # Administrators read who it was in the trail as well.
    who = "" if found is None else f" by {escape(found.user)}" if admin else " by an administrator"
    when = "" if found is None else f" at {components.local(found.at)}"
    said = f"{what} {'were' if what.endswith('s') else 'was'} changed{who}{when}"
    return f'<a href="/{address}" target="_self">{said}</a>' if address and admin else said
