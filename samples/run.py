"""`make run`: the sample workspace from nothing: stand-ins up, synced, three questions answered, the page served."""

from __future__ import annotations

import argparse
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
DEBRIEF = str(Path(sys.executable).with_name("debrief"))

# The last one has no answer in the documents.
QUESTIONS = (
    "How long is raw Watchtower telemetry kept?",
    "How much is paid per kilometre with a private car?",
    "How do I reserve a parking space?",
)


def main() -> int:
    """Runs the sample until Ctrl-C; the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=8501, help="port of the chat page")
    arguments = parser.parse_args()
    os.chdir(ROOT)
    # `kill` unwinds as Ctrl-C does, so that the page and the stand-ins end with it.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    if not _is_free(arguments.port):
        print(
            f"Error: port {arguments.port} is in use on this machine; stop what uses it, or run: make run PORT=8600",
            file=sys.stderr,
        )
        return 1

    from samples.stand_ins import run_stand_ins

    with run_stand_ins():
        if subprocess.run([DEBRIEF, "sync"], check=False).returncode != 0:
            print("The sync did not succeed for every source; see the reasons above.", file=sys.stderr)
        for question in QUESTIONS:
            print(f"\n? {question}", flush=True)
            subprocess.run([DEBRIEF, "ask", question], check=False)
        return _serve(arguments.port)


def _serve(port: int) -> int:
    server = subprocess.Popen([DEBRIEF, "serve", "--port", str(port)])
    try:
        return server.wait()
    except KeyboardInterrupt:
        return 0
    finally:
        server.terminate()
        server.wait()


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


if __name__ == "__main__":
    sys.exit(main())
