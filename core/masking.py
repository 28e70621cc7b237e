"""The settings' secrets, blotted out of what others say: a provider's error may repeat the key that it was sent."""

from __future__ import annotations

import re

_SECRET_KEY = re.compile(r"secret|token|password|api_key|webhook|database_url", re.IGNORECASE)
# A shorter one would blot out words.
_SHORTEST = 8
_known: set[str] = set()


def remember_secret(key: str, value: str) -> None:
    """Remembers a value of the environment that the settings use under a key that names a secret, in this process."""
    if _SECRET_KEY.search(key) and len(value) >= _SHORTEST:
        _known.add(value)


def masked(text: str) -> str:
    """The text with *** in the place of every known secret."""
    for secret in sorted(_known, key=len, reverse=True):
        text = text.replace(secret, "***")
    return text
