"""A test from a run that went wrong, or right: what was put in, what was read, and what must (not) come of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ruamel.yaml.comments import CommentedMap, CommentedSeq

from apps.authoring.app_yaml import plain, read_yaml, styled, written_yaml
from apps.language import App, AppFile
from apps.runner import RunResult
from core.errors import AppError

# A file's text longer than that doesn't belong into an app's file.
_MOST_CHARS = 20_000


def checked_by(
    app: App, result: RunResult, given: Mapping[str, Any], *, must: str = "", must_not: str = ""
) -> dict[str, Any]:
    """The test, as it stands in an app's file.

    Args:
        must, must_not: What the result must say, and what it may not; one at least.

    Raises:
        AppError: neither is said, the run gave nothing to hold it against, or an attached file is too long.
    """
    if not must.strip() and not must_not.strip():
        raise AppError("Nothing is said; write what the result must say, or what it may not.")
    outputs = [o for o in app.outputs if o.kind not in ("json", "chart")] or list(app.outputs)
    expected: dict[str, Any] = {"output": outputs[0].name}
    if must.strip():
        expected["contains"] = [" ".join(must.split())]
    if must_not.strip():
        expected["excludes"] = [" ".join(must_not.split())]
    titles = {e.document_id: e.title for e in result.evidence if e.document_id}
    inputs = {name: _value(value, titles) for name, value in given.items() if value not in (None, "", [], ())}
    said = must.strip() or f"not {must_not.strip()}"
    test: dict[str, Any] = {"name": f"{_short(inputs)}{said[:50]}", "inputs": inputs}
    if titles:
        test["indexed"] = sorted(titles)
    return {**test, "expect": [expected]}


def with_test(text: str, test: Mapping[str, Any]) -> str:
    """The file with the test behind those that it has, under a name that is free."""
    data = read_yaml(text)
    if not isinstance(data.get("tests"), CommentedSeq):
        data["tests"] = CommentedSeq()
    names = {plain(t.get("name")) for t in data["tests"] if isinstance(t, Mapping)}
    name = next(n for n in (test["name"], *(f"{test['name']} ({k})" for k in range(2, 999))) if n not in names)
    data["tests"].append(CommentedMap({key: styled(part) for key, part in {**test, "name": name}.items()}))
    return written_yaml(data, text)


def _value(value: Any, titles: Mapping[str, str]) -> Any:
    """The value as a test has it: a file by its text, an indexed document by its title."""
    if isinstance(value, AppFile):
        if len(value.text) > _MOST_CHARS:
            raise AppError(
                f"{value.name} has {len(value.text):,} characters, over {_MOST_CHARS:,}; put it into the folder of "
                "samples and name its path in the test."
            )
        return {"name": value.name, "text": value.text}
    if isinstance(value, list | tuple):
        return [_value(part, titles) for part in value]
    return (
        titles.get(value, value)
        if isinstance(value, str)
        else value
        if isinstance(value, bool | int | float)
        else str(value)
    )


def _short(inputs: Mapping[str, Any]) -> str:
    first = next((str(v) for v in inputs.values() if isinstance(v, str)), "")
    return f"{' '.join(first.split())[:40]}: " if first else ""
