"""The sample workspace as the tests read it: plain text of each file, without the product's own parsers."""

from __future__ import annotations

import email
import email.policy
import json
import re
from collections.abc import Callable
from pathlib import Path

import docx
import openpyxl
import pptx
import pypdfium2
import pytest
import yaml
from bs4 import BeautifulSoup

from samples.builders.world import SAMPLES, WORKSPACE


def plain_text(path: Path) -> str:
    """All words of a file, in any order, joined by single spaces."""
    match path.suffix:
        case ".docx":
            document = docx.Document(str(path))
            cells = [c.text for t in document.tables for row in t.rows for c in row.cells]
            parts = [p.text for p in document.paragraphs] + cells
        case ".pptx":
            parts = []
            for slide in pptx.Presentation(str(path)).slides:
                for shape in slide.shapes:
                    if shape.has_text_frame:
                        parts.append(shape.text_frame.text)
                    if shape.has_table:
                        parts += [cell.text for row in shape.table.rows for cell in row.cells]
                if slide.has_notes_slide:
                    parts.append(slide.notes_slide.notes_text_frame.text)
        case ".xlsx":
            book = openpyxl.load_workbook(path)
            values = [v for s in book for row in s.iter_rows(values_only=True) for v in row if v is not None]
            parts = [f"{v:,}" if isinstance(v, int) else str(v) for v in values]
        case ".pdf":
            pdf = pypdfium2.PdfDocument(path)
            parts = [pdf[i].get_textpage().get_text_range() for i in range(len(pdf))]
            pdf.close()
        case ".eml":
            parts = [email.message_from_bytes(path.read_bytes(), policy=email.policy.default).get_body().get_content()]
        case ".vtt":
            parts = re.findall(r"<v [^>]+>(.+?)</v>", path.read_text(encoding="utf-8"))
        case ".html":
            parts = [BeautifulSoup(path.read_text(encoding="utf-8"), "lxml").get_text(" ")]
        case ".json":
            parts = [BeautifulSoup(json.dumps(json.loads(path.read_text()), ensure_ascii=False), "lxml").get_text(" ")]
        case _:
            parts = [path.read_text(encoding="utf-8")]
    return re.sub(r"\s+", " ", " ".join(parts)).replace("**", "")


@pytest.fixture(scope="session")
def text_of() -> Callable[[Path], str]:
    cache: dict[Path, str] = {}

    def read(path: Path) -> str:
        if path not in cache:
            cache[path] = plain_text(path)
        return cache[path]

    return read


@pytest.fixture(scope="session")
def documents() -> dict[str, Path]:
    """Document id → file, for the sources whose documents are files."""
    found = {}
    for source, folder in (("handbook", "files"), ("s3", "s3"), ("sharepoint", "sharepoint")):
        root = WORKSPACE / folder
        for path in sorted(root.rglob("*")):
            hidden = path.name.startswith("_") or path.name == "acl.json" or path.name.endswith(".metadata.json")
            if path.is_file() and not hidden:
                found[f"{source}:{path.relative_to(root).as_posix()}"] = path
    return found


@pytest.fixture(scope="session")
def questions() -> list[dict]:
    return [json.loads(line) for line in (SAMPLES / "questions.jsonl").read_text(encoding="utf-8").splitlines()]


@pytest.fixture(scope="session")
def directory() -> dict:
    return yaml.safe_load((SAMPLES / "users.yaml").read_text(encoding="utf-8"))
