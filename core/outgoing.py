"""What leaves by itself, to addresses of the settings alone: a mail by SMTP, JSON by a webhook."""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Mapping
from email.message import EmailMessage
from typing import Any

import httpx

from core.settings import MailSettings

_TIMEOUT_S = 20.0


def send_mail(mail: MailSettings, message: EmailMessage) -> str:
    """What went wrong, in a word or two; empty when the server has taken it."""
    try:
        with smtplib.SMTP(mail.host, mail.port, timeout=_TIMEOUT_S) as server:
            if mail.starttls:
                server.starttls(context=ssl.create_default_context())
            if mail.user:
                server.login(mail.user, mail.password.get_secret_value() if mail.password else "")
            server.send_message(message)
    except (smtplib.SMTPException, OSError) as error:
        return type(error).__name__
    return ""


def post_json(url: str, body: Any, headers: Mapping[str, str] | None = None) -> str:
    """What went wrong, without the address, which may hold a secret; empty when it was taken. Follows no redirect."""
    try:
        httpx.post(url, json=body, headers=headers, timeout=_TIMEOUT_S).raise_for_status()
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        return (
            f"HTTP {error.response.status_code}" if isinstance(error, httpx.HTTPStatusError) else type(error).__name__
        )
    return ""
