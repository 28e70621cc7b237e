"""What a sync costs at the source: seconds, requests and memory of the first run and of one with nothing changed.

    python -m evals.bench.connectors [--sizes 1000 20000] [--kinds files s3 …]

The stand-ins run in this process, the connector in one of its own, whose peak memory is what is reported.
"""

from __future__ import annotations

import argparse
import multiprocessing
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from connectors.registry import open_source
from core.settings import Settings, SourceSettings
from core.types import Cursor

_BODY = b"One line of text that stands for a document of about a kilobyte. " * 16
Started = tuple[dict[str, Any], Callable[[], int]]


def main() -> None:
    """Prints one line a kind and size."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", type=int, nargs="+", default=[1_000, 20_000])
    parser.add_argument("--kinds", nargs="+", default=list(_SOURCES), choices=list(_SOURCES))
    arguments = parser.parse_args()
    print(
        f"{'kind':11} {'documents':>9} {'first s':>8} {'requests':>9} {'again s':>8} {'requests':>9} {'peak MB':>8} "
        f"{'over idle':>9} {'cursor kB':>9}"
    )
    for kind in arguments.kinds:
        for size in arguments.sizes:
            with _SOURCES[kind](size) as (keys, requests):
                requests()
                first = _measured(keys, None)
                requested = requests()
                again = _measured(keys, first["cursor"])
                assert first["documents"] == size and again["documents"] == 0, (first["documents"], again["documents"])
                peak = max(first["peak_mb"], again["peak_mb"])
                idle = first["idle_mb"]
                print(
                    f"{kind:11} {size:9,} {first['seconds']:8.1f} {requested:9,} {again['seconds']:8.2f} "
                    f"{requests():9,} {peak:8.0f} {peak - idle:9.0f} {len(first['cursor']) / 1000:9.0f}",
                    flush=True,
                )


def _measured(keys: dict[str, Any], cursor: Cursor | None) -> dict[str, Any]:
    """One run in a fresh process."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        result: dict[str, Any] = pool.apply(run_once, (keys, cursor))
        return result


def run_once(keys: dict[str, Any], cursor: Cursor | None) -> dict[str, Any]:
    """Reads the source as a sync does, keeping nothing; seconds, counts, peak memory and the new cursor."""
    source = SourceSettings(name="bench", **keys)
    connector = open_source(source, Settings(sources=(source,)))
    # The first look loads the client library, which costs the same for any number of documents.
    next(iter(connector.listing()), None)
    idle_mb = _peak_mb()
    begin = time.monotonic()
    documents, last = 0, ""
    for batch in connector.changes(cursor):
        documents += len(batch.documents)
        last = batch.cursor or last
    seconds = time.monotonic() - begin
    return {"seconds": seconds, "documents": documents, "peak_mb": _peak_mb(), "idle_mb": idle_mb, "cursor": last}


def _peak_mb() -> float:
    """The process's highest resident memory. (getrusage would also count the process that started it.)"""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return next(int(line.split()[1]) / 1024 for line in status.splitlines() if line.startswith("VmHWM"))


@contextmanager
def _files(size: int) -> Iterator[Started]:
    with tempfile.TemporaryDirectory() as folder:
        for number in range(size):
            path = Path(folder, f"{number % 100:02}", f"document-{number:06}.txt")
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(_BODY)
        # Very fresh files are read twice, which isn't what is measured here.
        time.sleep(2.5)
        yield {"kind": "files", "path": folder}, lambda: 0


@contextmanager
def _s3(size: int) -> Iterator[Started]:
    from moto.s3.models import s3_backends

    from samples.stand_ins import s3

    with s3.start() as server:
        s3.client(server.url).create_bucket(Bucket="bench", CreateBucketConfiguration={"LocationConstraint": s3.REGION})
        backend = s3_backends["123456789012"]["aws"]
        for number in range(size):
            backend.put_object("bench", f"{number % 100:02}/document-{number:06}.txt", _BODY)
        keys = {"access_key_id": "x", "secret_access_key": "y", "endpoint_url": server.url}
        yield {"kind": "s3", "bucket": "bench", **keys}, _counted(server)
        s3.drop("bench")


@contextmanager
def _sharepoint(size: int) -> Iterator[Started]:
    from samples.stand_ins import graph

    with graph.start() as server:
        library = server.tenant.add_library(server.tenant.add_site("bench"))
        for number in range(size):
            server.tenant.add(library, f"document-{number:06}.txt", _BODY)
        keys = {"tenant": "x", "client_id": "x", "client_secret": graph.CLIENT_SECRET, "graph_endpoint": server.url}
        yield {"kind": "sharepoint", **keys}, _counted(server)


@contextmanager
def _totango(size: int) -> Iterator[Started]:
    from samples.stand_ins import totango

    with totango.start() as server:
        attributes = {f"Attribute {n}": {"val": f"value {n}"} for n in range(20)}
        for number in range(size):
            name = {"id": f"A{number}", "display_name": f"Customer {number}"}
            server.service.accounts.append({**name, "attributes": attributes, "metrics": {"Logins": number}})
        keys = {"app_token": totango.APP_TOKEN, "endpoint_url": server.url, "requests_per_minute": 10_000}
        yield {"kind": "totango", **keys}, _counted(server)


@contextmanager
def _confluence(size: int) -> Iterator[Started]:
    from samples.stand_ins import confluence

    with confluence.start() as server:
        server.wiki.groups["staff"] = []
        server.wiki.add_space("BENCH", "group:staff")
        for number in range(size):
            entry = confluence.Entry(str(number), "page", "BENCH", f"Page {number}", _BODY.decode())
            server.wiki.entries[entry.id] = entry
        keys = {"url": f"{server.url}/wiki", "email": confluence.EMAIL, "token": confluence.TOKEN}
        yield {"kind": "confluence", **keys}, _counted(server)


@contextmanager
def _salesforce(size: int) -> Iterator[Started]:
    from samples.stand_ins import salesforce

    with salesforce.start() as server:
        org = server.org
        org.add_kind(
            "Account", "Account", salesforce.name_field(), salesforce.text("Text__c"), salesforce.text("OwnerId")
        )
        salesforce.share_kind(org, "Account")
        org.put("User", "ana", Email="ana@x.com", UserType="Standard", IsActive=True)
        org.put("PermissionSetAssignment", "a1", AssigneeId="ana", PermissionSetId="staff")
        org.permit("staff", "Account", "Text__c", "OwnerId")
        old = {"SystemModstamp": "2026-01-05T08:00:00.000+0000", "Text__c": _BODY.decode(), "OwnerId": "ana"}
        for number in range(size):
            org.put("Account", f"001{number:012}AAA", Name=f"Account {number}", **old)
            org.put(
                "AccountShare",
                f"00r{number}",
                AccountId=f"001{number:012}AAA",
                UserOrGroupId="ana",
                AccountAccessLevel="All",
            )
        keys = {"client_id": salesforce.CLIENT_ID, "client_secret": salesforce.CLIENT_SECRET, "objects": ["Account"]}
        yield {"kind": "salesforce", "url": server.url, **keys}, _counted(server)


@contextmanager
def _smartsheet(size: int) -> Iterator[Started]:
    from samples.stand_ins import smartsheet

    with smartsheet.start() as server:
        for number in range(size):
            server.account.put(f"Sheet {number}", [{"Text": _BODY.decode()}], shares=["user:ana@x.com"])
        yield {"kind": "smartsheet", "endpoint_url": server.url, "token": smartsheet.TOKEN}, _counted(server)


@contextmanager
def _redshift(size: int) -> Iterator[Started]:
    from samples.stand_ins import redshift

    with redshift.start() as server:
        server.run(
            "CREATE TABLE bench AS SELECT 'D' || n AS id, repeat('word ', 200) AS body, 'emea' AS team, "
            f"timestamp '2026-01-01' + n * interval '1 second' AS changed FROM generate_series(1, {size}) AS n"
        )
        server.grant()
        document = {"name": "d", "query": "SELECT * FROM bench", "id": "id", "title": "{id}", "updated_at": "changed"}
        keys = {"host": "127.0.0.1", "port": server.port, "database": redshift.DATABASE, "user": redshift.USER}
        yield (
            {
                "kind": "redshift",
                **keys,
                "password": redshift.PASSWORD,
                "ssl": False,
                "overlap_s": 0,
                "documents": [{**document, "allow_groups": "team"}],
            },
            lambda: 0,
        )


def _counted(server: Any) -> Callable[[], int]:
    """The requests since the last call."""

    def count() -> int:
        requests = len(server.faults.requests)
        server.faults.requests.clear()
        return requests

    return count


_SOURCES = {
    "files": _files,
    "s3": _s3,
    "sharepoint": _sharepoint,
    "totango": _totango,
    "confluence": _confluence,
    "salesforce": _salesforce,
    "smartsheet": _smartsheet,
    "redshift": _redshift,
}


if __name__ == "__main__":
    main()
