"""The commands: a job from its file to its labels, and what is told of wrong input."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from typer.testing import CliRunner

from apps.kept.runs import results, runs
from assistant.records.conversations import Conversations
from assistant.records.trace import Trace, Traces
from cli import app
from core.database import utc_now
from core.errors import ReviewError
from core.types import EVERYONE, Answer, Citation, User
from evals.suite import load_suite
from ingestion.state import DocumentRecord, SyncState
from review.desk import Desk
from review.items import Item, answered_items, drawn, item_of, read_items
from review.results import results_of
from review.spec import Sample, job_of
from review.store import Store
from review.tables import items, labels
from tests.review.conftest import CLOSED, LEAD, REVIEWERS, readable

JOB = """\
job: answers-48
title: Are these answers right?
instructions: Say whether the answer is right.
label: {kind: choice, values: [right, wrong], anchors: {right: All of it is in the sources.}}
people: [r1@x.example, r2@x.example]
leads: [lea@x.example]
each: 2
"""
CLI = CliRunner()


def run(*arguments: str) -> str:
    result = CLI.invoke(app, ["review", *arguments])
    assert result.exit_code == 0, result.output + str(result.exception)
    return result.stdout


def test_from_a_file_to_labels_in_every_format(store: Store, tmp_path: Path) -> None:
    (tmp_path / "job.yaml").write_text(JOB)
    lines = [
        {"text": "=1+1 is two.", "question": "What?", "gold": "right"},
        {"text": "No.", "facts": {"judge": "right"}},
    ]
    (tmp_path / "items.jsonl").write_text("\n".join(map(json.dumps, lines)))
    assert "2 items, 1 of them gold, 2 labels each" in run(
        "create", str(tmp_path / "job.yaml"), "--items", str(tmp_path / "items.jsonl")
    )
    desk = Desk(store, readable)
    for reviewer in REVIEWERS[:2]:
        while (task := desk.next("answers-48", reviewer)) is not None:
            value = "right" if task.item.gold or reviewer == REVIEWERS[0] else "wrong"
            desk.save(task, reviewer, value, "note")
    told = json.loads(run("status", "answers-48", "--way", "majority", "--json"))
    assert told["complete"] == 2 and len(told["to_decide"]) == 1 and told["judged_items"] == 0
    run("decide", "answers-48", str(told["to_decide"][0]), "wrong")
    told = json.loads(run("status", "answers-48", "--json"))
    assert told["to_decide"] == [] and told["judged_items"] == 1
    rows = [json.loads(line) for line in run("export", "answers-48", "--format", "jsonl").splitlines()]
    assert {row["way"] for row in rows} == {"lead", "dawid_skene"}
    assert not any("@" in json.dumps(row) for row in rows), "addresses stay here"
    manifest = [json.loads(line) for line in run("export", "answers-48", "--format", "groundtruth").splitlines()]
    classes = {line["answers-48"]: line["answers-48-metadata"]["class-name"] for line in manifest}
    assert classes == {0: "right", 1: "wrong"}
    tasks = json.loads(run("export", "answers-48", "--format", "labelstudio"))
    assert {a["result"][0]["value"]["choices"][0] for t in tasks for a in t["annotations"]} == {"right", "wrong"}
    assert "'=1+1" in run("export", "answers-48", "--format", "csv"), "a formula is neutralised"
    assert json.loads(run("list", "--json"))[0]["you"] == "lead"
    assert "paused" in run("state", "answers-48", "paused")


def test_right_answers_become_cases_that_say_where_they_are_from(store: Store, tmp_path: Path) -> None:
    trace, citation = Trace("How long are logs kept?"), Citation(1, "files:a.md", "A", "", "90 days", 0, 7)
    trace.finish(Answer("90 days [1].", (citation,), confidence=0.8))
    Traces(store.engine).save(trace, User("ben@x.example"), "c1")
    (tmp_path / "debrief.yaml").write_text((tmp_path / "debrief.yaml").read_text() + "evaluation: {cases_dir: cases}\n")
    (tmp_path / "cases").mkdir()
    (tmp_path / "job.yaml").write_text(JOB.replace("each: 2", "each: 1"))
    run("create", str(tmp_path / "job.yaml"), "--answers", "10")
    desk = Desk(store, readable)
    task = desk.next("answers-48", REVIEWERS[0])
    assert task is not None and task.item.sources[0].quote == "90 days" and task.item.documents == ("files:a.md",)
    desk.save(task, REVIEWERS[0], "right")
    closed = "its lead may not read what it rests on"
    assert "0 cases" in run("cases", "answers-48", "--right", "right", "--suite", "own"), closed
    SyncState(store.engine).commit("files", [DocumentRecord("files:a.md", "files", allow=(EVERYONE,))], "c")
    assert "1 cases were added" in run("cases", "answers-48", "--right", "right", "--suite", "own")
    (case,) = load_suite(tmp_path / "cases" / "own.jsonl")
    assert (
        case.origin.startswith("review:answers-48/1") and case.reviewed and case.expected_documents == ("files:a.md",)
    )
    assert "0 cases were added" in run("cases", "answers-48", "--right", "right", "--suite", "own")


def test_answers_that_only_their_asker_may_see_are_left_out_and_counted(store: Store, tmp_path: Path) -> None:
    def cited(document: str) -> tuple[Citation, ...]:
        return (Citation(1, document, "A", "", "90 days", 0, 7),)

    answers = {
        "rows": Answer("4,711 [1].", cited("files:a.md"), route="data"),
        "nothing named": Answer("Hello."),
        "calculated": Answer("12 [1].", cited("")),
        "own file": Answer("90 days [1].", cited("attachment:1")),
        "app, result not kept": Answer("90 days [1].", cited("files:a.md"), route="app:note"),
        "app with rows": Answer("90 days [1].", cited("files:a.md"), route="app:note", run="run1"),
        "app": Answer("60 days [1].", cited("files:a.md"), route="app:note", run="run2"),
        "search": Answer("90 days [1].", cited("files:a.md")),
    }
    evidence = {"run1": [{"document_id": "files:a.md"}, {"document_id": "", "rows": True}],
                "run2": [{"document_id": "files:a.md"}, {"document_id": "files:b.md"}]}  # fmt: skip
    asker, conversations = User("ben@x.example"), Conversations(store.engine, readable)
    with store.engine.begin() as connection:
        for run_id, found in evidence.items():
            told = {"app": "note", "version": "1", "user": asker.email, "started_at": utc_now(), "seconds": 1.0}
            told |= {"status": "completed", "tokens": 0, "minutes_saved": 0.0, "error": ""}
            connection.execute(runs.insert().values(id=run_id, **told))
            kept = {"inputs": {}, "outputs": [], "evidence": found, "notes": []}
            connection.execute(results.insert().values(run=run_id, **kept))
    for name, answer in answers.items():
        trace = Trace(name)
        trace.finish(answer)
        conversation = conversations.start(asker)
        conversations.append(conversation, asker, name, name, replace(answer, trace_id=trace.id))
        Traces(store.engine).save(trace, asker, conversation)
    found, left_out = answered_items(store.engine, 50)
    assert {item.question: item.documents for item in found} == {
        "app": ("files:a.md", "files:b.md"), "search": ("files:a.md",)
    }  # fmt: skip
    assert left_out == 6 and asker.email not in str(found)
    (tmp_path / "job.yaml").write_text(JOB)
    said = run("create", str(tmp_path / "job.yaml"), "--answers", "50")
    assert "2 items" in said and "6 answers are left out" in said
    told = CLI.invoke(app, ["review", "export", "answers-48"])  # nothing is indexed here: they may read neither
    assert told.stdout == "" and "Without 2 items: lea@x.example may not read" in told.stderr


@pytest.mark.parametrize("kind", ["choice", "text"])
@pytest.mark.parametrize("way", ["person", "age", "document"])
def test_the_words_of_an_item_go_with_what_they_are_from(store: Store, tmp_path: Path, way: str, kind: str) -> None:
    asker, other = User("ben@x.example"), User("eva@x.example")
    for person, document, words in ((asker, "files:a.md", "kingfisher"), (other, "files:b.md", "other")):
        trace = Trace(f"Which {words}?", asked_at=utc_now() - timedelta(days=40 * (person is asker)))
        trace.finish(Answer(f"The {words} [1].", (Citation(1, document, "A", "", f"a {words}", 0, 7),)))
        Traces(store.engine).save(trace, person)
    label = "{kind: text}" if kind == "text" else "{kind: choice, values: [right, wrong]}"
    (tmp_path / "job.yaml").write_text(re.sub("label: .*", f"label: {label}", JOB.replace("each: 2", "each: 1")))
    run("create", str(tmp_path / "job.yaml"), "--answers", "10")
    desk = Desk(store, readable)
    while (task := desk.next("answers-48", REVIEWERS[0])) is not None:
        assert desk.save(task, REVIEWERS[0], f"right {task.item.text}" if kind == "text" else "right", task.item.text)
    command = {"person": ["person", "delete", asker.email, "--yes"], "age": ["forget", "--traces-days", "30"]}
    if way == "document":
        SyncState(store.engine).commit("files", [DocumentRecord("files:a.md", "files", outcome="deleted")], "c")
    done = CLI.invoke(app, command.get(way, ["erase", "files:a.md", "--yes"]))
    assert done.exit_code == 0, done.output + str(done.exception)
    with store.engine.connect() as connection:
        kept = str([connection.execute(sa.select(table)).all() for table in (items, labels)])
    assert "kingfisher" not in kept and "other" in kept
    assert results_of(store, "answers-48").complete() == 2, "its label counts"
    assert [i.question for i in desk.shown(store.job("answers-48"), LEAD).values()] == ["Which other?"]
    assert "kingfisher" not in run("export", "answers-48", "--way", "majority")


def test_a_lead_makes_cases_of_what_they_may_read(store: Store, tmp_path: Path) -> None:
    trace = Trace("How long are logs kept?")
    trace.finish(Answer("90 days [1].", (Citation(1, CLOSED, "A", "", "90 days", 0, 7),)))
    Traces(store.engine).save(trace, User("ben@x.example"))
    (tmp_path / "job.yaml").write_text(JOB.replace("each: 2", "each: 1"))
    run("create", str(tmp_path / "job.yaml"), "--answers", "10")
    desk = Desk(store, readable)
    task = desk.next("answers-48", REVIEWERS[0])
    assert task is not None and desk.save(task, REVIEWERS[0], "right")
    (tmp_path / "debrief.yaml").write_text((tmp_path / "debrief.yaml").read_text() + "evaluation: {cases_dir: cases}\n")
    (tmp_path / "cases").mkdir()
    told = CLI.invoke(app, ["review", "cases", "answers-48", "--right", "right", "--suite", "own"])
    assert "0 cases were added" in told.stdout and "Without 1 items" in told.stderr


def test_a_source_that_names_its_document_closes_the_item() -> None:
    item = item_of({"text": "a", "documents": ["b"], "sources": [{"title": "S", "text": "t", "document": "c"}]})
    assert item.documents == ("b", "c") and item_of(item.kept()) == item


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("label: {kind: choice, values: [right]}", "needs different `values`"),
        ("label: {kind: choice, values: [a, b], anchors: {c: x}}", "c is none of the values"),
        ("each: 0", "greater than or equal to 1"),
        ("colour: red", "colour: Extra inputs"),
        ("job: Not A Name", "job: String should match"),
        ("people: []", "people: "),
        ("title: [", "is no YAML"),
    ],
)
def test_a_wrong_job_is_told_in_a_sentence(change: str, said: str) -> None:
    key = change.partition(":")[0]
    lines = [line for line in JOB.splitlines() if not line.startswith(f"{key}:")]
    with pytest.raises(ReviewError, match=said):
        job_of("\n".join([*lines, change]))


@pytest.mark.parametrize(
    ("line", "said"), [("{", "line 1 is no item"), ('{"question": "x"}', "line 1"), ("", "has no items")]
)
def test_wrong_items_are_told_in_a_sentence(tmp_path: Path, line: str, said: str) -> None:
    (tmp_path / "items.jsonl").write_text(line)
    with pytest.raises(ReviewError, match=said):
        read_items(tmp_path / "items.jsonl")


def test_what_cannot_be_done_is_refused(store: Store, tmp_path: Path) -> None:
    (tmp_path / "job.yaml").write_text(JOB)
    for arguments, said in (
        (["create", str(tmp_path / "job.yaml")], "has no items"),
        (["status", "nothing"], "There is no job 'nothing'"),
        (["create", str(tmp_path / "none.yaml")], "can't be read"),
    ):
        result = CLI.invoke(app, ["review", *arguments])
        assert result.exit_code and said in str(result.exception or "") + result.output
    (tmp_path / "items.jsonl").write_text('{"text": "a", "gold": "maybe"}')
    result = CLI.invoke(app, ["review", "create", str(tmp_path / "job.yaml"), "--items", str(tmp_path / "items.jsonl")])
    assert result.exit_code and "isn't one of right, wrong" in str(result.exception) + result.output


def test_a_choice_that_reads_as_a_number_is_decided_as_it_is_written(opened: Callable[..., Desk], store: Store) -> None:
    opened(1, label={"kind": "choice", "values": ["1", "2"]})
    run("decide", "answers-48", "1", "2")
    assert store.decisions("answers-48")[1][0] == "2"


def test_samples_are_drawn_as_asked() -> None:
    items = [Item(f"{n}", group="ab"[n % 4 == 0], confidence=n / 20) for n in range(20)] + [Item("gold", gold="x")]
    assert (
        drawn(items, Sample(most=6, seed=1))
        == drawn(items, Sample(most=6, seed=1))
        != drawn(items, Sample(most=6, seed=2))
    )
    stratified = drawn(items, Sample(way="stratified", most=7))
    assert sum(i.group == "a" for i in stratified) == sum(i.group == "b" for i in stratified) == 3
    unsure = [i for i in drawn(items, Sample(way="uncertain", most=4)) if i.gold is None]
    assert {i.text for i in unsure} == {"9", "10", "11"} and LEAD.email
    assert all(
        any(i.gold for i in drawn(items, Sample(way=way, most=3))) for way in ("random", "stratified", "uncertain")
    )
