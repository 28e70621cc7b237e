"""S3 on loopback: moto, an implementation of AWS's own protocol, with a folder's files as objects."""

from __future__ import annotations

import logging
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from moto.core.config import default_user_config
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, MotoRequestHandler, create_backend_app
from moto.s3.models import s3_backends

from samples.stand_ins.faults import Answer
from samples.stand_ins.server import QuietHandler, StandIn

BUCKET = "northgate-customer-records"
REGION = "eu-central-1"
_ACCOUNT = "123456789012"
_XML = {"Content-Type": "application/xml"}


class _Handler(QuietHandler, MotoRequestHandler):
    """moto's own request handler, without its log."""


def start(folder: Path | None = None, port: int = 0, bucket: str = BUCKET) -> StandIn:
    """S3 with one bucket, which holds the files below `folder`. Any access key and secret are accepted."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    # The server must not look at the machine's own AWS settings.
    default_user_config["core"]["reset_boto3_session"] = False
    server = StandIn("S3", DomainDispatcherApplication(create_backend_app), _answers(), port, _Handler)
    if folder is not None:
        load(server.url, folder, bucket)
    return server


def client(url: str) -> Any:
    """A boto3 client of a stand-in."""
    import boto3

    return boto3.client(
        "s3", endpoint_url=url, region_name=REGION, aws_access_key_id="sample", aws_secret_access_key="sample"
    )


def load(url: str, folder: Path, bucket: str = BUCKET) -> int:
    """Puts the files below `folder` into the bucket under their relative paths; how many there are."""
    s3 = client(url)
    drop(bucket)
    s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION})
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    for path in paths:
        key = path.relative_to(folder).as_posix()
        s3.put_object(Bucket=bucket, Key=key, Body=path.read_bytes())
        # A restarted stand-in must not look as if everything had just been uploaded.
        set_modified(bucket, key, datetime.fromtimestamp(int(os.stat(path).st_mtime), UTC))
    return len(paths)


def drop(bucket: str) -> None:
    """Removes a bucket with all in it: moto keeps it for the life of the process, and a new start begins anew."""
    backend = s3_backends[_ACCOUNT]["aws"]
    if bucket in backend.buckets:
        backend.buckets[bucket].keys.clear()
        backend.delete_bucket(bucket)


def set_modified(bucket: str, key: str, moment: datetime) -> None:
    """Dates an object back, which S3's own interface doesn't offer."""
    stored = s3_backends[_ACCOUNT]["aws"].buckets[bucket].keys[key]
    stored.last_modified = moment.replace(tzinfo=None)


def _answers() -> dict[str, Answer]:
    def error(code: str, message: str) -> bytes:
        return f"<?xml version='1.0'?><Error><Code>{code}</Code><Message>{message}</Message></Error>".encode()

    return {
        "throttle": Answer("503 Slow Down", error("SlowDown", "Please reduce your request rate."), _XML),
        "error": Answer("500 Internal Server Error", error("InternalError", "We encountered an error."), _XML),
        "expire": Answer("400 Bad Request", error("ExpiredToken", "The provided token has expired."), _XML),
    }
