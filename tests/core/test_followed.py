"""A value follows its files, and the one before goes on where the newest can't be made."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.errors import SettingsError
from core.followed import Followed, files_stamp


def test_a_changed_file_counts_at_once_and_a_wrong_one_leaves_the_old(tmp_path: Path) -> None:
    file = tmp_path / "rules"
    made: list[str] = []

    def make() -> str:
        text = file.read_text() if file.exists() else ""
        made.append(text)
        if not text or "wrong" in text:
            raise SettingsError(f"{text} can't be used; mend it.")
        return text

    followed = Followed(lambda: files_stamp([file]), make)
    with pytest.raises(SettingsError):
        followed.now()
    file.write_text("one")
    assert followed.now() == followed.now() == "one"
    file.write_text("wrong")
    assert followed.now() == followed.now() == "one"
    assert "mend it" in followed.problem
    file.write_text("three")
    assert (followed.now(), followed.problem) == ("three", "")
    assert made == ["", "one", "wrong", "three"], "made once for each state of the file"
