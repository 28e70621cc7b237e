"""docs/security.md and docs/reliability.md name tests that there are."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.mark.parametrize(("page", "least"), [("security.md", 15), ("reliability.md", 15)])
def test_every_test_that_the_page_names_exists(page: str, least: int) -> None:
    named = re.findall(r"`(tests/[^`]+\.py)`", (ROOT / "docs" / page).read_text(encoding="utf-8"))
    assert len(set(named)) >= least
    assert [name for name in named if not (ROOT / name).is_file()] == []
