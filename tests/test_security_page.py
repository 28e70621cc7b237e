"""docs/security.md and docs/reliability.md name, in each row of their tables, tests that there are."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
LISTS = {"LLM": 10, "ASI": 10}


def rows(page: str) -> list[str]:
    """The rows of the page's tables, without their heads."""
    lines = (ROOT / "docs" / page).read_text(encoding="utf-8").splitlines()
    return [line for line in lines if line.startswith("| ") and not line.startswith(("| threat |", "| fault |"))]


def is_there(named: str) -> bool:
    """Whether the test file, and the test in it if one is named, exists."""
    file, _, test = named.partition("::")
    path = ROOT / file
    return path.is_file() and (not test or f"def {test}(" in path.read_text(encoding="utf-8"))


@pytest.mark.parametrize(("page", "least"), [("security.md", 35), ("reliability.md", 20)])
def test_every_row_names_tests_that_exist(page: str, least: int) -> None:
    found = {row: re.findall(r"`(tests/[^`]+\.py(?:::\w+)?)`", row.split(" | ")[-1]) for row in rows(page)}
    assert len(found) >= least
    assert [row[:60] for row, named in found.items() if not named] == []
    assert [name for named in found.values() for name in named if not is_there(name)] == []


def test_both_lists_of_owasp_are_there_whole() -> None:
    first = " ".join(row.split("|")[1] for row in rows("security.md"))
    for name, number in LISTS.items():
        assert {f"{name}{n:02}" for n in range(1, number + 1)} <= set(re.findall(rf"{name}\d\d", first))
