"""A job goes to S3 for a managed workforce, and its labels come back."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws
from typer.testing import CliRunner

from cli import app
from core.errors import ReviewError
from review.items import Item, Source
from review.managed import Place, pulled, pushed, readable_by_all
from review.results import results_of
from review.store import Store
from tests.review.conftest import CLOSED, LEAD, job_with

CLI = CliRunner()
SHARED = "files:shared.md"


@pytest.fixture
def s3(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    for name, value in (
        ("AWS_DEFAULT_REGION", "us-east-1"),
        ("AWS_ACCESS_KEY_ID", "a"),
        ("AWS_SECRET_ACCESS_KEY", "b"),
    ):
        monkeypatch.setenv(name, value)
    with mock_aws():
        client = boto3.client("s3")
        client.create_bucket(Bucket="jobs")
        yield client


def text(s3: Any, key: str) -> str:
    return str(s3.get_object(Bucket="jobs", Key=key)["Body"].read().decode())


def answer(sub: str, label: Any) -> dict[str, Any]:
    return {"workerMetadata": {"identityData": {"sub": sub}}, "workerId": "w", "answerContent": {"label": label}}


def test_a_job_goes_and_each_reviewers_labels_come_back(store: Store, s3: Any) -> None:
    store.create(
        job_with(), [Item("It is {{ seven }}.", "How many?", sources=(Source("T", "<b>7</b>"),)), Item("No.")], LEAD
    )
    sent = CLI.invoke(app, ["review", "push", "answers-48", "--to", "s3://jobs/out"])
    assert sent.exit_code == 0 and "s3://jobs/out/answers-48/input.manifest" in sent.stdout
    lines = [json.loads(line) for line in text(s3, "out/answers-48/input.manifest").splitlines()]
    assert lines[0]["source"] == "It is {{ seven }}." and lines[0]["debrief"] == {"job": "answers-48", "number": 1}
    assert json.loads(text(s3, "out/answers-48/classes.json"))["labels"][1] == {"label": "partly"}
    page = text(s3, "out/answers-48/page.liquid.html")
    assert "{{ task.input.source | escape }}" in page and '["right", "partly", "wrong"]' in page
    assert not any("@" in line for line in (page, json.dumps(lines))), "addresses stay here"

    done = [{**line, "label": 0, "label-metadata": {"class-name": "right", "confidence": 0.9}} for line in lines]
    put = {"Bucket": "jobs", "Key": "done/week/manifests/output/output.manifest"}
    s3.put_object(**put, Body="\n".join(map(json.dumps, done)).encode())
    # Without each reviewer's answers there is what they come to.
    assert {(f.number, f.reviewer) for f in pulled(s3, Place("jobs", "done/week"), job_with())[0]} == {
        (1, "ground-truth"), (2, "ground-truth")
    }  # fmt: skip
    for at, given in enumerate([[answer("u1", {"label": "right"}), answer("u2", "wrong")], [answer("u1", "nonsense")]]):
        key = f"done/week/annotations/worker-response/iteration-1/{at}/2026-11-28_10:00:00.json"
        s3.put_object(Bucket="jobs", Key=key, Body=json.dumps({"answers": given}).encode())
    back = CLI.invoke(app, ["review", "pull", "answers-48", "--from", "s3://jobs/done/week"])
    assert back.exit_code == 0, back.output
    assert "2 new labels of 2 reviewers" in back.stdout and "1 labels are none of the job's" in back.stderr
    assert "0 new labels" in CLI.invoke(app, ["review", "pull", "answers-48", "--from", "s3://jobs/done/week"]).stdout
    results = results_of(store, "answers-48")
    assert {(g.number, g.reviewer, g.value) for g in results.given} == {
        (1, "ground-truth:u1", "right"), (1, "ground-truth:u2", "wrong")
    }  # fmt: skip


def test_only_what_all_its_people_may_read_goes() -> None:
    items = {1: Item("a", documents=(CLOSED,)), 2: Item("b", documents=(SHARED,)), 3: Item("c")}
    job = job_with(people=["r1@x.example", "group:g"])

    def may(entry: str, documents: Any) -> set[str]:
        return set(documents) if entry == "r1@x.example" else {SHARED}

    assert set(readable_by_all(job, items, may)) == {2, 3}


def test_an_item_of_a_document_that_nobody_knows_stays(store: Store, s3: Any) -> None:
    store.create(job_with(), [Item("a", documents=(CLOSED,)), Item("b")], LEAD)
    sent = CLI.invoke(app, ["review", "push", "answers-48", "--to", "s3://jobs"])
    assert sent.exit_code == 0 and "Without 1 items" in sent.stderr
    assert len(text(s3, "answers-48/input.manifest").splitlines()) == 1


@pytest.mark.parametrize("address", ["jobs/out", "s3://", "https://jobs", "s3://UPPER/x"])
def test_no_place(address: str) -> None:
    with pytest.raises(ReviewError, match=r"write s3://BUCKET/FOLDER"):
        Place.of(address)


def test_what_cant_go_or_come(s3: Any) -> None:
    with pytest.raises(ReviewError, match="a job of text can't go there"):
        pushed(s3, Place("jobs", ""), job_with(label={"kind": "text"}), {1: Item("a")})
    with pytest.raises(ReviewError, match="no item's documents may be read by all"):
        pushed(s3, Place("jobs", ""), job_with(), {})
    with pytest.raises(ReviewError, match=r"no output of answers-48 at s3://jobs/x/manifests.*NoSuchKey"):
        pulled(s3, Place("jobs", "x"), job_with())
    with pytest.raises(ReviewError, match="NoSuchBucket"):
        pulled(s3, Place("elsewhere", "x"), job_with())
    line = {"source": "a", "debrief": {"job": "another", "number": 1}}
    s3.put_object(Bucket="jobs", Key="x/manifests/output/output.manifest", Body=json.dumps(line).encode())
    with pytest.raises(ReviewError, match="of the job another, not of answers-48"):
        pulled(s3, Place("jobs", "x"), job_with())
