"""The audit trail: who asked, opened, ran or changed what, in a chain of hashes that shows what was altered."""

from core.audit.entries import (
    ASKED,
    PUBLISHED,
    RAN,
    RATED,
    SERVICE,
    AuditEntry,
    append,
    cut,
    first_of,
    record,
    recorded,
    recorded_actions,
    told,
)

__all__ = [
    "ASKED",
    "PUBLISHED",
    "RAN",
    "RATED",
    "SERVICE",
    "AuditEntry",
    "append",
    "cut",
    "first_of",
    "record",
    "recorded",
    "recorded_actions",
    "told",
]
