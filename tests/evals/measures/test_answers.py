"""The answer measures on sets that are small enough to be counted by hand."""

import json
from pathlib import Path

import pytest

from core.errors import DatasetError
from core.settings import Settings
from evals.measures.answer_sets import load_answer_sets
from evals.measures.answers import contains, evaluate_sets, removed, token_recall

TOPICS = {
    "harbour": ("The harbour of Lisbon opened in 1887.", "When did the harbour of Lisbon open?", "1887"),
    "bridge": ("The bridge over the Elbe is 214 metres long.", "How long is the bridge over the Elbe?", "214 metres"),
    "opera": ("Marta Novak directs the opera of Brno.", "Who directs the opera of Brno?", "Marta Novak"),
    "mine": ("The mine near Kiruna yields iron ore.", "What does the mine near Kiruna yield?", "iron ore"),
    "tower": ("The tower of Pisa leans by four degrees.", "By how much does the tower of Pisa lean?", "four degrees"),
    "ferry": ("The ferry to Gotland leaves at noon.", "When does the ferry to Gotland leave?", "noon"),
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    corpus = [{"id": k, "title": "", "text": text} for k, (text, _, _) in TOPICS.items()]
    queries = [{"id": f"q-{k}", "text": q, "answers": [a]} for k, (_, q, a) in TOPICS.items()]
    for name, rows in (("corpus", corpus), ("queries", queries)):
        (tmp_path / f"{name}.jsonl").write_text("\n".join(map(json.dumps, rows)))
    judged = [f"q-{k}\t{k}\t1" for k in TOPICS]
    (tmp_path / "qrels.tsv").write_text("\n".join(["query-id\tdoc-id\tscore", *judged]))
    return tmp_path


def test_a_set_that_is_easy_is_answered_and_its_lost_documents_are_missed(folder: Path, tmp_path: Path) -> None:
    sets = load_answer_sets(folder)
    (report,) = evaluate_sets(sets, Settings(data_dir=tmp_path / "data"))
    assert (report["best_sentence"], report["answer_contains"]) == (1.0, 1.0)
    assert report["unanswerable"] == sum(q.relevant <= removed(sets[0].questions) for q in sets[0].questions) > 0
    assert report["unanswerable"] + report["answerable"] == len(TOPICS)
    assert report["abstention_recall"] == 1.0
    assert 0 < report["first_ms_p50"] <= report["first_ms_p95"]


def test_what_is_removed_depends_on_the_ids_alone(folder: Path) -> None:
    questions = load_answer_sets(folder)[0].questions
    assert removed(questions) == removed(list(reversed(questions)))


def test_a_gold_string_is_found_without_case_spaces_and_markers() -> None:
    assert contains(["It was  Marta\nNovak [1] who"], ["marta novak"]) == 1.0
    assert contains(["Marta"], ["Marta Novak"]) == 0.0
    assert contains(["anything"], [""]) == 0.0


def test_token_recall_counts_the_first_eighty_words_only() -> None:
    assert token_recall("Iron ore [1]", "The iron ore.") == 1.0
    assert token_recall("filler " * 80 + "iron ore", "iron ore") == 0.0


def test_tatqas_tables_become_markdown_under_one_header(tmp_path: Path) -> None:
    entry = {
        "table": {"uid": "t1", "table": [["", "Years", ""], ["", "2019", "2018"], ["Sales", "1,452", "1,146"]]},
        "paragraphs": [{"order": 1, "text": "Sales by year."}],
        "questions": [
            {
                "uid": "q1",
                "question": "Sales in 2019?",
                "answer": ["1,452"],
                "answer_type": "span",
                "answer_from": "table",
            },
            {"uid": "q2", "question": "Best year?", "answer": ["2019"], "answer_type": "span", "answer_from": "table"},
            {"uid": "q3", "question": "Change?", "answer": 306, "answer_type": "arithmetic", "answer_from": "table"},
        ],
    }
    (tmp_path / "tatqa_dev.json").write_text(json.dumps([entry]))
    (only,) = load_answer_sets(tmp_path)
    table = only.documents[0].sections[1]
    assert table.rows == (("", "Years 2019", "2018"), ("Sales", "1,452", "1,146"))
    assert table.text == "|  | Years 2019 | 2018 |\n| --- | --- | --- |\n| Sales | 1,452 | 1,146 |"
    assert [(q.id, q.source, q.scope) for q in only.questions] == [("q1", "table", "t1"), ("q2", "header", "t1")]


def test_a_language_that_isnt_there_is_said(folder: Path) -> None:
    with pytest.raises(DatasetError, match="no question in xx"):
        load_answer_sets(folder, languages=["xx"])
