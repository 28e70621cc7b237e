"""Sixty confirmations under fire: what `python -m evals.bench.actions` does with a thousand."""

from __future__ import annotations

import pytest

from evals.bench.actions import main


@pytest.mark.integration
def test_sixty_confirmations_are_sixty_records(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--forms", "60", "--kills", "4", "--seed", "3"]) == 0
    said = capsys.readouterr().out
    assert "60 records, 0 missing, 0 twice, 0 of nobody" in said
    assert " 0 faults" not in said and " 0 kills" not in said
