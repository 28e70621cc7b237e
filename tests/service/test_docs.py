"""The examples of docs/api.md, run as they stand there."""

from __future__ import annotations

import asyncio
import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from core.keys import SCOPES
from tests.service.apart import apart
from tests.service.conftest import ANA, Served

pytestmark = pytest.mark.integration
PAGE = (Path(__file__).parents[2] / "docs" / "api.md").read_text(encoding="utf-8")
SHELL = re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL)
PYTHON = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
SAID = (
    "480", "event: sentence", "travel.md", "Dear Peter", "PT", "204", "Yes, through", ".docx", "/actions?form=",
    '"people":["peter@', '"answers":0', '"person":"Monika"', "last good copy", "plans.md", '"sources":["handbook"],"runs":[{',
)  # fmt: skip


@pytest.mark.skipif(not shutil.which("curl"), reason="needs curl")
def test_the_commands(served: Served, address: str, tmp_path: Path) -> None:
    assert len(SHELL) == len(SAID)
    environment = {"URL": address, "KEY": served.key(ANA, *SCOPES), "PATH": "/usr/bin:/bin"}
    for command, wanted in zip(SHELL, SAID, strict=True):
        done = subprocess.run(
            ["sh", "-c", command], env=environment, capture_output=True, text=True, timeout=60, cwd=tmp_path
        )
        assert wanted in done.stdout, (command, done.stdout, done.stderr)
        environment |= _named_later(done.stdout)
    assert (tmp_path / "Greeting.docx").read_bytes().startswith(b"PK")


def _named_later(said: str) -> dict[str, str]:
    """What an answer has that later commands name."""
    found: dict[str, Any] = json.loads(said) if said.startswith("{") else {}
    if "citations" in found:
        named = {"TRACE": found["trace"], "DOCUMENT": found["citations"][0]["document"]}
        return {**named, "CONVERSATION": found["conversation"]}
    return {"RUN": found["id"]} if "outputs" in found else {}


def test_the_programs(served: Served, address: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert len(PYTHON) == 4
    for program in PYTHON:
        names: dict[str, object] = {"URL": address, "KEY": served.key(ANA, *SCOPES)}
        exec(compile(program, "docs/api.md", "exec"), names)
        if "main" in names:
            apart(lambda: asyncio.run(names["main"]()))  # type: ignore[operator]  # noqa: B023
        said = capsys.readouterr().out
        assert any(word in said for word in ("480", "quarter", "id='OPS-")), (program, said)


def test_every_route_of_the_table_is_there(served: Served) -> None:
    document = served.client.get("/api/openapi.json").json()["paths"]
    stated = re.sub(r"\{\w+\}", "{}", PAGE)
    for path in document:
        short = re.sub(r"\{\w+\}", "{}", path.removeprefix("/api/v1"))
        ending = re.search(r"/[^/{]+(/\{\})?$", short)
        assert f"{short}`" in stated or f"{short}," in stated or (ending and f"…{ending[0]}`" in stated), path
