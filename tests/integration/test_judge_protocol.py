"""A model as judge over the real wire protocol, against a server on loopback."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

import evals
from core.database import metadata
from core.llm import open_chat_models
from core.settings import LlmSettings
from evals.suite.history import History
from evals.suite.judge import DIMENSIONS, Judge, calibrate, load_calibration
from evals.suite.runner import Runner, summarise, unscored
from tests.evals.systems import CASES, WORLD, Good
from tests.integration.openai_stand_in import OpenAiStandIn, Script, openai_stand_in

pytestmark = pytest.mark.integration
pytest.importorskip("langchain_openai", reason="the extra debrief[openai] isn't installed")
ROWS = load_calibration(Path(evals.__file__).parent / "datasets" / "judge_calibration.jsonl")


@pytest.fixture
def server() -> Iterator[OpenAiStandIn]:
    with openai_stand_in() as running:
        yield running


def judge(server: OpenAiStandIn) -> Judge:
    models = open_chat_models(
        LlmSettings(model="openai:any", base_url=server.url, api_key="sk-test", timeout_s=5.0, retries=0)
    )
    assert models is not None
    return Judge(models)


def said(points: dict[str, int]) -> Script:
    return Script(json.dumps({"reason": "as people", **points}))


def test_a_judge_that_agrees_with_people_is_told_from_one_that_praises_everything(server: OpenAiStandIn) -> None:
    assert len(ROWS) >= 30
    server.scripts = [said(dict(row.points)) for row in ROWS]
    same, lost = calibrate(ROWS, judge(server))
    assert not lost and {(a.kappa, round(a.spearman, 9), a.bias) for a in same} == {(1.0, 1.0, 0.0)}
    asked = json.dumps(server.requests[0]["messages"], ensure_ascii=False)
    assert ROWS[0].answer in asked and "90 days" in asked
    server.scripts = [said(dict.fromkeys(DIMENSIONS, 5)) for _ in ROWS]
    praising, _ = calibrate(ROWS, judge(server))
    assert all(a.kappa < 0.2 and a.bias > 0 for a in praising)


def test_a_judge_that_fails_leaves_cases_unscored(server: OpenAiStandIn, tmp_path: Path) -> None:
    server.scripts = [
        Script("overloaded", status=503),
        Script("I'd say it is fine."),
        said(dict.fromkeys(DIMENSIONS, 4)),
    ]
    engine = sa.create_engine(f"sqlite:///{tmp_path / 'state.sqlite'}")
    metadata.create_all(engine)
    history = History(engine)
    runner = Runner(Good(), WORLD, history, judge=judge(server).score)
    found = [runner.score(case) for case in CASES[:3]]
    assert len(unscored(found)) == 2 * len(DIMENSIONS)
    measured = summarise(found)["judge_correctness"]
    assert (measured.value, measured.n) == (0.75, 1)


def test_answers_that_could_not_be_judged_are_left_out_of_the_agreement(server: OpenAiStandIn) -> None:
    server.scripts = [Script("no", status=400), *(said(dict(row.points)) for row in ROWS[1:10])]
    found, lost = calibrate(ROWS[:10], judge(server))
    assert {a.n for a in found} == {9} and len(lost) == 1
