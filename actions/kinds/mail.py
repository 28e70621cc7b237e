"""An e-mail draft in a mailbox, by IMAP's APPEND: the person opens it in their own mail program, and sends it there.

Nothing is ever sent from here. The draft's Message-ID is made of our key, by which it is found again.
"""

from __future__ import annotations

import imaplib
import re
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import SMTP

from pydantic import Field as Setting
from pydantic import SecretStr

from actions.kinds.kind import ActionKind, Draft, Field, KindSettings, Operation, Record
from core.errors import Busy, Refused, Unsure

_LOOPBACK = ("127.0.0.1", "localhost", "::1")
_UID = re.compile(rb"APPENDUID \d+ (\d+)")


class MailSettings(KindSettings):
    """The mailbox.

    Attributes:
        user, mailbox: `{email}` in them is the person's address, for a master account and for shared folders.
        password: Write it as ${NAME}.
        ssl: False only on this machine.
    """

    host: str
    port: int = Setting(default=993, gt=0)
    ssl: bool = True
    user: str
    password: SecretStr
    mailbox: str = "Drafts"


class Mailbox:
    """The mail server, as the operation speaks to it; each call is a session of its own."""

    def __init__(self, settings: MailSettings) -> None:
        if not settings.ssl and settings.host not in _LOOPBACK:
            raise Refused(f"{settings.name}: ssl: false is for this machine only; leave it out for {settings.host}.")
        self.settings = settings

    @contextmanager
    def session(self, email: str) -> Iterator[imaplib.IMAP4]:
        """A signed-in session for the person's mailbox. Raises Busy or Refused."""
        s = self.settings
        try:
            server = self._connected()
        except (OSError, imaplib.IMAP4.error) as error:
            raise Busy(f"{s.name} can't be reached ({error}); check its host and port.") from error
        try:
            try:
                server.login(s.user.replace("{email}", email), s.password.get_secret_value())
            except (OSError, imaplib.IMAP4.abort) as error:
                raise Busy(f"{s.name} doesn't answer ({error}); it is tried again later.") from error
            except imaplib.IMAP4.error as error:
                raise Refused(f"{s.name} doesn't accept our credentials; correct user and password.") from error
            yield server
        finally:
            with suppress(OSError, imaplib.IMAP4.error):
                server.logout()

    def _connected(self) -> imaplib.IMAP4:
        s = self.settings
        if not s.ssl:
            return imaplib.IMAP4(s.host, s.port, s.timeout_s)
        return imaplib.IMAP4_SSL(s.host, s.port, ssl_context=ssl.create_default_context(), timeout=s.timeout_s)

    def folder(self, email: str) -> str:
        """The person's folder of drafts, quoted."""
        return '"' + self.settings.mailbox.replace("{email}", email).replace("\\", "").replace('"', "") + '"'


def message(draft: Draft) -> bytes:
    """The draft as a mail file. Raises Refused: an address or the subject can't stand in a header."""
    made = EmailMessage(policy=SMTP)
    try:
        made["From"] = draft.person.email
        for header in ("to", "cc", "subject"):
            if draft.values.get(header):
                made[header.capitalize()] = draft.values[header]
        made["Date"] = datetime.fromtimestamp(draft.begun_at, UTC)
        made["Message-ID"] = _message_id(draft)
    except (ValueError, IndexError) as error:
        raise Refused(
            f"This can't stand in a mail's header ({error}); correct the addresses and the subject."
        ) from error
    made["X-Unsent"] = "1"
    made.set_content(draft.values["body"])
    return made.as_bytes()


def _append(client: Mailbox, draft: Draft) -> Record:
    body = message(draft)
    name = client.settings.name
    with client.session(draft.person.email) as server:
        when = imaplib.Time2Internaldate(datetime.fromtimestamp(draft.begun_at, UTC))
        try:
            said, data = server.append(client.folder(draft.person.email), r"(\Draft \Seen)", when, body)
        except (OSError, imaplib.IMAP4.abort) as error:
            raise Unsure(f"{name} gave no answer ({error}); it is looked up before it is sent again.") from error
        except imaplib.IMAP4.error as error:
            raise Refused(f"{name} refuses the draft: {error}.") from error
    if said != "OK":
        raise Refused(f"{name} refuses the draft: {_text(data)}; check the mailbox {client.settings.mailbox}.")
    uid = _UID.search(data[0] or b"") if data else None
    return Record(uid.group(1).decode() if uid else _message_id(draft), "", f"Draft “{draft.values['subject']}”")


def _find(client: Mailbox, draft: Draft) -> Record | None:
    with _reading(client, draft.person.email) as server:
        _, data = server.uid("SEARCH", "HEADER", "Message-ID", f'"{_message_id(draft)}"')
    uids = (data[0] or b"").split() if data else []
    return Record(uids[0].decode(), "", f"Draft “{draft.values['subject']}”") if uids else None


@contextmanager
def _reading(client: Mailbox, email: str) -> Iterator[imaplib.IMAP4]:
    """A session in the folder of drafts, whose failures are Busy: what only looks has written nothing."""
    with client.session(email) as server:
        try:
            said, data = server.select(client.folder(email), readonly=True)
            if said != "OK":
                raise Refused(f"{client.settings.name} has no mailbox {client.settings.mailbox}: {_text(data)}.")
            yield server
        except (OSError, imaplib.IMAP4.error) as error:
            raise Busy(f"{client.settings.name} doesn't answer ({error}); it is tried again later.") from error


def _message_id(draft: Draft) -> str:
    return f"<{draft.key}@debrief.invalid>"


def _text(data: object) -> str:
    first = data[0] if isinstance(data, list) and data else b""
    return first.decode(errors="replace") if isinstance(first, bytes) else str(first or "no reason given")


KIND = ActionKind(
    "mail",
    "E-mail draft",
    MailSettings,
    Mailbox,
    (
        Operation(
            "draft",
            "Put a draft into the mailbox",
            (
                "my drafts",
                "drafts",
                "mailbox",
                "draft mail",
                "mail draft",
            ),
            (
                Field("to", "To", "email", addressee=True, max_chars=2_000),
                Field("cc", "Cc", "email", required=False, addressee=True, max_chars=2_000),
                Field("subject", "Subject", max_chars=300),
                Field("body", "Text", "long_text", max_chars=100_000),
            ),
            _append,
            find=_find,
            title_field="subject",
            text_field="body",
        ),
    ),
)
