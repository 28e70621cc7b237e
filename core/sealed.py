"""Secrets that must be kept in the database and read again: encrypted by a key that isn't there.

sealed(settings, "secret")  →  "gAAAA…";  opened(settings, …)  →  "secret"
"""

from __future__ import annotations

import base64
import hashlib
from typing import TYPE_CHECKING

from core.errors import SettingsError
from core.settings import Settings

if TYPE_CHECKING:
    from cryptography.fernet import Fernet

_PURPOSE = b"debrief: secrets in the state database\0"
_LEAST_CHARS = 32


def sealed(settings: Settings, text: str) -> str:
    """The text, encrypted and signed (Fernet). Raises SettingsError: `secrets_key` is missing or too short."""
    return _fernet(settings).encrypt(text.encode()).decode()


def opened(settings: Settings, kept: str) -> str:
    """The text of what `sealed` gave. Raises SettingsError: it was sealed under another key, or changed since."""
    from cryptography.fernet import InvalidToken

    try:
        return _fernet(settings).decrypt(kept.encode()).decode()
    except InvalidToken as error:
        raise SettingsError(
            "A kept secret can't be read with today's secrets_key; set the key under which it was kept, or have the "
            "secret made anew."
        ) from error


def check_key(settings: Settings) -> None:
    """Raises SettingsError: `secrets_key` is missing or too short."""
    _fernet(settings)


def _fernet(settings: Settings) -> Fernet:
    from cryptography.fernet import Fernet

    key = settings.secrets_key.get_secret_value() if settings.secrets_key is not None else ""
    if len(key) < _LEAST_CHARS:
        raise SettingsError(
            f"secrets_key has {len(key)} characters, and secrets are kept encrypted; set it to {_LEAST_CHARS} random "
            "ones or more, as ${NAME}."
        )
    return Fernet(base64.urlsafe_b64encode(hashlib.sha256(_PURPOSE + key.encode()).digest()))
