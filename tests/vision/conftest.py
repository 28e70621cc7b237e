from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("av", reason="the extra 'vision' isn't installed")

from samples import seen


@pytest.fixture(scope="session")
def labelled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The labelled set of `samples.seen`, short."""
    folder = tmp_path_factory.mktemp("seen")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(seen, "SECONDS", 4)
        seen.make(folder)
    return folder
