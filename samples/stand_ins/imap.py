"""A mail server on loopback that speaks as much IMAP4rev1 as putting drafts into a mailbox needs."""

from __future__ import annotations

import re
import socketserver
import threading
import time
from email import message_from_bytes
from typing import Literal, Self

USER, PASSWORD = "service@example.com", "sample-token"
_LITERAL = re.compile(rb"\{(\d+)\}\r\n$")
Fault = Literal["lost", "late", "cut", "refuse"]


class ImapStandIn(socketserver.ThreadingTCPServer):
    """A running server. Use it in a `with` statement.

    Attributes:
        drafts: What was put into the mailbox, in order.
        faults: What goes wrong with the next appends: silence without and with the draft kept, a cut after it,
            a no; None is a proper one.
        seconds: How long a silence lasts.
    """

    allow_reuse_address, daemon_threads = True, True

    def __init__(self, port: int = 0) -> None:
        super().__init__(("127.0.0.1", port), _Session)
        self.drafts: list[bytes] = []
        self.faults: list[Fault | None] = []
        self.seconds = 1.0
        self.port = int(self.server_address[1])
        self._thread = threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Stops serving and frees the port."""
        self.shutdown()
        self.server_close()
        self._thread.join()

    def __exit__(self, *_: object) -> None:
        self.stop()

    def __enter__(self) -> Self:
        return self


class _Session(socketserver.StreamRequestHandler):
    server: ImapStandIn

    def handle(self) -> None:
        self._say("* OK [CAPABILITY IMAP4rev1 UIDPLUS] ready")
        while line := self.rfile.readline():
            tag, _, rest = line.decode(errors="replace").strip().partition(" ")
            command = rest.upper()
            if command.startswith("APPEND"):
                if not self._append(tag, line):
                    return
            elif command.startswith("LOGIN"):
                known = rest.split(" ", 1)[1].replace('"', "") == f"{USER} {PASSWORD}"
                self._say(f"{tag} {'OK' if known else 'NO [AUTHENTICATIONFAILED]'} login")
            elif command.startswith("CAPABILITY"):
                self._say("* CAPABILITY IMAP4rev1 UIDPLUS", f"{tag} OK done")
            elif command.startswith(("SELECT", "EXAMINE")):
                known = "DRAFTS" in command
                self._say(
                    f"* {len(self.server.drafts)} EXISTS", f"{tag} {'OK done' if known else 'NO no such mailbox'}"
                )
            elif command.startswith("UID SEARCH"):
                wanted = rest.rsplit(" ", 1)[1].strip('"')
                found = [
                    n for n, d in enumerate(self.server.drafts, 1) if message_from_bytes(d)["Message-ID"] == wanted
                ]
                self._say("* SEARCH " + " ".join(map(str, found)), f"{tag} OK done")
            elif command.startswith("LOGOUT"):
                self._say("* BYE", f"{tag} OK done")
                return
            else:
                self._say(f"{tag} BAD unknown command")

    def _append(self, tag: str, line: bytes) -> bool:
        """Takes a draft; False when the connection ends here."""
        size = _LITERAL.search(line)
        assert size is not None
        self._say("+ go on")
        draft = self.rfile.read(int(size[1]))
        self.rfile.readline()
        fault = self.server.faults.pop(0) if self.server.faults else None
        if fault == "refuse":
            self._say(f"{tag} NO [OVERQUOTA] The mailbox is full")
            return True
        if fault != "lost":
            self.server.drafts.append(draft)
        if fault in ("lost", "late"):
            time.sleep(self.server.seconds)
            return False
        if fault == "cut":
            return False
        self._say(f"{tag} OK [APPENDUID 1 {len(self.server.drafts)}] done")
        return True

    def _say(self, *lines: str) -> None:
        self.wfile.write("".join(f"{line}\r\n" for line in lines).encode())
