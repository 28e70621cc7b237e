"""S3's event notifications from an SQS queue: which keys were touched since the last sync.

Events come in any order and more than once, so only the keys count; what became of an object is looked up.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote_plus

from connectors.common.aws import aws_error

_PER_CALL = 10
# What one sync takes from the queue; more than this is better found by a listing.
_MOST_MESSAGES = 2_000


@dataclass(frozen=True)
class Touched:
    """What the queue had to say.

    Attributes:
        keys: Keys of the bucket that were created, changed, tagged or removed.
        receipts: To be acknowledged once the sync that saw them is written.
        overflow: There were more messages than one sync takes.
    """

    keys: frozenset[str]
    receipts: tuple[str, ...]
    overflow: bool


class Notifications:
    """One queue that gets the events of one bucket, directly, through SNS or through EventBridge."""

    def __init__(self, client: Any, queue_url: str, bucket: str, source: str) -> None:
        self._client = client
        self._queue_url = queue_url
        self._bucket = bucket
        self._source = source

    def receive(self) -> Touched:
        """All messages that wait now."""
        keys: set[str] = set()
        receipts: list[str] = []
        while len(receipts) < _MOST_MESSAGES:
            messages = self._call(
                "receive_message", "sqs:ReceiveMessage", MaxNumberOfMessages=_PER_CALL, WaitTimeSeconds=1
            ).get("Messages", ())
            for message in messages:
                keys.update(touched_keys(message["Body"], self._bucket))
                receipts.append(message["ReceiptHandle"])
            if not messages:
                return Touched(frozenset(keys), tuple(receipts), False)
        return Touched(frozenset(keys), tuple(receipts), True)

    def acknowledge(self, receipts: Iterable[str]) -> None:
        """Removes messages that an earlier sync has seen and written."""
        waiting = list(receipts)
        for begin in range(0, len(waiting), _PER_CALL):
            entries = [
                {"Id": str(number), "ReceiptHandle": receipt}
                for number, receipt in enumerate(waiting[begin : begin + _PER_CALL])
            ]
            # One that can't be removed any more is received again, which does no harm.
            self._call("delete_message_batch", "sqs:DeleteMessage", Entries=entries)

    def _call(self, name: str, grant: str, **arguments: Any) -> Mapping[str, Any]:
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            answer: Mapping[str, Any] = getattr(self._client, name)(QueueUrl=self._queue_url, **arguments)
        except (ClientError, BotoCoreError) as error:
            raise aws_error(error, self._source, f"use the queue {self._queue_url}", f"{grant} on it") from error
        return answer


def touched_keys(body: str, bucket: str) -> Iterator[str]:
    """The keys of `bucket` that a message names; none for anything that isn't an S3 event."""
    try:
        event = json.loads(body)
        if isinstance(event, Mapping) and isinstance(event.get("Message"), str):
            event = json.loads(event["Message"])
    except ValueError:
        return
    if not isinstance(event, Mapping):
        return
    for record in event.get("Records") or ():
        found = record.get("s3") or {}
        if (found.get("bucket") or {}).get("name") == bucket:
            # As in a form: "a+b%2Bc" is the key "a b+c".
            yield unquote_plus(str(found["object"]["key"]))
    detail = event.get("detail") or {}
    if (detail.get("bucket") or {}).get("name") == bucket and "object" in detail:
        yield str(detail["object"]["key"])
