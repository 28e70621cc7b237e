"""Each app of the library has a page in docs/apps that tells of every input as its file has it."""

import re

import pytest

from apps.publish.catalogue import LIBRARY
from apps.publish.load import load_app

APPS = [load_app(file) for file in sorted(LIBRARY.glob("*.yaml"))]
ROW = re.compile(r"^\| `(\w+)` \| (\w+) \| (required|optional|default [^|]+?) \| .{5,} \|$", re.MULTILINE)


@pytest.mark.parametrize("app", APPS, ids=lambda a: a.name)
def test_the_page_of_an_app_tells_of_its_inputs(app, project_root):
    page = (project_root / "docs" / "apps" / f"{app.name}.md").read_text(encoding="utf-8")
    needs = {i.name: "required" if i.required else "optional" for i in app.inputs}
    needs |= {i.name: f"default {i.default}" for i in app.inputs if i.default is not None}
    assert ROW.findall(page) == [(i.name, i.type, needs[i.name]) for i in app.inputs]
    for part in ("Inputs", "Example", "How it works", "What it doesn't do", "Run time"):
        assert f"\n## {part}\n" in page
    assert f"debrief apps run {app.name} --input" in page


def test_there_is_no_page_without_an_app(project_root):
    assert {f.stem for f in (project_root / "docs" / "apps").glob("*.md")} == {a.name for a in APPS}
