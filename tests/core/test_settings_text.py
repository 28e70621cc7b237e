"""A change of the settings touches nothing else in the file, or is refused."""

from __future__ import annotations

import difflib
from pathlib import Path

import pytest

from core.errors import SettingsError
from core.settings_text import with_item, with_value
from core.yaml_text import load_yaml

DEPLOYED = (Path(__file__).parents[2] / "debrief.yaml").read_text(encoding="utf-8")
NEW = {"name": "notes", "kind": "files", "path": "/srv/notes", "allow": ["group:sales"]}


def changed_lines(before: str, after: str) -> list[str]:
    lines = difflib.unified_diff(before.splitlines(), after.splitlines(), lineterm="", n=0)
    return [line for line in lines if line[0] in "+-" and line[:3] not in ("+++", "---")]


def test_a_source_is_added_below_the_last_one_and_every_remark_stays() -> None:
    after = with_item(DEPLOYED, "sources", NEW)
    assert changed_lines(DEPLOYED, after) == [
        "+  - name: notes",
        "+    kind: files",
        "+    path: /srv/notes",
        "+    allow: ['group:sales']",
    ]


@pytest.mark.parametrize(
    ("keys", "value", "lines"),
    [
        (("sources", "handbook", "paused"), True, ["-    paused: false", "+    paused: true "]),
        (("sources", "totango", "paused"), True, ["+    paused: true"]),
        (("sources", "totango", "readers"), [], ["-    readers: [group:leadership]", "+    readers: []"]),
        (("guardrails_file",), "guardrails.yaml", ["-guardrails_file: null", "+guardrails_file: guardrails.yaml"]),
        (("sources", "handbook", "path"), "a: b #c", ["-    path: samples", "+    path: 'a: b #c'"]),
    ],
)
def test_one_value_is_one_line(keys: tuple[str, ...], value: object, lines: list[str]) -> None:
    found = changed_lines(DEPLOYED, with_value(DEPLOYED, keys, value))
    assert len(found) == len(lines)
    assert all(line.startswith(begin) for line, begin in zip(found, lines, strict=True))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "company: X\n",
        "sources:\n",
        "sources: []   # none yet\ncompany: X\n",
        "company: X\nsources: null",
        "sources:\n- {name: a, kind: files} # x\n# the end\ncompany: y\n",
        "sources:\n- name: a\n  query: >-\n    SELECT 1\n    -- no remark\n\n# c\nz: 1",
        'sources:\n    -   name: "a"\n        path: |\n            x\n            # y\n',
        "# ünï\r\nsources:\r\n- name: a\r\n",
    ],
)
def test_whatever_way_the_file_is_written(text: str) -> None:
    before = load_yaml(text) or {}
    added = with_item(text, "sources", {"name": "new", "kind": "files"})
    entries = [*(before.get("sources") or []), {"name": "new", "kind": "files"}]
    assert load_yaml(added) == {**before, "sources": entries}
    paused = with_value(added, ("sources", "new", "paused"), True)
    assert load_yaml(paused)["sources"][-1] == {"name": "new", "kind": "files", "paused": True}
    weighed = with_value(paused, ("retrieval", "weights_file"), "w.yaml")
    assert load_yaml(weighed)["retrieval"] == {"weights_file": "w.yaml"}
    assert [r for r in ("none yet", "# x", "# the end", "# c", "ünï") if r in text and r not in weighed] == []


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        ("sources: [{name: a}]", None),
        ("a: &x {name: b}\nsources: [*x]\n", None),
        ("sources:\n  - name: a\n    allow:\n      # mind this\n      - everyone\n", ("sources", "a", "allow")),
        ("- a\n- b\n", ("company",)),
        ("company: [", ("company",)),
    ],
)
def test_what_would_touch_more_is_refused(text: str, keys: tuple[str, ...] | None) -> None:
    with pytest.raises(SettingsError):
        with_value(text, keys, []) if keys else with_item(text, "sources", NEW)
