"""The retrieval evaluation: measures by hand, bad folders named, and a small set through the real index."""

from __future__ import annotations

import json
import math

import pytest
from typer.testing import CliRunner

from core.errors import DatasetError
from core.settings import Settings
from evals.commands.measures import eval_app
from evals.data import load_retrieval_set
from evals.measures.retrieval import evaluate_retrieval
from evals.metrics import mean, ndcg, recall, reciprocal_rank

CORPUS = [
    ("a", "Pricing", "The premium plan costs 900 euros a month."),
    ("b", "Support", "The support desk answers within four hours on working days."),
    ("c", "Renewals", "A contract renews by itself unless it is cancelled three months before."),
]
QUESTIONS = {"q1": "How much is the premium plan?", "q2": "When does the desk answer?", "q3": "not judged"}


@pytest.fixture
def folder(tmp_path):
    data = tmp_path / "set"
    data.mkdir()
    rows = [json.dumps({"id": i, "title": title, "text": text}) for i, title, text in CORPUS]
    (data / "corpus.jsonl").write_text("\n".join(rows))
    (data / "queries.jsonl").write_text("\n".join(json.dumps({"id": i, "text": t}) for i, t in QUESTIONS.items()))
    (data / "qrels.tsv").write_text("query-id\tdoc-id\tscore\nq1\ta\t1\nq2\tb\t2\nq2\tc\t0\n")
    return data


def test_measures_agree_with_a_calculation_by_hand():
    ranking, judged = ["x", "a", "b", "y"], {"a": 1.0, "b": 2.0, "c": 1.0}
    ideal = 2 / math.log2(2) + 1 / math.log2(3) + 1 / math.log2(4)
    assert ndcg(ranking, judged, 10) == pytest.approx((1 / math.log2(3) + 2 / math.log2(4)) / ideal)
    assert ndcg(["b", "a", "c"], judged, 10) == pytest.approx(1)
    assert recall(ranking, judged, 2) == pytest.approx(1 / 3)
    assert reciprocal_rank(ranking, judged) == 0.5
    assert reciprocal_rank(["x"], judged) == 0


def test_a_mean_comes_with_its_standard_error():
    measured = mean([0.0, 1.0, 1.0, 0.0])
    assert (measured.value, measured.n) == (0.5, 4)
    assert measured.error == pytest.approx(math.sqrt(1 / 3 / 4))
    assert str(measured) == "0.500 ± 0.289"
    assert math.isnan(mean([]).value) and math.isnan(mean([1.0]).error)


def test_a_small_set_is_found_at_every_stage(folder, tmp_path):
    report = evaluate_retrieval(load_retrieval_set(folder), Settings(root=tmp_path))
    assert list(report.stages) == ["dense", "bm25", "fused", "late_interaction", "weighted"]
    assert (report.questions, report.documents, report.chunks) == (2, 3, 3)
    plain = report.as_json()
    assert plain["final"] == plain["weighted"]
    assert {"ndcg@10": 1.0, "recall@5": 1.0, "recall@10": 1.0, "recall@100": 1.0, "mrr": 1.0}.items() <= plain[
        "final"
    ].items()


def test_the_command_prints_one_json_object(folder, tmp_path, monkeypatch):
    (tmp_path / "debrief.yaml").write_text("")
    monkeypatch.setenv("DEBRIEF_SETTINGS", str(tmp_path / "debrief.yaml"))
    done = CliRunner().invoke(eval_app, ["retrieval", "--data", str(folder), "--json"])
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout)["final"]["ndcg@10"] == 1.0


def test_other_queries_and_qrels_of_the_folder_can_be_named(folder):
    (folder / "other.jsonl").write_text('{"_id": "z", "text": "Does a contract renew?"}')
    (folder / "other.tsv").write_text("z 0 c 1\n")
    from pathlib import Path

    judged = load_retrieval_set(folder, Path("other.jsonl"), Path("other.tsv"))
    assert judged.relevant == {"z": {"c": 1.0}}


@pytest.mark.parametrize(
    ("file", "text", "message"),
    [
        ("corpus.jsonl", '{"id": "a", "text": "x"}\n{"id": ', r"corpus\.jsonl:2: not valid JSON .* mend that line"),
        ("corpus.jsonl", '{"id": "a", "text": "x"}\n{"id": "a", "text": "y"}', r":2: the id 'a' is there twice"),
        ("corpus.jsonl", '{"id": "a"}', r":1: the key 'text' is missing"),
        ("corpus.jsonl", "[1]", r":1: a list; write one JSON object a line"),
        ("corpus.jsonl", "", r"is empty; write one document a line"),
        ("queries.jsonl", '{"text": "x"}', r"queries\.jsonl:1: the key 'id' is missing"),
        ("qrels.tsv", "query-id\tdoc-id\tscore\nq1\ta\n", r"qrels\.tsv:2: .* separate the three by tabs"),
        ("qrels.tsv", "query-id\tdoc-id\tscore\nq9\ta\t1\n", r"judges none of the 3 questions"),
        ("qrels.tsv", "query-id\tdoc-id\tscore\nq1\tnowhere\t1\n", r"names no document of"),
    ],
)
def test_a_bad_file_is_named_with_line_and_remedy(folder, file, text, message):
    (folder / file).write_text(text)
    with pytest.raises(DatasetError, match=message):
        load_retrieval_set(folder)


def test_a_missing_folder_or_file_is_named(folder, tmp_path):
    with pytest.raises(DatasetError, match="There is no folder"):
        load_retrieval_set(tmp_path / "nowhere")
    (folder / "queries.jsonl").unlink()
    with pytest.raises(DatasetError, match=r"lacks the file .*queries\.jsonl"):
        load_retrieval_set(folder)


def test_judgements_of_documents_that_are_not_there_are_counted(folder):
    with (folder / "qrels.tsv").open("a") as file:
        file.write("q1\tgone\t1\n")
    assert load_retrieval_set(folder).unknown == 1
