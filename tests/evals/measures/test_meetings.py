"""The figures on meetings: what the step keeps, and the outcomes that it finds."""

from pathlib import Path

import pytest

from evals.measures.meeting_outcomes import FOLDER, evaluate_outcomes
from evals.measures.meetings import evaluate_meetings

MEETINGS = Path(__file__).parents[3].parent / "shared" / "data" / "meetings" / "product_val"


@pytest.mark.skipif(not MEETINGS.is_dir(), reason="../shared/data/meetings is not there")
def test_the_step_keeps_more_than_chance_at_as_many_words():
    scores = evaluate_meetings(MEETINGS, 1)
    step, chance = scores["extract_meeting"], scores["random"]
    assert step.words <= chance.words
    assert step.coverage > chance.coverage + 0.04
    assert step.evidence_precision > chance.evidence_precision + 0.02
    assert step.queries_hit > chance.queries_hit
    assert step.answers_told > chance.answers_told + 0.02


def test_outcomes_are_found_with_owner_and_day():
    report = evaluate_outcomes(FOLDER / "report.yaml")
    assert min(report[kind]["f1"] for kind in ("decisions", "actions", "questions")) >= 0.85
    assert report["owner"] >= 0.95 and report["due"] >= 0.9
