"""How many passages are read before the leading sentence is shown."""

from __future__ import annotations

import json
from dataclasses import replace
from importlib.resources import files

import pytest

from assistant.answers.quoting.confidence import abstention_model, confidence_of_open
from assistant.answers.quoting.finding import find_evidence
from assistant.answers.quoting.shown import statement_of
from core.types import Passage
from retrieval.models.embed import PROFILES
from retrieval.query.search import Search
from retrieval.retriever import Retriever
from tests.assistant.conftest import ANA

QUESTION = "How long is raw telemetry of Watchtower kept?"


@pytest.fixture
def passages(retriever: Retriever) -> list[Passage]:
    return retriever.search(Search(QUESTION, ANA, 5))


def scored(passages: list[Passage], *fused: float) -> list[Passage]:
    return [replace(p, why=replace(p.why, fused=f)) for p, f in zip(passages, fused, strict=False)]


def test_one_passage_is_read_where_it_leaves_no_doubt(retriever: Retriever, passages: list[Passage]) -> None:
    clear = scored(passages, 1.0, 0.7, 0.6)
    early = find_evidence(QUESTION, clear, retriever.embedder, least=0.72)
    whole = find_evidence(QUESTION, clear, retriever.embedder)
    assert (early.read, whole.read) == (1, 3)
    assert early.evidence[0].span == whole.evidence[0].span
    assert {e.rank for e in early.evidence} == {0} and {e.rank for e in whole.evidence} == {0, 1, 2}


@pytest.mark.parametrize(
    ("fused", "question", "least"),
    [
        ((1.0, 0.95, 0.6), QUESTION, 0.72),  # the search is in doubt
        ((1.0, 0.0, 0.6), QUESTION, 0.72),  # the second is of an attachment
        ((1.0, 0.7, 0.6), "How are visitors of the office registered?", 0.72),  # the passage doesn't say it
        ((1.0, 0.7, 0.6), QUESTION, 0.9999),  # the deployment asks for more
    ],
)
def test_otherwise_three_are_read(
    retriever: Retriever, passages: list[Passage], fused: tuple[float, ...], question: str, least: float
) -> None:
    found = find_evidence(question, scored(passages, *fused), retriever.embedder, least=least)
    assert found.read == 3
    assert {e.rank for e in found.evidence} == {0, 1, 2}


def test_a_pipe_in_a_table_is_shown_as_one(retriever: Retriever, passages: list[Passage]) -> None:
    table = "| Owner | Task | Day |\n| --- | --- | --- |\n| Ana | Decide A \\| B | 12 May |"
    found = find_evidence(
        "Which task has Ana?", [replace(passages[0], chunk=replace(passages[0].chunk, text=table))], retriever.embedder
    )
    assert statement_of(found.evidence[0]) == "Owner: Ana – Task: Decide A | B; Day: 12 May"


@pytest.mark.parametrize(("profile", "file"), [("english", "abstention"), ("multilingual", "abstention_multilingual")])
def test_each_packaged_embedding_has_the_confidence_that_was_fitted_for_it(profile: str, file: str) -> None:
    stored = json.loads(files("assistant.answers.quoting").joinpath(f"{file}.json").read_text(encoding="utf-8"))
    packaged = PROFILES[profile]
    assert stored["provenance"]["embedding_model"] == f"{packaged.model}@{packaged.sha256[:12]}"
    assert abstention_model(profile).weights == stored["weights"]


def test_an_open_question_is_answered_from_its_own_threshold_on() -> None:
    model = abstention_model()
    assert model.open_threshold is not None and model.open_threshold < model.threshold
    assert confidence_of_open(model.open_threshold, model) == pytest.approx(model.threshold)
    assert confidence_of_open(0.5, abstention_model("multilingual")) == 0.5
