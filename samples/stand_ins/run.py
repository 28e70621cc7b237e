"""Brings the stand-ins up together, loaded with the sample workspace."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
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


DEFAULT_PORTS = Ports()


@contextmanager
def run_stand_ins(ports: Ports = DEFAULT_PORTS, workspace: Path = WORKSPACE) -> Iterator[dict[str, str]]:
    """All stand-ins until the block ends; their addresses by name.

    Raises:
        SourceError: the workspace isn't there, or a port is in use.
    """
    if not workspace.is_dir():
        raise SourceError(f"There is no sample workspace at {workspace}; build it: python -m samples.build")
    from samples.stand_ins import graph, redshift, s3, totango
    from samples.stand_ins.certificate import write_certificate
    from samples.stand_ins.redshift import RedshiftStandIn
    from samples.stand_ins.server import StandIn

    write_certificate(CERTIFICATE)
    with ExitStack() as stack:
        servers: list[StandIn | RedshiftStandIn] = [
            stack.enter_context(s3.start(workspace / "s3", ports.s3)),
            stack.enter_context(graph.start(workspace / "sharepoint", ports.graph)),
            stack.enter_context(redshift.start(workspace / "redshift", ports.redshift)),
            stack.enter_context(totango.start(workspace / "totango", ports.totango)),
        ]
        yield {server.name: server.url for server in servers}
