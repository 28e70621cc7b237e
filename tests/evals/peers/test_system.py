"""The comparison with other systems: what is measured, and that Debrief's own part runs in its own process."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from core.errors import DatasetError
from evals.data import JudgedDocument, RetrievalSet
from evals.peers import __main__ as runner
from evals.peers.system import Measurement, measure, passage_text, smaller

_TEXTS = {
    "leave": "Annual leave is thirty days a year and is booked in the staff portal.",
    "travel": "Train tickets are booked by the travel desk; flights need a manager's approval.",
    "laptop": "Laptops are replaced every three years by the service desk.",
}


class AlwaysTheSame:
    """Finds its documents in the order of the corpus, the first one in two passages."""

    setup = "none"

    def index(self, documents: Sequence[JudgedDocument]) -> list[str]:
        self._ids = [document.id for document in documents]
        return [passage_text(document) for document in documents]

    def search(self, question: str, limit: int) -> list[str]:
        return [self._ids[0], *self._ids][:limit]


@pytest.fixture
def judged() -> RetrievalSet:
    documents = tuple(JudgedDocument(name, f"About_{name}", text) for name, text in _TEXTS.items())
    questions = {"q1": "How many days of annual leave?", "q2": "Who books train tickets?"}
    return RetrievalSet("tiny", documents, questions, {"q1": {"leave": 1.0}, "q2": {"travel": 1.0}})


def test_ranking_is_scored_by_document(judged: RetrievalSet) -> None:
    measured = measure("same", AlwaysTheSame(), judged)
    # The second document counts as second although the first was found in two passages.
    assert measured.ndcg == pytest.approx((1.0 + 0.6309) / 2, abs=1e-3)
    assert (measured.documents, measured.passages, measured.questions) == (3, 3, 2)
    assert measured.tokens_per_s > measured.documents_per_s > 0
    assert measured.peak_mb > 10


def test_a_smaller_set_keeps_what_is_judged(judged: RetrievalSet) -> None:
    less = smaller(judged, 1)
    assert [document.id for document in less.documents] == ["leave"]
    assert list(less.relevant) == ["q1"]
    with pytest.raises(DatasetError, match="more --documents"):
        smaller(judged, 0)


def test_other_systems_get_the_title_as_words(judged: RetrievalSet) -> None:
    assert passage_text(judged.documents[0]).startswith("About leave\n\nAnnual")


def test_debrief_is_measured_in_its_own_process(tmp_path: Path, judged: RetrievalSet, capsys) -> None:
    rows = [{"id": d.id, "title": d.title, "text": d.text} for d in judged.documents]
    (tmp_path / "corpus.jsonl").write_text("\n".join(map(json.dumps, rows)))
    (tmp_path / "queries.jsonl").write_text(
        "\n".join(json.dumps({"id": i, "text": t}) for i, t in judged.questions.items())
    )
    (tmp_path / "qrels.tsv").write_text("query-id\tdoc-id\tscore\nq1\tleave\t1\nq2\ttravel\t1\n")
    runner.main(["--data", str(tmp_path), "--systems", "debrief", "--json"])
    (system,) = json.loads(capsys.readouterr().out)["systems"]
    assert system["ndcg"] == 1.0
    assert system["passages"] == 3


def test_a_missing_package_is_named_with_the_remedy(tmp_path: Path) -> None:
    with pytest.raises(runner.PeerFailed, match="could not be measured"):
        runner.run("debrief", ["--data", str(tmp_path / "nothing")], 0)


def test_speeds_are_medians_and_memory_the_most() -> None:
    rounds = [Measurement("x", "", 1, 1, 1, speed, 1.0, speed, 1.0, 0.5, 0.1, speed) for speed in (1.0, 9.0, 2.0)]
    middle = runner.middle(rounds)
    assert (middle.documents_per_s, middle.p50_ms, middle.peak_mb) == (2.0, 2.0, 9.0)
