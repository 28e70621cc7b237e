import numpy as np
import pytest

from core.errors import DatasetError
from evals.fitting.weights import Candidates, preview, tune
from retrieval.query.weights import Weights, parse_weights


def candidates(questions, informative, seed=1):
    """Questions whose relevant document is an archive or a playbook; with `informative`, always the playbook."""
    random = np.random.default_rng(seed)
    found = []
    for n in range(questions):
        documents = tuple(f"q{n}-d{i}" for i in range(20))
        types = ["playbook" if i % 4 == 0 else "archive" for i in range(20)]
        playbooks = [i for i, kind in enumerate(types) if kind == "playbook"]
        answer = int(random.choice(playbooks if informative else range(20)))
        scores = np.sort(random.uniform(0.4, 0.8, 20))[::-1]
        attributes = tuple({"document_type": kind, "title": "t"} for kind in types)
        found.append(
            Candidates(f"question {n}", documents, tuple(scores.tolist()), attributes, {documents[answer]: 1.0})
        )
    return found


def test_preview_measures_both_and_shows_who_moves():
    weights = parse_weights({"document_type": {"playbook": "high"}})
    result = preview(candidates(40, informative=True), Weights(), weights)
    assert result.after["ndcg@10"].value > result.before["ndcg@10"].value
    assert result.gain.value == pytest.approx(result.after["ndcg@10"].value - result.before["ndcg@10"].value)
    assert result.after["recall@100"].value == result.before["recall@100"].value == 1, "weights admit and hide nothing"
    first = result.moves[0]
    assert first.relevant and first.after < first.before


def test_preview_follows_a_named_document_and_refuses_an_unknown_one():
    found = candidates(10, informative=True)
    weights = parse_weights({"document_type": {"archive": "-very_high"}})
    moves = preview(found, Weights(), weights, ["q3-d4"]).moves
    assert {(m.document, m.question) for m in moves} == {("q3-d4", "question 3")}
    with pytest.raises(DatasetError, match="nowhere"):
        preview(found, Weights(), weights, ["nowhere"])


def test_tuning_finds_a_weight_that_helps_on_unseen_questions():
    proposal = tune(candidates(100, informative=True))
    assert proposal.worth_it and proposal.gain.value > 0.05
    fitted = parse_weights(proposal.weights)
    best = fitted.boosts({"document_type": "playbook"}, asked=None)
    worst = fitted.boosts({"document_type": "archive"}, asked=None)
    ratio = (best[0].factor if best else 1) / (worst[0].factor if worst else 1)
    assert ratio > 1.4


def test_tuning_says_when_the_gain_is_within_noise():
    proposal = tune(candidates(60, informative=False))
    assert not proposal.worth_it
    assert abs(proposal.gain.value) <= 0.1


def test_tuning_needs_questions_and_attributes():
    with pytest.raises(DatasetError, match="too few"):
        tune(candidates(3, informative=True))
    bare = [
        Candidates(c.question, c.documents, c.fused, ({"title": "x"},) * 20, c.relevant) for c in candidates(20, True)
    ]
    with pytest.raises(DatasetError, match="no attribute"):
        tune(bare)
