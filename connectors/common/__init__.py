"""What sources share: access lists, listings and their comparison, sidecars, patterns, retries, AWS sessions.

A connector lists what there is and fetches one item; `ListingDiff` makes of that what changed.
"""

from connectors.common.access import Access, AccessPolicy, default_access, stamp
from connectors.common.diff import BatchBuilder, ItemResult, ListingDiff, SourceItem
from connectors.common.http_retry import TRANSIENT_STATUS, Backoff, Retry, retried, retry_after_s
from connectors.common.kind import KindSettings
from connectors.common.listing import read_cursor
from connectors.common.patterns import is_included

__all__ = [
    "TRANSIENT_STATUS",
    "Access",
    "AccessPolicy",
    "Backoff",
    "BatchBuilder",
    "ItemResult",
    "KindSettings",
    "ListingDiff",
    "Retry",
    "SourceItem",
    "default_access",
    "is_included",
    "read_cursor",
    "retried",
    "retry_after_s",
    "stamp",
]
