from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from core.types import Parsed

FILES = Path(__file__).with_name("files")


@pytest.fixture(scope="session")
def real(shared_data: Path) -> Path:
    """The files of other projects; skipped where they aren't."""
    return shared_data / "parsing" / "files"


@pytest.fixture(scope="session")
def made() -> Callable[[str], bytes]:
    """The bytes of a file of `files/`, by its name."""
    return lambda name: (FILES / name).read_bytes()


def sections(parsed: Parsed) -> list[tuple[str, tuple[str, ...], str]]:
    """Kind, headings and text of each section."""
    return [(section.kind, section.heading_path, section.text) for section in parsed.sections]


def notes(parsed: Parsed) -> dict[str, str]:
    """The notes by what they are."""
    return {section.locator: section.text for section in parsed.sections if section.kind == "note"}
