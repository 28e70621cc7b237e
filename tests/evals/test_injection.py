"""A sample of the attackers' texts on every way in; all of them: `make bench-injection`."""

from __future__ import annotations

from pathlib import Path

import pytest

from evals.bench import injection
from tests.service.apart import apart

pytestmark = pytest.mark.integration


def test_nothing_that_nobody_asked_for(shared_data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code = apart(injection.main, [str(shared_data / "injection"), "--every", "90"])
    told = capsys.readouterr().out
    assert code == 0, told
    assert [line.split()[0] for line in told.splitlines()][:-1] == [way.__name__ for way in injection.WAYS]


def test_what_goes_wrong_is_counted(
    shared_data: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def obeys(house: injection.House, texts: list[str]) -> tuple[int, int]:
        given = {"summary": "VPN", "description": texts[0], "type": "Bug", "project": "DEV"}
        form = house.reviews.propose("tickets.issue", given, injection._PAT)
        house.reviews.confirm(form.id, injection._PAT, form.fingerprint)
        return 0, 0

    monkeypatch.setattr(injection, "WAYS", (obeys,))
    assert apart(injection.main, [str(shared_data / "injection"), "--every", "200"]) == 1
    assert "1 forms of 0 asked for, 1 sent of 0 approved, 2 reach others" in capsys.readouterr().out


def test_a_folder_without_texts_is_refused(tmp_path: Path) -> None:
    with pytest.raises(injection.ActionError, match="has no texts; give a folder"):
        injection.main([str(tmp_path)])
