"""A run's results as its outputs: text to show and copy, tables, charts, files."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from apps.language import Action, Guard, Output, OutputKind, evaluate
from apps.run.schemas import schema_problem, value_problem
from core.errors import AppError
from core.tables import headed, markdown_table

_FILE_KINDS = ("docx", "pptx", "xlsx")


@dataclass(frozen=True, slots=True)
class OutputValue:
    """One output.

    Attributes:
        text: What is shown and copied; for a file, its content as Markdown.
        value: The structured value: e-mail parts, table, chart, JSON.
        content: A file's bytes; empty for the others.
    """

    name: str
    kind: OutputKind
    title: str
    text: str
    value: Any = None
    content: bytes = b""
    file_name: str = ""
    media_type: str = ""
    actions: tuple[Action, ...] = ()


def make_output(output: Output, values: Mapping[str, Any], guard: Guard) -> OutputValue:
    """The output over a run's values.

    Raises:
        AppError: its value doesn't fit its kind or its schema, or is over the limit.
    """
    value = filled(output.value, values, guard)
    made = _made(output, value)
    if len(made.text) > guard.max_chars:
        raise AppError(
            f"The output '{output.name}' has {len(made.text):,} characters and the limit is {guard.max_chars:,}; "
            "shorten it, or raise limits.output_chars."
        )
    return made


def filled(value: Any, values: Mapping[str, Any], guard: Guard) -> Any:
    """`value` with every expression in it filled in."""
    if isinstance(value, str):
        return evaluate(value, values, guard=guard)
    if isinstance(value, Mapping):
        return {key: filled(item, values, guard) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [filled(item, values, guard) for item in value]
    return value


def redacted_output(output: OutputValue, redact: Callable[[str], str]) -> OutputValue:
    """The output without personal data in what is shown. A file's bytes were redacted when it was made."""
    return replace(output, text=redact(output.text), value=redacted_value(output.value, redact))


def redacted_value(value: Any, redact: Callable[[str], str]) -> Any:
    """`value` with every text in it redacted."""
    if isinstance(value, str):
        return redact(value)
    if isinstance(value, Mapping):
        return {key: redacted_value(item, redact) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [redacted_value(item, redact) for item in value]
    return value


def _made(output: Output, value: Any) -> OutputValue:
    title = output.title or output.name.replace("_", " ").capitalize()
    common: dict[str, Any] = {"name": output.name, "kind": output.kind, "title": title, "actions": output.actions}
    match output.kind:
        case "markdown":
            return OutputValue(**common, text=str(value))
        case "email":
            if not isinstance(value, Mapping) or not {"subject", "body"} <= set(value):
                raise _misfit(output, value, "a mapping with subject and body (and to)")
            parts = {k: str(v) for k, v in value.items()}
            head = f"To: {parts['to']}\n" if parts.get("to") else ""
            return OutputValue(**common, text=f"{head}Subject: {parts['subject']}\n\n{parts['body']}", value=parts)
        case "table":
            if not isinstance(value, Mapping) or "columns" not in value or "rows" not in value:
                raise _misfit(output, value, "a mapping with columns and rows")
            table = _table(value["columns"], value["rows"])
            return OutputValue(**common, text=_table_text(table["columns"], table["rows"]), value=table)
        case "chart":
            if not isinstance(value, Mapping) or not {"labels", "series"} <= set(value):
                raise _misfit(output, value, "a mapping with labels and series")
            labels = [str(v) for v in value["labels"]]
            columns = ["", *map(str, value["series"])]
            rows = [[label, *(s[n] for s in value["series"].values())] for n, label in enumerate(labels)]
            return OutputValue(**common, text=_table_text(columns, rows), value=dict(value))
        case "json":
            return OutputValue(**common, text=_json(output, value), value=value)
        case _:
            if not isinstance(value, Mapping) or "content" not in value:
                raise _misfit(output, value, "the file of a render step, such as {{ document.file }}")
            return OutputValue(
                **common,
                text=str(value.get("text", "")),
                content=value["content"],
                file_name=str(value["name"]),
                media_type=str(value["media_type"]),
            )


def _table(columns: Any, rows: Any) -> dict[str, Any]:
    headings, cells = headed(columns, rows)
    return {"columns": headings, "rows": cells}


def _table_text(columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    return markdown_table(columns, rows) if rows else ""


def _json(output: Output, value: Any) -> str:
    if output.schema_ is not None:
        if problem := schema_problem(output.schema_):
            raise AppError(f"The schema of the output '{output.name}' is wrong: {problem}")
        if problem := value_problem(output.schema_, value):
            raise AppError(f"The output '{output.name}' breaks its schema {problem}.")
    return json.dumps(value, ensure_ascii=False, indent=2, default=str)


def _misfit(output: Output, value: Any, wanted: str) -> AppError:
    return AppError(
        f"The output '{output.name}' is a {output.kind} and its value is a {type(value).__name__}; give it {wanted}."
    )
