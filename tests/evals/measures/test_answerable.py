"""Knowing when one doesn't know: the measure's numbers, and the command over judged passages."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from core.errors import DatasetError
from evals.measures.answerable import JudgedQuestion, Judgement, answerable_report, by_language, load_judged

JUDGED = (("en", True, True), ("en", True, False), ("en", False, False), ("de", False, True), ("de", True, True))


def judgement(language: str, answerable: bool, answered: bool, confidence: float) -> Judgement:
    return Judgement(JudgedQuestion("q", language, ("",), ("p",), answerable), confidence, answered, 0.1)


def test_the_measures_are_of_abstaining() -> None:
    chances = (0.9, 0.3, 0.2, 0.7, 0.8)
    judged = [judgement(*row, chance) for row, chance in zip(JUDGED, chances, strict=True)]
    report = answerable_report(judged)
    assert report["answered_when_answerable"] == pytest.approx(2 / 3, abs=1e-4)
    assert report["abstained_when_not"] == 0.5
    assert report["abstention_f1"] == 0.5
    assert report["auc"] == pytest.approx(5 / 6, abs=1e-4)
    assert by_language(judged)["de"]["abstained_when_not"] == 0.0


def test_a_line_without_passages_is_named(tmp_path: Path) -> None:
    file = tmp_path / "judged.jsonl"
    file.write_text('{"question": "a", "answerable": true}', encoding="utf-8")
    with pytest.raises(DatasetError, match="line 1"):
        load_judged(file)


def test_a_file_without_a_question_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "judged.jsonl"
    file.write_text("", encoding="utf-8")
    with pytest.raises(DatasetError, match="no question"):
        load_judged(file)


def test_passages_that_answer_are_told_from_near_misses(tmp_path: Path) -> None:
    from assistant.answers.quoting.confidence import abstention_model
    from core.settings import Settings
    from evals.measures.answerable import judge_questions
    from retrieval.models.embed import open_embedder

    rows = [
        ("When does the canteen close?", True, "The canteen opens at 7:30 and closes at 15:00."),
        ("When does the canteen close?", False, "The canteen serves soup, salads and a vegetarian dish."),
    ]
    file = tmp_path / "judged.jsonl"
    lines = [{"question": q, "answerable": yes, "passages": [{"title": "Canteen", "text": t}]} for q, yes, t in rows]
    file.write_text("\n".join(json.dumps(line) for line in lines), encoding="utf-8")
    settings = Settings(data_dir=tmp_path)
    judged = judge_questions(load_judged(file), open_embedder(settings), abstention_model(), settings.answer)
    assert judged[0].confidence > judged[1].confidence
