"""What the settings of every kind of source have in common, and how its errors name a key."""

from __future__ import annotations

from pydantic import ConfigDict, Field, field_validator

from core.settings import SourceSettings
from core.types import EVERYONE, Principal


class KindSettings(SourceSettings):
    """A source's settings once its kind is known: closed to keys that the kind doesn't have.

    Attributes:
        allow: Who may read the documents for which the source itself says nothing. Empty means nobody,
            unless the source is `public`.
        deny: Who may read none of its documents, whatever any access list says.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    allow: tuple[Principal, ...] = Field(default=())
    deny: tuple[Principal, ...] = Field(default=())

    @field_validator("allow", "deny")
    @classmethod
    def _are_principals(cls, principals: tuple[Principal, ...]) -> tuple[Principal, ...]:
        return check_principals(principals)


def check_principals(principals: tuple[Principal, ...]) -> tuple[Principal, ...]:
    """The principals as they are. Raises ValueError: one isn't a principal."""
    for principal in principals:
        kind, colon, name = principal.partition(":")
        if principal != EVERYONE and not (colon and name and kind in ("user", "group")):
            raise ValueError(f"{principal!r} is no principal: write user:ADDRESS, group:NAME or {EVERYONE}")
    return principals
