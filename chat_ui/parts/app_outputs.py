"""A run's steps as they go, and its outputs as cards: to read, copy and download."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

import altair as alt
import streamlit as st

from apps.language import App
from apps.run import Context, InputsWrong, OutputValue, SourceQuote
from apps.run.inputs import shown
from apps.runner import RunResult, StepState, resume, run_app
from chat_ui.parts import components, export, session
from chat_ui.parts.answer_html import answer_html
from chat_ui.parts.passages import Excerpt
from core.spreadsheet import csv_text
from core.types import Citation, User

_STATES: Mapping[str, tuple[str, str]] = {
    "waiting": ("○", ""),
    "running": ("◐", "accent"),
    "done": ("✓", "good"),
    "skipped": ("–", ""),
    "asking": ("?", "accent"),
    "failed": ("✕", "bad"),
    "cancelled": ("✕", "warn"),
}
_COLOURS = ["#2f9388", "#c98a1b", "#7f8c9a", "#b8453c", "#5b6fb5", "#8a5a9e"]


def steps_html(states: Sequence[StepState]) -> str:
    """The steps in order, each with its newest state."""
    newest = {state.step: state for state in states}
    rows = []
    for state in newest.values():
        sign, kind = _STATES[state.state]
        took = f"{state.seconds:.2f} s" if state.state == "done" else ""
        more = " · ".join(filter(None, (state.detail, took)))
        rows.append(
            f'<li class="{kind}"><span class="sign" aria-hidden="true">{sign}</span>{escape(state.title)}'
            f'<span class="visually-hidden">: {state.state}</span> <span class="place">{escape(more)}</span></li>'
        )
    return f'<ul class="steps" aria-label="Steps">{"".join(rows)}</ul>'


def run_view(result: RunResult, key: str) -> None:
    """The outputs, what they rest on, and what to know about them.

    Args:
        key: Unique on the page.
    """
    if result.asks:
        names = ", ".join(map(shown, result.asks))
        components.state("The run waits for answers", f"It asks for {names}.")
    if result.status not in ("completed", "waiting"):
        if result.status == "cancelled":
            components.state("The run was cancelled", result.error, "warning")
        else:
            components.state("The run stopped", result.error, "error")
    for output in result.outputs:
        with st.container(border=True, key=f"{key}-{output.name}"):
            _output(output, result.evidence, f"{key}-{output.name}")
    for note in result.notes:
        st.html(f'<div class="note">{escape(note)}</div>')
    if result.evidence:
        with st.expander(f"What this rests on: {len(result.evidence)} places"):
            st.html(evidence_html(result.evidence))
    facts = [f"{result.app} {result.version}", f"{result.seconds:.1f} s"]
    facts += [f"{result.tokens:,} tokens"] if result.tokens else []
    facts += [f"saves about {result.saved_minutes:g} minutes"] if result.saved_minutes else []
    st.caption(" · ".join(facts))


def evidence_html(evidence: Sequence[SourceQuote]) -> str:
    """The numbered places that a run has read, each with its words."""
    rows = []
    for number, place in enumerate(evidence, start=1):
        title = escape(place.title)
        if place.url.startswith(("https://", "http://")):
            title = f'<a href="{escape(place.url)}" target="_blank" rel="noopener noreferrer">{title}</a>'
        quote = f'<div class="quote">{escape(place.quote)}</div>' if place.quote else ""
        rows.append(
            f'<li><span class="numbers">{number}</span><span class="title">{title}</span>'
            f'<span class="place">{escape(place.locator)}</span>{quote}</li>'
        )
    return f'<ul class="sources" aria-label="Evidence">{"".join(rows)}</ul>'


def _output(output: OutputValue, evidence: Sequence[SourceQuote], key: str) -> None:
    st.html(f'<div class="output-title">{escape(output.title)}</div>')
    match output.kind:
        case "email":
            _email(output.value, evidence, key)
        case "table":
            cells = [["" if c is None else escape(str(c)) for c in row] for row in output.value["rows"]]
            components.table(output.value["columns"], cells, label=output.title)
        case "chart":
            st.altair_chart(_chart(output.value), width="stretch")
        case "json":
            st.code(output.text, language="json", height=300)
        case _:
            st.html(_cited_html(output.text, evidence, key))
    with st.container(horizontal=True, gap="small", key=f"{key}-actions", vertical_alignment="center"):
        if "copy" in output.actions and output.text:
            components.copy_button(output.text)
        if "download" in output.actions:
            _downloads(output, key)


def _cited_html(text: str, evidence: Sequence[SourceQuote], key: str) -> str:
    """Markdown whose "[1]" open the place that they name."""
    citations = [
        Citation(number, place.document_id, place.title, place.url, place.quote, 0, 0, locator=place.locator)
        for number, place in enumerate(evidence, start=1)
        if f"[{number}]" in text
    ]
    return answer_html(text, citations, {c.marker: Excerpt(c.quote, exact=False) for c in citations}, key)


def _email(parts: Mapping[str, str], evidence: Sequence[SourceQuote], key: str) -> None:
    head = "".join(
        f"<dt>{name}</dt><dd>{escape(parts[field])}</dd>"
        for name, field in (("To", "to"), ("Subject", "subject"))
        if parts.get(field)
    )
    st.html(f'<div class="facts"><dl>{head}</dl></div>{_cited_html(parts["body"], evidence, key)}')


def _chart(value: Mapping[str, Any]) -> alt.Chart:
    """Lines over labels that stand in order, one a series."""
    labels = [str(label) for label in value["labels"]]
    rows = [
        {"label": label, "series": name, "value": series[n]}
        for name, series in value["series"].items()
        for n, label in enumerate(labels)
        if series[n] is not None
    ]
    chart = alt.Chart(alt.InlineData(values=rows))
    marked: alt.Chart = chart.mark_bar() if value.get("type") == "bar" else chart.mark_line(point=True)
    encoded: alt.Chart = marked.encode(
        x=alt.X("label:O", sort=labels, title=None),
        y=alt.Y("value:Q", title=value.get("unit") or None, scale=alt.Scale(zero=value.get("type") == "bar")),
        color=alt.Color("series:N", scale=alt.Scale(range=_COLOURS), title=None),
    )
    return encoded


def _downloads(output: OutputValue, key: str) -> None:
    name = output.name.replace("_", "-")
    if output.content:
        components.download(output.file_name, output.content, output.file_name, output.media_type, key=f"{key}-file")
        return
    match output.kind:
        case "table":
            text = csv_text(output.value["columns"], output.value["rows"])
            components.download("CSV", text, f"{name}.csv", "text/csv", key=f"{key}-csv")
        case "json":
            components.download("JSON", output.text, f"{name}.json", "application/json", key=f"{key}-json")
        case "markdown" | "email":
            components.download("Markdown", output.text, f"{name}.md", "text/markdown", key=f"{key}-md")
            components.download(
                "Word", lambda: export.text_as_word(output.text), f"{name}.docx", export.WORD_TYPE, key=f"{key}-docx"
            )


def run_here(app: App, given: dict[str, object], user: User, waits: RunResult | None = None) -> RunResult | None:
    """Runs the app with its steps shown as they go; None when the inputs were wrong, and the form then says so.

    Args:
        waits: A run that waits, which then goes on with `given` as the answers.
    """
    stop, shown = st.empty(), st.empty()
    # A click ends this run of the page, and with it the run of the app between two steps.
    stop.button("Cancel", key=f"cancel-{app.name}", icon=":material/stop:")
    states: list[StepState] = []
    context = Context(user, session.tools(), company=session.settings().company)
    result: RunResult | None = None
    try:
        for event in run_app(app, given, context) if waits is None else resume(app, waits, given, context):
            if isinstance(event, StepState):
                states.append(event)
                shown.html(steps_html(states))
            else:
                result = event
    except InputsWrong as error:
        # The page has two forms then, the app's and that of the questions.
        form = "problems" if waits is None else "answers"
        st.session_state[f"{form}-{app.name}"] = list(error.problems)
        st.rerun()
    stop.empty()
    return result
