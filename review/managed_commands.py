"""`debrief review push` and `pull`: a job to a private workforce of SageMaker Ground Truth, and its labels back."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Annotated, Any

import typer

from connectors.common.aws import AwsSettings, open_client
from core import audit
from core.console import err, out
from core.database import Engine, open_database
from core.identity import UNKNOWN_GROUPS, Directory, asking_user, load_directory
from core.settings import load_settings
from core.types import User
from ingestion.documents import readable_ids
from review.commands import AsUser, Name, review_app
from review.desk import Desk
from review.managed import Place, pulled, pushed, readable_by_all
from review.store import Store

Region = Annotated[str, typer.Option("--region", help="The bucket's region; default: that of the AWS settings.")]
Endpoint = Annotated[str, typer.Option("--endpoint", help="Another address than AWS' own.", hidden=True)]


def register(app: typer.Typer) -> None:
    """The commands are added when this is imported."""


@review_app.command("push")
def push(
    name: Name,
    to: Annotated[str, typer.Option("--to", help="s3://BUCKET/FOLDER")],
    *,
    region: Region = "",
    endpoint: Endpoint = "",
    user: AsUser = "",
) -> None:
    """Sends a job to S3: items, classes, and the page that reviewers see. Only what all its people may read goes."""
    settings, place = load_settings(), Place.of(to)
    store = Store(open_database(settings))
    person = asking_user(settings, user, store.engine)
    kept = store.led(name, person)
    seen = Desk(store, partial(readable_ids, store.engine)).shown(kept, person)
    may = partial(_may_read, store.engine, load_directory(settings, store.engine))
    items = readable_by_all(kept.job, seen, may)
    written = pushed(_client(region, endpoint), place, kept.job, items)
    audit.record(store.engine, person, "sent review job away", name, f"{len(items)} items to {to}")
    for address in written:
        out.print(address, highlight=False)
    if left := len(store.items(name)) - len(items):
        err.print(f"Without {left} items: not all of the job's people, or not you, may read their documents.")


@review_app.command("pull")
def pull(
    name: Name,
    source: Annotated[str, typer.Option("--from", help="s3://BUCKET/FOLDER/LABELLING-JOB, its output.")],
    *,
    region: Region = "",
    endpoint: Endpoint = "",
    user: AsUser = "",
) -> None:
    """Brings a labelling job's labels back; what was brought before stays as it is."""
    settings, place = load_settings(), Place.of(source)
    store = Store(open_database(settings))
    person = asking_user(settings, user, store.engine)
    kept = store.led(name, person)
    labels, unread = pulled(_client(region, endpoint), place, kept.job)
    new = store.take_in(name, labels, person)
    out.print(f"{name}: {new} new labels of {len({one.reviewer for one in labels})} reviewers.")
    if unread:
        err.print(f"{unread} labels are none of the job's: {', '.join(map(str, kept.job.label.offered()))}.")


def _client(region: str, endpoint: str) -> Any:
    return open_client("s3", AwsSettings(name="review", kind="s3", region=region, endpoint_url=endpoint))


def _may_read(engine: Engine, directory: Directory, entry: str, documents: Sequence[str]) -> set[str]:
    """What this person may read; of a group's people what anybody may who is in it and in whatever others."""
    group = entry.removeprefix("group:") if entry.startswith("group:") else ""
    if not group:
        return readable_ids(engine, documents, directory.person(entry))
    anybody = User("", directory.groups_of("", (group, UNKNOWN_GROUPS)))
    found = readable_ids(engine, documents, anybody)
    for member in directory.members.get(group, ()):
        if member.startswith("user:"):
            found &= readable_ids(engine, documents, directory.person(member.removeprefix("user:")))
    return found
