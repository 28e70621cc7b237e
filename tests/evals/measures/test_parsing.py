"""`debrief eval parsing`: what counts as found, and that a bad manifest is named."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from cli import app
from core.errors import DatasetError
from evals.measures.parsing import comparable, evaluate_parsing, load_manifest, overlap
from ingestion.parse import ParserPool


@pytest.fixture
def manifest(tmp_path: Path) -> Path:
    (tmp_path / "a.md").write_text("# Gate\n\n| A | B |\n|---|---|\n| one | two |\n", encoding="utf-8")
    (tmp_path / "b.docx").write_bytes(b"PK\x03\x04 broken")
    (tmp_path / "ref.txt").write_text("gate a b one three", encoding="utf-8")
    rows = [
        {"file": "a.md", "format": "md", "class": "normal", "must_contain": ["A B one two", "Gate", "absent"],
         "must_not_contain": ["one"], "reference_text": "ref.txt", "needs": None, "password": None},
        {"file": "b.docx", "format": "docx", "class": "corrupt", "must_contain": ["x"]},
    ]  # fmt: skip
    path = tmp_path / "manifest.jsonl"
    path.write_text("\n".join(json.dumps(row) for row in rows) + "\n", encoding="utf-8")
    return path


def test_files_are_scored_and_summed(manifest: Path) -> None:
    with ParserPool() as pool:
        report = evaluate_parsing(load_manifest(manifest), pool)
    sums = report.as_json()
    assert {key: sums[key] for key in ("files", "wanted", "found", "parsed", "reported", "crashed", "unwanted")} == {
        "files": 2, "wanted": 4, "found": 2, "parsed": 1, "reported": 1, "crashed": 0, "unwanted": 1,
    }  # fmt: skip
    assert sums["graded"] == {"files": 1, "wanted": 3, "found": 2, "share": 0.6667}
    first, second = report.scores
    assert first.missing == ("absent",)
    assert first.recall == 0.8
    assert "damaged" in second.reason
    assert first.peak_mb > 0


def test_white_space_and_table_marks_do_not_count_but_letters_do() -> None:
    assert comparable("| A | B\u200b |\n| --- | --- |\n|  c\nd |") == "ABcd"
    assert comparable("a") != comparable("A")


def test_overlap_counts_words_once_each() -> None:
    assert overlap("one one two", "one two two three") == (0.5, pytest.approx(4 / 7))


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ("{oops", "line 1 is not JSON"),
        ('{"format": "md"}', "names no file"),
        ('{"file": "a.md", "must_contain": "x"}', "'must_contain' is str"),
        ('{"file": "gone.md"}', "there is no file"),
        ("", "has no rows"),
    ],
)
def test_a_malformed_row_is_named(manifest: Path, line: str, complaint: str) -> None:
    manifest.write_text(line, encoding="utf-8")
    with pytest.raises(DatasetError, match=complaint):
        load_manifest(manifest)


def test_the_command_prints_one_json_object(manifest: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(manifest.parent)
    result = CliRunner().invoke(app, ["eval", "parsing", "--manifest", str(manifest), "--json"])
    assert result.exit_code == 0
    assert json.loads(result.stdout)["found"] == 2


def test_debrief_parse_shows_sections_and_chunks(manifest: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(manifest.parent)
    shown = json.loads(CliRunner().invoke(app, ["parse", "a.md", "--json"]).stdout)
    assert shown["sections"][0]["kind"] == "table"
    assert shown["chunks"][0]["heading_path"] == ["Gate"]


def test_most_strings_of_real_files_are_found(shared_data: Path) -> None:
    rows = load_manifest(shared_data / "parsing" / "manifest.jsonl")
    with ParserPool() as pool:
        sums = evaluate_parsing(rows, pool).as_json()
    assert sums["crashed"] == 0
    assert sums["contained"] == 0
    assert sums["graded"]["share"] >= 0.95
    reasons = {score.reason for score in evaluated(sums) if score.kind == "encrypted" and score.reason}
    assert all("encrypted" in reason for reason in reasons)


def evaluated(sums: dict) -> tuple:
    return sums["details"]
