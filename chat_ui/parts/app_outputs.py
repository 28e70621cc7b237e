"""A run's steps as they go, and its outputs as cards: to read, copy and download."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

import altair as alt
import streamlit as st

from apps.language import App
from apps.run import Context, InputsWrong, OutputValue, SourceQuote
from apps.run.inputs import shown
from apps.runner import RunResult, StepState, resume, run_app
from chat_ui.parts import components, export, session
from chat_ui.parts.answer_html import answer_html, cell_html
from chat_ui.parts.edits import Edits
from chat_ui.parts.passages import Excerpt
from core.spreadsheet import csv_text
from core.tables import markdown_table, read_rows
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
# How a run says that a step has no value for something.
_MISSING = re.compile(r"the parameter '(\w+)' came out as (?:None|nothing|'')")
_COLOURS = ["#2f9388", "#c98a1b", "#7f8c9a", "#b8453c", "#5b6fb5", "#8a5a9e"]


def steps_html(states: Sequence[StepState]) -> str:
    """The steps in order, each with its newest state."""
    newest = {state.step: state for state in states}
    rows = []
    for state in newest.values():
        sign, kind = _STATES[state.state]
        took = f"{state.seconds:.2f} s" if state.state == "done" else ""
        # Why a step isn't needed is a condition of the app's file.
        detail = "not needed here" if state.state == "skipped" else state.detail
        more = " · ".join(filter(None, (detail, took)))
        rows.append(
            f'<li class="{kind}"><span class="sign" aria-hidden="true">{sign}</span>{escape(state.title)}'
            f'<span class="visually-hidden">: {state.state}</span> <span class="place">{escape(more)}</span></li>'
        )
    return f'<ul class="steps" aria-label="Steps">{"".join(rows)}</ul>'


def run_view(result: RunResult, key: str, edits: Edits | None = None, name: str = "") -> None:
    """The outputs, what they rest on, and what to know about them.

    Args:
        key: Unique on the page.
        edits: With it, the texts and tables can be changed where they stand.
        name: What the files are named after besides their title and the day, such as a customer.
    """
    if result.asks:
        names = ", ".join(map(shown, result.asks))
        components.state("The run waits for answers", f"It asks for {names}.")
    if result.status not in ("completed", "waiting"):
        if result.status == "cancelled":
            components.state("The run was cancelled", result.error, "warning")
        else:
            components.state("The run stopped", in_words(result.error), "error")
    for output in result.outputs:
        with st.container(border=True, key=f"{key}-output-{output.name}"):
            _Card(output, result.evidence, f"{key}-output-{output.name}", edits, name).draw()
    for note in result.notes:
        st.html(f'<div class="note">{escape(note)}</div>')
    if result.evidence:
        with st.expander(f"What this rests on: {components.many(len(result.evidence), 'place')}"):
            st.html(evidence_html(result.evidence))
    facts = [f"took {result.seconds:.1f} s"]
    facts += [f"{result.tokens:,} tokens"] if result.tokens else []
    facts += [f"saves about {result.saved_minutes:g} minutes"] if result.saved_minutes else []
    st.caption(" · ".join(facts))


def edited_texts(result: RunResult, edits: Edits) -> dict[str, str]:
    """Each output's text that the person has changed → what they have made of it."""
    originals = {output.name: _original(output) for output in result.outputs}
    shown_now = {text: edits.shown(name, text) for name, text in originals.items() if text}
    return {text.strip(): now for text, now in shown_now.items() if now != text}


def in_words(error: str) -> str:
    """An app's error for whoever ran it: a value that a step hasn't got is said as what is missing."""
    missing = _MISSING.search(error)
    if missing is None:
        return error
    needed = missing.group(1).replace("_", " ")
    return f"The app needs “{needed}” and hasn't found it; attach it, or name the customer and the day that it is of."


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


@dataclass(frozen=True)
class _Card:
    """One output on the page: to read, change, copy and download."""

    output: OutputValue
    evidence: Sequence[SourceQuote]
    key: str
    edits: Edits | None
    name: str

    def draw(self) -> None:
        """The card's content and its buttons."""
        output = self.output
        st.html(f'<div class="output-title">{escape(output.title)}</div>')
        # A file has its own bytes, and what it says stands in another card: its name is enough.
        if output.content:
            _downloads(output, output.text, self.key, self.name)
            return
        original = _original(output)
        text = self.edits.shown(output.name, original) if self.edits is not None else original
        if self.edits is not None and original and self.edits.editing(output.name, text):
            return
        self._content(text, text != original)
        with st.container(horizontal=True, gap="small", key=f"{self.key}-actions", vertical_alignment="center"):
            whole = _whole(output, text, original)
            if "copy" in output.actions and output.text:
                components.copy_button(whole)
            if "download" in output.actions:
                _downloads(output, whole, self.key, self.name, changed=text != original)
            if self.edits is not None and original:
                self.edits.buttons(output.name, text)

    def _content(self, text: str, changed: bool) -> None:
        output = self.output
        match output.kind:
            case "email":
                _email({**output.value, "body": text}, self.evidence, self.key)
            case "table" if not changed:
                cells = [["" if c is None else cell_html(str(c)) for c in row] for row in output.value["rows"]]
                components.table(output.value["columns"], cells, output.title, "group")
            case "chart":
                st.altair_chart(_chart(output.value), width="stretch")
            case "json":
                _data(output)
            case _:
                st.html(_cited_html(text, self.evidence, self.key))


def _original(output: OutputValue) -> str:
    """The output's words as Markdown, as far as they can be changed; empty for a chart or data."""
    match output.kind:
        case "email":
            return str(output.value["body"])
        case "table":
            return markdown_table(output.value["columns"], output.value["rows"])
        case "chart" | "json":
            return ""
        case _:
            return output.text


def _whole(output: OutputValue, text: str, original: str) -> str:
    """What is copied: a mail with its head."""
    if text == original:
        return output.text
    return output.text.replace(original, text) if output.kind == "email" else text


def _data(output: OutputValue) -> None:
    """Data as a table where it is one; else for other programs, folded away."""
    rows = output.value if isinstance(output.value, list) else []
    if rows and all(isinstance(row, dict) for row in rows):
        columns = list(dict.fromkeys(name for row in rows for name in row))
        cells = [[escape(_plain(row.get(name))) for name in columns] for row in rows]
        components.table([name.replace("_", " ").capitalize() for name in columns], cells, output.title, "group")
        return
    with st.expander("Data for other programs"):
        st.code(output.text, language="json", height=300)


def _plain(value: object) -> str:
    if isinstance(value, list | tuple):
        return ", ".join(map(_plain, value))
    if isinstance(value, dict):
        return "; ".join(f"{name}: {_plain(one)}" for name, one in value.items())
    return "" if value is None else str(value)


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


def _downloads(output: OutputValue, text: str, key: str, name: str, changed: bool = False) -> None:
    def named(ending: str) -> str:
        return export.file_name(ending, name, output.title, components.today())

    if output.content:
        ending = output.file_name.rpartition(".")[2]
        components.download(named(ending), output.content, named(ending), output.media_type, key=f"{key}-file")
        return
    match output.kind:
        case "table":
            columns, *rows = read_rows(text) if changed else [output.value["columns"], *output.value["rows"]]
            components.download("CSV", csv_text(columns, rows), named("csv"), "text/csv", key=f"{key}-csv")
        case "json":
            components.download("JSON", output.text, named("json"), "application/json", key=f"{key}-json")
        case "markdown" | "email":
            components.download("Markdown", text, named("md"), "text/markdown", key=f"{key}-md")
            title = " – ".join(filter(None, (output.title, name)))
            components.download(
                "Word", lambda: export.text_as_word(text, title), named("docx"), export.WORD_TYPE, key=f"{key}-docx"
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
