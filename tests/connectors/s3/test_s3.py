"""S3: sidecars and prefix access lists as Kendra has them, versions, tags, and what errors mean."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest

from connectors.s3.events import touched_keys
from connectors.s3.listing import S3Object, apart, beside, disjoint, sidecar_order
from core.errors import CredentialError, SourceError, Throttled, Unreachable
from samples.stand_ins import s3
from samples.stand_ins.server import StandIn
from tests.connectors.harness import run
from tests.connectors.sources import S3Harness, acl

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def server() -> Iterator[StandIn]:
    with s3.start() as running:
        yield running


@pytest.fixture
def bucket(server: StandIn) -> S3Harness:
    return S3Harness(server)


def put(bucket: S3Harness, key: str, content: Any = "text", **facts: Any) -> None:
    body = content if isinstance(content, str) else json.dumps(content)
    bucket.client.put_object(Bucket=bucket.bucket, Key=key, Body=body.encode(), **facts)


def test_documents_come_in_the_order_of_their_sidecars_whatever_lies_between() -> None:
    keys = ["a", "a-b", "a-b.metadata.json", "a.b", "a.metadata.json", "a/c", "a/c.metadata.json", "lost.metadata.json"]
    pairs = [(found.key, side.key if side else None) for found, side in beside(S3Object(key) for key in sorted(keys))]
    assert pairs == [
        ("a-b", "a-b.metadata.json"),
        ("a.b", None),
        ("a", "a.metadata.json"),
        ("a/c", "a/c.metadata.json"),
    ]
    orders = [sidecar_order(key) for key, _ in pairs]
    assert orders == sorted(orders)


def test_sidecars_under_a_prefix_of_their_own_are_matched_while_both_stream() -> None:
    documents = [S3Object(key) for key in sorted(["a", "a-b", "b/c", "z"])]
    sidecars = [S3Object(f"meta/{key}.metadata.json") for key in ("a-b", "a", "b", "b/c")]
    pairs = [(found.key, side is not None) for found, side in apart(documents, sidecars, "meta/")]
    assert pairs == [("a-b", True), ("a", True), ("b/c", True), ("z", False)]


def test_nested_prefixes_are_read_once() -> None:
    assert disjoint(["b/", "a/x/", "a/", "b/"]) == ("a/", "b/")
    assert disjoint([]) == ("",)


def test_a_bucket_prepared_for_kendra_reads_the_same(bucket: S3Harness) -> None:
    name = bucket.bucket
    rules = [
        {"keyPrefix": f"s3://{name}/prefix1/", "aclEntries": acl(("user:U@x.com",), ("group:g",))},
        {"keyPrefix": f"s3://{name}/prefix1/one.txt", "aclEntries": acl(("group:only",))},
        {"keyPrefix": "s3://another-bucket/open/", "aclEntries": acl(("group:foreign",))},
    ]
    put(bucket, "access/acl.json", rules)
    for key in ("prefix1/a.txt", "prefix1/one.txt", "open/b.txt"):
        put(bucket, key)
    sidecar = {
        "Title": "A",
        "Attributes": {"_category": "c", "_view_count": 7},
        "AccessControlList": acl(("group:own",)),
    }
    put(bucket, "meta/open/b.txt.metadata.json", sidecar)
    keys = {"metadata_prefix": "meta/", "acl_file": "access/acl.json", "exclude": ["access/"]}
    found = {d.metadata["path"]: d for d in run(bucket.connector(**keys)).documents.values()}
    assert set(found) == {"prefix1/a.txt", "prefix1/one.txt", "open/b.txt"}
    assert (found["prefix1/a.txt"].allow, found["prefix1/a.txt"].deny) == ({"user:u@x.com"}, {"group:g"})
    assert found["prefix1/one.txt"].allow == {"group:only"}
    assert found["open/b.txt"].allow == {"group:own"} and found["open/b.txt"].title == "A"
    assert found["open/b.txt"].metadata["_view_count"] == 7


def test_a_prefix_that_is_not_listed_is_closed_unless_the_source_is_public(bucket: S3Harness) -> None:
    put(bucket, "acl.json", [{"keyPrefix": f"s3://{bucket.bucket}/a/", "aclEntries": acl(("group:a",))}])
    put(bucket, "b/1.txt")
    (closed,) = run(bucket.connector()).documents.values()
    (opened,) = run(bucket.connector(public=True)).documents.values()
    assert closed.allow == set() and opened.allow == {"everyone"}


def test_a_broken_access_file_stops_the_source_instead_of_opening_or_emptying_it(bucket: S3Harness) -> None:
    put(bucket, "a.txt")
    first = run(bucket.connector(public=True))
    put(bucket, "acl.json", "{broken")
    with pytest.raises(SourceError, match=r"acl\.json is not valid JSON"):
        run(bucket.connector(public=True), first.cursor)


def test_metadata_and_tags_of_the_object_are_kept(bucket: S3Harness) -> None:
    metadata = {"customer": "Acme", "ort": "=?UTF-8?B?WsO8cmljaA==?="}
    put(bucket, "a.txt", Metadata=metadata, Tagging="stage=final&year=2026")
    put(bucket, "page", "<p>x</p>", ContentType="text/html")
    found = {d.name: d for d in run(bucket.connector()).documents.values()}
    kept = dict(found["a.txt"].metadata)
    assert kept == {"path": "a.txt", "customer": "Acme", "ort": "Zürich", "stage": "final", "year": "2026"}
    assert found["page"].media_type == "text/html" and found["a.txt"].media_type == ""


def test_a_delete_marker_deletes_and_removing_it_brings_the_document_back(bucket: S3Harness) -> None:
    bucket.client.put_bucket_versioning(Bucket=bucket.bucket, VersioningConfiguration={"Status": "Enabled"})
    put(bucket, "a.txt", "one")
    put(bucket, "a.txt", "two")
    first = run(bucket.connector())
    (document,) = first.documents.values()
    assert document.body == b"two" and document.metadata["version_id"]
    marker = bucket.client.delete_object(Bucket=bucket.bucket, Key="a.txt")["VersionId"]
    second = run(bucket.connector(), first.cursor)
    assert second.deleted == ["src:a.txt"]
    bucket.client.delete_object(Bucket=bucket.bucket, Key="a.txt", VersionId=marker)
    assert run(bucket.connector(), second.cursor).documents["src:a.txt"].body == b"two"


def test_folders_and_archived_objects(bucket: S3Harness) -> None:
    put(bucket, "folder/", "")
    put(bucket, "old.txt", StorageClass="DEEP_ARCHIVE")
    put(bucket, "new.txt", StorageClass="STANDARD_IA")
    found = run(bucket.connector())
    assert set(found.documents) == {"src:new.txt"}
    assert "DEEP_ARCHIVE" in found.failures["src:old.txt"].reason and not found.failures["src:old.txt"].retry
    assert run(bucket.connector(), found.cursor).is_empty()


def test_only_the_prefixes_are_listed(bucket: S3Harness) -> None:
    for key in ("a/1.txt", "b/2.txt", "c/3.txt"):
        put(bucket, key)
    assert set(run(bucket.connector(prefixes=["c/", "a/"])).documents) == {"src:a/1.txt", "src:c/3.txt"}


@pytest.fixture
def queue_url(bucket: S3Harness, server: StandIn) -> str:
    """A queue that gets the bucket's events."""
    sqs = boto3.client(
        "sqs", endpoint_url=server.url, region_name=s3.REGION, aws_access_key_id="x", aws_secret_access_key="y"
    )
    url: str = sqs.create_queue(QueueName=bucket.bucket)["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    events = {"QueueArn": arn, "Events": ["s3:ObjectCreated:*", "s3:ObjectRemoved:*", "s3:ObjectTagging:*"]}
    bucket.client.put_bucket_notification_configuration(
        Bucket=bucket.bucket, NotificationConfiguration={"QueueConfigurations": [events]}
    )
    return url


def test_with_a_queue_only_what_it_names_is_looked_at(bucket: S3Harness, queue_url: str) -> None:
    keys = {"queue_url": queue_url, "region": s3.REGION, "read_timeout_s": 10}
    for number in range(5):
        bucket.put(f"doc {number}+ü", "text")
    first = run(bucket.connector(**keys))
    assert len(first.documents) == 5
    bucket.put("doc 1+ü", "changed")
    bucket.delete("doc 2+ü")
    bucket.set_access("doc 3+ü", ("group:new",))
    bucket.put("fresh", "text")
    bucket.client.delete_object(Bucket=bucket.bucket, Key="doc 2+ü.txt.metadata.json")
    bucket.downloads()
    second = run(bucket.connector(**keys), first.cursor)
    assert set(second.documents) == {"src:doc 1+ü.txt", "src:fresh.txt"} and second.deleted == ["src:doc 2+ü.txt"]
    assert [(ref.id, set(ref.allow)) for ref in second.access.values()] == [("src:doc 3+ü.txt", {"group:new"})]
    requests = bucket.faults.requests if bucket.faults else []
    assert not any("list-type" in request and "prefix=&" in request for request in requests)
    # Not acknowledged before the sync was written: a crash now sees the same again.
    bucket.put("late", "text")
    third = run(bucket.connector(**keys), second.cursor)
    assert set(third.documents) == {"src:late.txt"} and not third.deleted
    assert run(bucket.connector(**keys), third.cursor).is_empty()
    # And a full listing agrees with what the events have led to.
    assert run(bucket.connector(**keys, full_listing_hours=0.0000001), third.cursor).is_empty()


def test_a_tag_that_changed_is_noticed_by_its_event(bucket: S3Harness, queue_url: str) -> None:
    keys = {"queue_url": queue_url, "region": s3.REGION, "read_timeout_s": 10}
    bucket.put("doc", "text")
    first = run(bucket.connector(**keys))
    tags = {"TagSet": [{"Key": "stage", "Value": "final"}]}
    bucket.client.put_object_tagging(Bucket=bucket.bucket, Key="doc.txt", Tagging=tags)
    body = {"Records": [{"s3": {"bucket": {"name": bucket.bucket}, "object": {"key": "doc.txt"}}}]}
    sqs = boto3.client(
        "sqs", endpoint_url=bucket.url, region_name=s3.REGION, aws_access_key_id="x", aws_secret_access_key="y"
    )
    sqs.send_message(QueueUrl=queue_url, MessageBody=json.dumps(body))
    second = run(bucket.connector(**keys), first.cursor)
    assert second.documents["src:doc.txt"].metadata["stage"] == "final"


@pytest.mark.parametrize(
    ("body", "keys"),
    [
        ({"Event": "s3:TestEvent", "Bucket": "b"}, []),
        ({"Records": [{"s3": {"bucket": {"name": "b"}, "object": {"key": "a+b%2Bc/%C3%BC.txt"}}}]}, ["a b+c/ü.txt"]),
        ({"Records": [{"s3": {"bucket": {"name": "other"}, "object": {"key": "a"}}}]}, []),
        ({"Message": '{"Records": [{"s3": {"bucket": {"name": "b"}, "object": {"key": "sns"}}}]}'}, ["sns"]),
        ({"detail-type": "Object Created", "detail": {"bucket": {"name": "b"}, "object": {"key": "a+b"}}}, ["a+b"]),
        ({"Message": "hello"}, []),
        ([1], []),
    ],
)
def test_events_in_all_their_wrappings(body: Any, keys: list[str]) -> None:
    assert list(touched_keys(json.dumps(body), "b")) == keys


def test_a_sidecar_that_may_not_be_read_closes_its_document_and_no_other(bucket: S3Harness) -> None:
    put(bucket, "a.txt")
    put(bucket, "b.txt")
    put(bucket, "a.txt.metadata.json", {"AccessControlList": acl(("group:x",))})
    denied(bucket, r"a\.txt\.metadata", "AccessDenied")
    found = run(bucket.connector(public=True))
    assert set(found.documents) == {"src:b.txt"} and "s3:GetObject" in found.failures["src:a.txt"].reason
    assert found.access["src:a.txt"].allow == set()
    bucket.faults.clear()  # type: ignore[union-attr]
    assert run(bucket.connector(public=True), found.cursor).documents["src:a.txt"].allow == {"group:x"}


def denied(bucket: S3Harness, path: str, code: str, status: str = "403 Forbidden") -> None:
    assert bucket.faults is not None
    body = f"<?xml version='1.0'?><Error><Code>{code}</Code><Message>No.</Message></Error>".encode()
    answer = type(bucket.faults.answers["error"])(status, body, {"Content-Type": "application/xml"})
    bucket.faults.answers = {**bucket.faults.answers, "expire": answer}
    bucket.faults.add("expire", path, times=100)


@pytest.mark.parametrize(
    ("code", "problem", "remedy"),
    [
        ("ExpiredToken", "expired", "sign in again"),
        ("InvalidAccessKeyId", "invalid", "check the access key"),
        ("SignatureDoesNotMatch", "invalid", "check the access key"),
        ("AccessDenied", "insufficient", "s3:ListBucket on arn:aws:s3:::bucket-"),
    ],
)
def test_credential_problems_say_which_and_what_to_do(bucket: S3Harness, code: str, problem: str, remedy: str) -> None:
    denied(bucket, "list-type", code)
    with pytest.raises(CredentialError, match=remedy) as raised:
        run(bucket.connector())
    assert raised.value.problem == problem
    bucket.faults.clear()  # type: ignore[union-attr]


def test_other_errors_are_told_apart(bucket: S3Harness, monkeypatch: pytest.MonkeyPatch) -> None:
    denied(bucket, "list-type", "SlowDown", "503 Slow Down")
    with pytest.raises(Throttled, match="slow down"):
        run(bucket.connector(attempts=1))
    bucket.faults.clear()  # type: ignore[union-attr]
    denied(bucket, "list-type", "RequestTimeTooSkewed")
    with pytest.raises(SourceError, match="clock"):
        run(bucket.connector())
    bucket.faults.clear()  # type: ignore[union-attr]
    with pytest.raises(SourceError, match=r"nowhere-at-all.*there is no such bucket"):
        run(bucket.connector(bucket="nowhere-at-all"))
    with pytest.raises(Unreachable, match="endpoint_url"):
        run(bucket.connector(endpoint_url="http://127.0.0.1:9", attempts=1))
    with pytest.raises(CredentialError, match="profile"):
        bucket.connector(profile="nobody", access_key_id="", secret_access_key=None)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("HOME", "/nonexistent")
    with pytest.raises(CredentialError, match="AWS_ACCESS_KEY_ID") as raised:
        run(bucket.connector(access_key_id="", secret_access_key=None))
    assert raised.value.problem == "invalid"


def test_a_role_is_assumed_with_the_credentials_of_the_chain(
    bucket: S3Harness, server: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_STS", server.url)
    put(bucket, "a.txt")
    role = "arn:aws:iam::123456789012:role/reader"
    assert set(run(bucket.connector(role_arn=role, region="eu-central-1")).documents) == {"src:a.txt"}
    assert any(request.startswith("POST /") for request in server.faults.requests)
