"""`debrief eval data` on a folder of its own."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from core.errors import DatasetError
from evals.measures.data import data_report, evaluate_data, same_rows


def _folder(tmp_path: Path, *lines: dict[str, object]) -> Path:
    (tmp_path / "sales.csv").write_text("city,amount\nLisbon,10\nLisbon,5\nOslo,7\n", encoding="utf-8")
    (tmp_path / "questions.jsonl").write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
    return tmp_path


def test_rows_refusals_charts_and_other_words(tmp_path: Path) -> None:
    folder = _folder(
        tmp_path,
        {"question": "total amount by city", "rows": [["Lisbon", 15], ["Oslo", 7]], "chart": "bar", "group": "a"},
        {"question": "What is the total amount for each city?", "gold_sql": "SELECT city, SUM(amount) FROM sales GROUP BY 1", "group": "a"},
        {"question": "How many sales in Oslo?", "number": 2},
        {"question": "What is the average discount?", "unanswerable": True},
    )  # fmt: skip
    report = data_report(evaluate_data(folder))
    assert report["execution_accuracy"] == pytest.approx(2 / 3, abs=1e-3)
    assert (report["refusal_recall"], report["refusal_precision"], report["chart_right"]) == (1.0, 1.0, 1.0)
    assert report["paraphrase_same"] == 1.0


@pytest.mark.parametrize(
    ("gold", "rows", "same"),
    [
        ([("a", 1)], [("a", 1.0)], True),
        ([("a", 1), ("b", 2)], [(2, "b"), (1, "a")], True),
        ([("a", 1)], [("x", "a", 1)], True),
        ([("a", 1), ("b", 2)], [("a", 2), ("b", 1)], False),
        ([("a",)], [("a",), ("a",)], False),
        ([], [], True),
    ],
)
def test_rows_are_the_same_whatever_their_order(
    gold: list[tuple[object, ...]], rows: list[tuple[object, ...]], same: bool
) -> None:
    assert same_rows(gold, rows) is same


def test_a_line_without_what_is_right_is_told(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="say what is right"):
        evaluate_data(_folder(tmp_path, {"question": "total amount"}))


def test_a_folder_without_data_is_told(tmp_path: Path) -> None:
    (tmp_path / "questions.jsonl").write_text('{"question": "x", "unanswerable": true}', encoding="utf-8")
    with pytest.raises(DatasetError, match="neither databases"):
        evaluate_data(tmp_path)


@pytest.mark.parametrize(
    ("name", "same", "right"), [("repairs", 0.97, 0.98), ("energy", 0.92, 0.96), ("ferry", 0.96, 0.96)]
)
def test_questions_in_several_wordings_stay_where_they_are(name: str, same: float, right: float) -> None:
    folder = Path(__file__).parents[3] / "evals" / "datasets" / "data_wordings" / name
    report = data_report(evaluate_data(folder))
    assert report["questions"] >= 32
    assert report["paraphrase_same"] >= same
    assert report["execution_accuracy"] >= right


def test_a_refusal_is_like_no_other_query(tmp_path: Path) -> None:
    (tmp_path / "sales.csv").write_text("amount,shop\n1,a\n", encoding="utf-8")
    lines = [{"group": "g", "question": q, "number": 1} for q in ("the profit", "the margin", "total amount")]
    (tmp_path / "questions.jsonl").write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
    assert data_report(evaluate_data(tmp_path))["paraphrase_same"] == pytest.approx(1 / 3, abs=0.001)
