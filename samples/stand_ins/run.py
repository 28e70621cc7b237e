"""Brings the stand-ins up together, loaded with the sample workspace."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from core.errors import SourceError

ROOT = Path(__file__).resolve().parents[2]
WORKSPACE = ROOT / "samples" / "workspace"
# What the sample application signs in to SharePoint with; debrief.yaml names the same file.
CERTIFICATE = ROOT / ".debrief" / "sample-certificate.pem"


@dataclass(frozen=True)
class Ports:
    """Where each stand-in listens on loopback; debrief.yaml names the same."""

    s3: int = 9101
    graph: int = 9102
    redshift: int = 9103
    totango: int = 9104
    confluence: int = 9105
    salesforce: int = 9106
    smartsheet: int = 9107


DEFAULT_PORTS = Ports()


@contextmanager
def run_stand_ins(ports: Ports = DEFAULT_PORTS, workspace: Path = WORKSPACE) -> Iterator[dict[str, str]]:
    """All stand-ins until the block ends; their addresses by name.

    Raises:
        SourceError: the workspace isn't there, or a port is in use.
    """
    if not workspace.is_dir():
        raise SourceError(f"There is no sample workspace at {workspace}; build it: python -m samples.build")
    from samples.stand_ins import confluence, graph, redshift, s3, salesforce, smartsheet, totango
    from samples.stand_ins.certificate import write_certificate
    from samples.stand_ins.redshift import RedshiftStandIn
    from samples.stand_ins.server import StandIn

    write_certificate(CERTIFICATE)
    starters: list[Callable[[], StandIn | RedshiftStandIn]] = [
        partial(s3.start, workspace / "s3", ports.s3),
        partial(graph.start, workspace / "sharepoint", ports.graph),
        partial(redshift.start, workspace / "redshift", ports.redshift),
        partial(totango.start, workspace / "totango", ports.totango),
        partial(confluence.start, workspace / "confluence", ports.confluence),
        partial(salesforce.start, workspace / "salesforce", ports.salesforce),
        partial(smartsheet.start, workspace / "smartsheet", ports.smartsheet),
    ]
    with ExitStack() as stack, ThreadPoolExecutor(len(starters)) as executor:
        # At the same time, since the database's start is mostly waiting.
        starting = [executor.submit(starter) for starter in starters]
        errors = [error for future in starting if (error := future.exception()) is not None]
        servers = [future.result() for future in starting if future.exception() is None]
        for server in servers:
            stack.callback(server.stop)
        if errors:
            raise errors[0]
        yield {server.name: server.url for server in servers}
