"""Links and images in answers: only to hosts that the deployment allows, so that no URL carries data out."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Sequence
from urllib.parse import urlsplit

_IMAGE = re.compile(r"!\[([^\]]*)\]\([^)]*\)")
_MARKDOWN_LINK = re.compile(r"\[([^\]]+)\]\(([^)\s]+)[^)]*\)")
_BARE_LINK = re.compile(
    r"(?:https?|ftp)://[^\s<>\"')\]]+|\bwww\.[^\s<>\"')\]]+|\b(?:javascript|data|file):[^\s]+", re.I
)
_TAG = re.compile(r"<[^>]{1,500}>")


def without_foreign_links(text: str, allow: Sequence[str]) -> str:
    """The text without images, HTML and links to hosts that match none of `allow`; a link's words stay."""
    text = _TAG.sub("", _IMAGE.sub(r"\1", text))
    text = _MARKDOWN_LINK.sub(lambda m: m.group() if allowed_link(m.group(2), allow) else m.group(1), text)
    return _BARE_LINK.sub(lambda m: m.group() if allowed_link(m.group(), allow) else "(link removed)", text)


def allowed_link(url: str, allow: Sequence[str]) -> bool:
    """Whether the link goes by http(s) to an allowed host, without credentials in it."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    host = (parts.hostname or "").casefold()
    return (
        parts.scheme in {"http", "https"}
        and "@" not in parts.netloc
        and any(fnmatch.fnmatch(host, pattern.casefold()) for pattern in allow)
    )
