"""docs/security.md names tests that there are."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[1]


def test_every_test_that_the_threat_model_names_exists() -> None:
    named = re.findall(r"`(tests/[^`]+\.py)`", (ROOT / "docs" / "security.md").read_text(encoding="utf-8"))
    assert len(set(named)) > 15
    assert [name for name in named if not (ROOT / name).is_file()] == []
