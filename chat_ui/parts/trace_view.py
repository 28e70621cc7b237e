"""A stored answer, stage by stage: for whoever looks after answers, within what that person may read."""

from __future__ import annotations

from html import escape

import streamlit as st

from chat_ui.parts import components, session
from chat_ui.parts.disclosure import Disclosure
from chat_ui.parts.words import outcome, way
from core import audit
from core.types import User

_PASSAGES = 12


def trace_view(trace_id: str, user: User, disclosure: Disclosure) -> None:
    """The trace, or why there is nothing to show. That somebody's else's was opened goes into the audit log."""
    trace = disclosure.trace(trace_id)
    if trace is None:
        components.state("This answer is no longer kept", f"There is no trace {trace_id}.")
        return
    seen = st.session_state.setdefault("traces-opened", set())
    if trace["user"] != user.email and trace_id not in seen:
        seen.add(trace_id)
        audit.record(session.database(), user, "opened trace", trace_id, f"an answer to {trace['user']}")
    shown = disclosure.trace_shown(trace)
    steps = " → ".join(f"{name} {seconds:.2f} s" for name, seconds in trace["seconds"].items())
    rows = [
        ("Asked", f"{components.local(trace['asked_at'])} by {escape(trace['user'])}"),
        ("Question", escape(trace["question"])),
        ("Searched for", escape("; ".join(trace["searched"]) or "nothing")),
        ("Way", escape(". ".join(filter(None, (way(trace["route"], user), trace["route_reason"]))))),
        ("Outcome", f"{escape(outcome(trace['outcome']))}, confidence {trace['confidence']:.2f}"),
        ("Time", escape(steps)),
    ]
    looked_up = "; ".join(
        f"{step['doing']} ({components.many(step['passages'], 'passage')})" for step in trace.get("steps", ())
    )
    if looked_up and shown:
        rows.append(("Looked up", escape(looked_up)))
    if trace["guardrails"]:
        rows.append(("Guardrails", escape("; ".join(trace["guardrails"]))))
    if trace["models"]:
        tokens = sum(int(m.get("input_tokens", 0)) + int(m.get("output_tokens", 0)) for m in trace["models"])
        rows.append(("Models", escape(f"{components.many(len(trace['models']), 'call')}, {tokens:,} tokens")))
    rows += [("Failed call", escape(failed)) for failed in disclosure.failures(trace)]
    if shown:
        rows.append(("Answer", escape(trace["answer"])))
        rows += [("Check", escape(" ".join(str(v) for v in check.values()))) for check in trace["checks"]]
    components.facts(f"Trace {trace_id}", "", rows)
    if not shown:
        components.state("The answer's words are left out", "It rests on documents that you may not read.")
    if trace["passages"]:
        components.table(
            ["Passage", "Text", "Vector", "Weights", "Score"],
            [_passage(p, disclosure) for p in trace["passages"][:_PASSAGES]],
            label="Passages of the trace",
        )


def _passage(passage: dict[str, object], disclosure: Disclosure) -> list[str]:
    why = passage["why"]
    assert isinstance(why, dict)
    document = str(passage["document_id"])
    known = disclosure.may_read(document)
    title = f"{passage['title']}, {passage['locator']}" if known and passage["locator"] else disclosure.name(document)
    weights = ", ".join(f"{b['attribute']}={b['value']} ×{b['factor']:g}" for b in why["boosts"])
    return [
        escape(title),
        _number(why["text"]),
        _number(why["vector"]),
        escape(weights) if known else "",
        _number(passage["score"]),
    ]


def _number(value: object) -> str:
    return f"{value:.3f}" if isinstance(value, int | float) else "–"
