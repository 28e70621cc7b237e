"""What every parser keeps. A new one is picked up from `formats.PARSERS`."""

from __future__ import annotations

import importlib
import inspect

import pytest

from core.errors import ParseError
from ingestion.parse import formats
from ingestion.parse.detect import _BY_NAME, detect
from ingestion.parse.draft import Budget, File

EACH = pytest.mark.parametrize("kind", formats.PARSERS)
SUFFIX = {kind: suffix for suffix, kind in _BY_NAME.items()}
# No file of any format: neither what it begins with nor what comes after.
DAMAGED = (b"\x00" * 40, b"\xff\xfe\x00garbage\x00" * 50, b"PK\x03\x04" + b"\x01\x02" * 200, b"<<<{{{[[[(((" * 30)


@EACH
def test_it_is_found_by_a_files_name(kind: str) -> None:
    assert kind in SUFFIX
    if kind in ("text", "markdown", "csv", "transcript"):
        assert detect(b"some words", f"name.{SUFFIX[kind]}") == kind


@EACH
def test_it_is_a_function_of_a_file(kind: str) -> None:
    module, _, name = formats.PARSERS[kind].rpartition(".")
    function = getattr(importlib.import_module(f"ingestion.parse.{module}"), name)
    assert name.startswith("parse_") and function.__doc__
    assert [p.annotation for p in inspect.signature(function).parameters.values()] == ["File"]


@EACH
@pytest.mark.parametrize("body", DAMAGED, ids=["zeros", "utf-16", "zip", "brackets"])
def test_what_it_can_not_read_ends_in_a_reason_or_in_text_never_in_a_crash(kind: str, body: bytes) -> None:
    try:
        parsed = formats._parser(kind)(File(body, f"damaged.{SUFFIX[kind]}", "", Budget()))
    except ParseError as error:
        assert len(str(error)) > 15
    else:
        assert not any("\0" in section.text for section in parsed.sections)
