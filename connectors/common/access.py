"""Who may read a document: its own access list, else its prefix's, else the source's. Nothing said = nobody."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from core.errors import SourceError
from core.types import EVERYONE, DocumentRef, Principal


@dataclass(frozen=True, slots=True)
class Access:
    """An access list. Deny beats allow; empty `allow` means nobody."""

    allow: frozenset[Principal] = frozenset()
    deny: frozenset[Principal] = frozenset()

    @property
    def digest(self) -> str:
        """Changes when the list does."""
        return stamp(*sorted(self.allow), "|", *sorted(self.deny))

    def ref(self, document_id: str) -> DocumentRef:
        """The list as that of a document."""
        return DocumentRef(document_id, self.allow, self.deny)


NOBODY = Access()


@dataclass(frozen=True)
class AccessPolicy:
    """What applies to documents by where they are.

    Attributes:
        prefixes: Key prefix → its access list; the longest prefix that matches decides.
        default: For keys under no prefix.
        deny: Added to every document's list.
    """

    prefixes: Mapping[str, Access] = field(default_factory=dict)
    default: Access = NOBODY
    deny: frozenset[Principal] = frozenset()

    def of(self, key: str, own: Access | None = None) -> Access:
        """The access list of the document `key`, whose own list is `own` (None: it has none)."""
        found = own if own is not None else self._by_prefix(key)
        return Access(found.allow, found.deny | self.deny) if self.deny else found

    @property
    def digest(self) -> str:
        """Changes when any rule does, so that a sync knows to look at every document's access again."""
        rules = [part for prefix in sorted(self.prefixes) for part in (prefix, self.prefixes[prefix].digest)]
        return stamp(self.default.digest, *sorted(self.deny), *rules)

    def _by_prefix(self, key: str) -> Access:
        matching = [prefix for prefix in self.prefixes if key.startswith(prefix)]
        return self.prefixes[max(matching, key=len)] if matching else self.default


def default_access(allow: Iterable[Principal], public: bool) -> Access:
    """What the source's settings give to documents without an access list."""
    granted = frozenset(p.lower() if p.startswith("user:") else p for p in allow)
    return Access(granted or (frozenset({EVERYONE}) if public else frozenset()))


def parse_entries(entries: Any, where: str) -> Access:
    """An access list in the form of Amazon Kendra and Q Business: `[{"Name", "Type", "Access"}, …]`.

    An ALLOW entry that can't be understood grants nothing. A DENY entry that can't be understood closes the
    document, because whom it is meant to keep out isn't known.

    Raises:
        SourceError: `entries` isn't a list.
    """
    if not isinstance(entries, list):
        raise SourceError(f"The access list in {where} is a {type(entries).__name__}; write a list of entries.")
    allow: set[Principal] = set()
    deny: set[Principal] = set()
    for entry in entries:
        principal = _principal(entry)
        access = str(entry.get("Access", "")).upper() if isinstance(entry, Mapping) else ""
        if access == "ALLOW" and principal:
            allow.add(principal)
        elif access == "DENY" and principal:
            deny.add(principal)
        elif access != "ALLOW":
            return NOBODY
    return Access(frozenset(allow), frozenset(deny))


def parse_prefix_file(content: Any, where: str, start: str = "") -> dict[str, Access]:
    """Prefix → access list, from the prefix ACL file of Amazon Kendra and Q Business.

    Args:
        start: What each `keyPrefix` begins with and the keys don't ("s3://bucket/"); others are ignored, since
            they are another bucket's.

    Raises:
        SourceError: the file hasn't that form; nothing of it is used then.
    """
    if not isinstance(content, list):
        raise SourceError(f"{where} holds a {type(content).__name__}; write a list of keyPrefix and aclEntries.")
    prefixes: dict[str, Access] = {}
    for number, rule in enumerate(content):
        if not isinstance(rule, Mapping) or not isinstance(rule.get("keyPrefix"), str):
            raise SourceError(f"{where}: entry {number} has no text keyPrefix; add it, or remove the entry.")
        prefix = str(rule["keyPrefix"])
        if prefix.startswith(start):
            prefixes[prefix.removeprefix(start)] = parse_entries(rule.get("aclEntries", []), f"{where}, {prefix}")
    return prefixes


def stamp(*parts: str) -> str:
    """A short digest that differs when a part does; compared only with the same document's earlier one."""
    digest = hashlib.blake2b(digest_size=6)
    for part in parts:
        digest.update(part.encode("utf-8", "surrogatepass"))
        digest.update(b"\0")
    return digest.hexdigest()


def _principal(entry: Any) -> Principal:
    if not isinstance(entry, Mapping):
        return ""
    name, kind = entry.get("Name"), str(entry.get("Type", "")).upper()
    if not isinstance(name, str) or not name.strip():
        return ""
    if kind == "USER":
        return f"user:{name.strip().lower()}"
    return f"group:{name.strip()}" if kind == "GROUP" else ""
