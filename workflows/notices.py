"""A workflow that can't go on stands still, and its people are told: on the page, and by mail if there is a server."""

from __future__ import annotations

from email.message import EmailMessage
from email.utils import formatdate

from core import audit
from core.outgoing import send_mail
from core.settings import MailSettings
from workflows.kept import Workflow
from workflows.parts import Workflows


def pause_and_tell(parts: Workflows, workflow: Workflow, why: str) -> None:
    """Pauses the workflow with the reason, and tells its person and its owner."""
    parts.update(workflow, audit.SERVICE, "paused workflow", paused=why)
    mail = parts.settings.workflows.mail
    people = {address for address in (workflow.user, workflow.owner) if "@" in address}
    if mail is None or not people:
        return
    name = f"{workflow.app}.{workflow.trigger}"
    text = (
        f"The workflow {name} of {workflow.user} is paused: {why}\n\n"
        f"When that is mended: debrief workflows resume {workflow.id[:12]}, or the page Workflows.\n"
    )
    for address in sorted(people):
        send_mail(mail, message(mail, [address], f"Paused: {name}", text, f"{workflow.id}-paused"))


def message(mail: MailSettings, to: list[str], subject: str, text: str, key: str) -> EmailMessage:
    """A mail; sent twice it is the same one to a mail program, by its Message-ID."""
    made = EmailMessage()
    made["Subject"] = " ".join(subject.split())[:200]
    made["From"] = mail.sender or mail.user or to[0]
    made["To"] = ", ".join(to)
    made["Date"] = formatdate(usegmt=True)
    made["Message-ID"] = f"<{key}@debrief.invalid>"
    made["Auto-Submitted"] = "auto-generated"
    made.set_content(text)
    return made
