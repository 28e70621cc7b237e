"""Whether a document may be relied on: vetted, draft, superseded or expired, and what it lacks."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from core.types import Attributes
from ingestion.enrich.metadata import iso_date
from ingestion.enrich.rules import VettingPolicy

Vetting = Literal["vetted", "draft", "superseded", "expired"]


@dataclass(frozen=True)
class VettingVerdict:
    """A document's vetting status, and a sentence for each thing its owner would have to mend."""

    vetting: Vetting
    lacks: tuple[str, ...] = ()


def vet(attributes: Attributes, policy: VettingPolicy, today: datetime, superseded_by: str = "") -> VettingVerdict:
    """The verdict for a document with these attributes.

    Args:
        today: In UTC; a review date before it has passed.
        superseded_by: The id of a newer document that names this one, if there is one.
    """
    status = str(attributes.get("status", "")).casefold()
    if superseded_by:
        return VettingVerdict("superseded", (f"{superseded_by} supersedes it; delete it or link to the newer one.",))
    if status in {"superseded", "archived", "obsolete", "deprecated"}:
        return VettingVerdict("superseded", (f"Its status is {status}; delete it, or set the status to current.",))
    review_by = str(attributes.get("review_by", ""))
    if policy.expire_after_review and review_by and review_by < (iso_date(today) or ""):
        return VettingVerdict(
            "expired", (f"Its review date {review_by[:10]} has passed; review it and set a new date.",)
        )
    valid_until = str(attributes.get("valid_until", ""))
    if valid_until and valid_until[:10] < (iso_date(today) or "")[:10]:
        return VettingVerdict(
            "expired", (f"It says that it was valid until {valid_until[:10]}; replace it or state a new date.",)
        )
    lacks = [f"The attribute {name} is missing; add it." for name in policy.required if not attributes.get(name)]
    if status in {"draft", "in review", "in_review", "unvetted"}:
        lacks.append(f"Its status is {status}; approve it and set the status to current.")
    return VettingVerdict("draft", tuple(lacks)) if lacks else VettingVerdict("vetted")
