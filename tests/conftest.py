"""Fixtures that every test may use."""

from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def project_root() -> Path:
    return Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def shared_data(project_root: Path) -> Path:
    """The shared test material beside the project; a test that needs it is skipped where it isn't."""
    folder = project_root.parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip("the shared test material (../shared/data) is not on this machine")
    return folder
