"""The shapes of Amazon Q Business, by boto3's own client."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import boto3
import pytest
from botocore.config import Config

from tests.service.conftest import ANA, BEN, Served

pytestmark = pytest.mark.integration
Q = Callable[[str], Any]


@pytest.fixture
def q(address: str) -> Q:
    def client(credential: str) -> Any:
        return boto3.client(
            "qbusiness",
            endpoint_url=f"{address}/q",
            region_name="eu-central-1",
            aws_access_key_id="-",
            aws_secret_access_key="-",
            aws_session_token=credential,
            config=Config(retries={"max_attempts": 0}),
        )

    return client


def test_an_integration_of_amazon_q_goes_on_working(q: Q, served: Served) -> None:
    ben = q(served.provider.token(BEN))
    (application,) = ben.list_applications()["applications"]
    where = {"applicationId": application["applicationId"]}
    assert ben.get_application(**where)["status"] == "ACTIVE"
    first = ben.chat_sync(**where, userMessage="What does the premium plan cost?")
    assert "480" in first["systemMessage"]
    source = first["sourceAttributions"][0]
    segment = source["textMessageSegments"][0]
    assert "480" in first["systemMessage"][segment["beginOffset"] : segment["endOffset"]]
    assert source["citationNumber"] == 1 and "480" in segment["snippetExcerpt"]["text"] and source["title"]
    talk = {**where, "conversationId": first["conversationId"]}
    second = ben.chat_sync(**talk, parentMessageId=first["systemMessageId"], userMessage="And how often is it billed?")
    assert "quarter" in second["systemMessage"] and second["conversationId"] == first["conversationId"]
    messages = ben.list_messages(**talk)["messages"]
    assert [m["type"] for m in messages] == ["HUMAN", "AI", "HUMAN", "AI"]
    assert messages[1]["messageId"] == first["systemMessageId"]
    ben.put_feedback(
        **talk,
        messageId=first["systemMessageId"],
        messageUsefulness={"usefulness": "USEFUL", "reason": "HELPFUL", "submittedAt": datetime.now(UTC)},
    )
    assert first["conversationId"] in [c["conversationId"] for c in ben.list_conversations(**where)["conversations"]]
    retriever = {"retriever": {"retrieverId": application["applicationId"]}}
    narrowed = {"equalsTo": {"name": "_data_source_id", "value": {"stringValue": "handbook"}}}
    found = ben.search_relevant_content(
        **where, queryText="premium plan", contentSource=retriever, attributeFilter=narrowed
    )
    assert found["relevantContent"][0]["documentId"].endswith("plans.md")
    ben.delete_conversation(**talk)
    with pytest.raises(ben.exceptions.ResourceNotFoundException, match="You have no conversation"):
        ben.list_messages(**talk)


def test_boto3_has_no_two_way_chat_that_could_be_answered(q: Q, served: Served) -> None:
    """docs/api.md says so; where a later boto3 has it, the adapter lacks it."""
    client = q(served.key(BEN, "ask"))
    assert "Chat" in client.meta.service_model.operation_names and not hasattr(client, "chat")


def test_who_may_not_isnt_let_in(q: Q, served: Served) -> None:
    where = {"applicationId": "0" * 36}
    with pytest.raises(Exception, match="no such API key"):
        q("dbr_none_none").list_applications()
    ben = q(served.provider.token(BEN))
    with pytest.raises(ben.exceptions.AccessDeniedException, match="can't act for"):
        ben.chat_sync(**where, userId=ANA, userMessage="When is the salary review of the board?")
    for named, known in ((BEN, False), (ANA, True)):
        acting = q(served.key(ANA, "ask", service=True))
        said = acting.chat_sync(**where, userId=named, userMessage="When is the salary review of the board?")
        assert ("May" in said["systemMessage"]) is known
    with pytest.raises(ben.exceptions.ValidationException):
        ben.chat_sync(**where, userMessage="x", chatMode="CREATOR_MODE")
    document = next(
        d["document"]
        for d in served.client.post(
            "/api/v1/search", headers=served.bearer(ANA), json={"question": "salary review of the board"}
        ).json()["passages"]
    )
    checked = {**where, "indexId": "0" * 36, "documentId": document}
    assert q(served.provider.token(ANA)).check_document_access(**checked, userId=BEN)["hasAccess"] is False
    with pytest.raises(ben.exceptions.AccessDeniedException):
        ben.check_document_access(**checked, userId=ANA)


def test_an_action_is_reviewed_and_written_as_it_was_confirmed(q: Q, served: Served) -> None:
    records = served.jira.service.records
    records.clear()
    ana, where = q(served.provider.token(ANA)), {"applicationId": "0" * 36}
    asked = ana.chat_sync(**where, userMessage="Open a ticket: the VPN drops in Berlin")
    review = asked["actionReview"]
    assert review["pluginType"] == "JIRA_CLOUD" and review["payload"]["summary"]["value"] == "the VPN drops in Berlin"
    assert [c["value"] for c in review["payload"]["type"]["allowedValues"]] == ["Task", "Bug"] and not records
    values = {name: {"value": field["value"]} for name, field in review["payload"].items()}
    sent = {**where, "conversationId": asked["conversationId"]}

    def executed(client: Any, **changed: Any) -> Any:
        payload = {**values, **{name: {"value": value} for name, value in changed.items()}}
        given = {"pluginId": review["pluginId"], "payload": payload, "payloadFieldNameSeparator": "."}
        return client.chat_sync(**sent, actionExecution=given)

    refused = ana.exceptions.ValidationException
    for wrong, said in (
        ({}, "Type is missing"),
        ({"type": "Dream"}, "Dream"),
        ({"colour": "red"}, "no field 'colour'"),
    ):
        with pytest.raises(refused, match=said):
            executed(ana, **wrong)
    with pytest.raises(ana.exceptions.AccessDeniedException, match="needs the scope confirm"):
        executed(q(served.key(ANA, "ask", "actions")), type="Bug")
    ben = q(served.provider.token(BEN))
    with pytest.raises(ben.exceptions.ResourceNotFoundException):
        executed(ben, type="Bug")
    assert not records
    done = executed(ana, type="Bug", summary="VPN drops", project="DEV")
    assert "OPS-" in done["systemMessage"] and len(records) == 1, "what is fixed stays as it is"
    messages = ana.list_messages(**sent)["messages"]
    assert [m["type"] for m in messages] == ["HUMAN", "AI", "HUMAN", "AI"] and messages[2]["body"].startswith(
        "Confirmed"
    )
    with pytest.raises(refused, match="is written already"):
        executed(ana, type="Bug")
    assert len(records) == 1
