"""The judge of comparisons: what counts as told, as right and as false, and the pairs that come with Debrief."""

from pathlib import Path

import pytest

from core.errors import DatasetError
from evals.measures.changed_templates import GoldPair, evaluate_pairs, judged

GOLD = GoldPair.model_validate(
    {
        "figures": [{"label": "wait", "before": "48 min", "after": "0.9 h", "verdict": "worse"}],
        "changes": [["pump", "no longer"]],
        "also": ["printed on"],
    }
)
ROW = {"label": "Waiting time", "before": "48 min", "after": "0.9 h", "verdict": "worse"}
LINES = ["Waiting time: 48 min → 0.9 h", "The pump works. → The pump no longer works.", "Printed on paper"]


def test_what_is_told_and_right():
    found = judged("1", GOLD, LINES, [ROW])
    assert (found.changes, found.found, found.figures, found.right, found.false) == (2, 2, 1, 1, ())


@pytest.mark.parametrize(
    ("lines", "row", "right", "false"),
    [
        (LINES, ROW | {"verdict": "better"}, 0, 1),
        (LINES, ROW | {"verdict": "changed"}, 0, 0),
        (LINES, ROW | {"before": "49 min"}, 0, 1),
        (LINES, ROW | {"label": "Beds"}, 0, 1),
        ([*LINES, "Beds: 4 → 5"], ROW, 1, 1),
    ],
)
def test_what_is_wrong(lines, row, right, false):
    found = judged("1", GOLD, lines, [row])
    assert (found.right, len(found.false)) == (right, false)


def test_a_missing_change_is_named():
    assert judged("1", GOLD, LINES[:1], [ROW]).missed == ("pump … no longer",)


def test_the_pairs_that_come_with_it(project_root):
    report = evaluate_pairs(project_root / "evals" / "datasets" / "report_pairs", None)
    assert len(report["pairs"]) == 13
    assert report["changes_found"] >= 0.95, [p.missed for p in report["pairs"]]
    assert report["figures_right"] >= 0.85, [p.wrong_figures for p in report["pairs"]]
    assert report["false_statements"] == 0, [p.false for p in report["pairs"]]


def test_a_folder_without_pairs_and_wrong_gold_are_refused(tmp_path: Path):
    with pytest.raises(DatasetError, match="has no pair"):
        evaluate_pairs(tmp_path, None)
    (tmp_path / "1_gold.yaml").write_text("figures: [{name: x}]")
    with pytest.raises(DatasetError, match=r"1_gold\.yaml is no list of changes"):
        evaluate_pairs(tmp_path, None)
    (tmp_path / "1_gold.yaml").write_text("changes: [[x]]")
    with pytest.raises(DatasetError, match=r"0 files called 1_before"):
        evaluate_pairs(tmp_path, None)
