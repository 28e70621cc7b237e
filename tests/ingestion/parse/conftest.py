from __future__ import annotations

from collections.abc import Callable

import pytest

from core.types import Parsed
from ingestion.parse import parse


@pytest.fixture
def text_of() -> Callable[[bytes, str], str]:
    """All section texts of a file, with the headings above each."""

    def read(body: bytes, name: str) -> str:
        return flat(parse(body, name))

    return read


def flat(parsed: Parsed) -> str:
    return "\n".join("\n".join([*section.heading_path, section.text]) for section in parsed.sections)
