"""An app's `triggers:`: when it runs by itself, with which inputs, and what becomes of its results.

Whom it runs as stands in no file: a person switches a trigger on for herself, and it runs with her rights.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from apps.language.part import Name, Part

Kind = Literal["schedule", "document", "account", "form", "webhook"]
KINDS: tuple[Kind, ...] = ("schedule", "document", "account", "form", "webhook")
# What an event of each kind holds, for `event.…` in inputs; a webhook's body may hold anything.
EVENT_FIELDS: dict[Kind, tuple[str, ...]] = {
    "schedule": ("due", "since", "previous"),
    "document": ("id", "title", "url", "source", "change", "attributes", "since", "previous"),
    "account": ("customer", "field", "before", "now", "days", "since", "previous"),
    "form": ("id", "collection", "by", "values", "since", "previous"),
    "webhook": ("body", "since", "previous"),
}


class DocumentTrigger(Part):
    """A document that the person may read, is new or has another text, and fits the filter (as in search)."""

    filter: str = ""
    on: tuple[Literal["new", "changed"], ...] = Field(default=("new", "changed"), min_length=1)


class AccountTrigger(Part):
    """A field of a customer's account, by the names of `account_facts`, that turns to one of `becomes`, or is another.

    Attributes:
        days_before: The field is a day, and this many days before it is the event; once for each such day.
    """

    field: Literal["health", "renewal", "owner"]
    becomes: tuple[str, ...] = ()
    days_before: int | None = Field(default=None, ge=0, le=730)

    @model_validator(mode="after")
    def _one(self) -> AccountTrigger:
        if self.days_before is not None and (self.field != "renewal" or self.becomes):
            raise ValueError("days_before is for the field renewal, and without becomes")
        return self


class Trigger(Part):
    """One way in which an app begins to run by itself; exactly one of schedule, document, account, form, webhook.

    Attributes:
        schedule: A cron expression of five fields, in `time_zone`; empty is `workflows.time_zone` of the settings.
        form: A collection of this app's form: each submission is an event.
        when: A condition over `event`.
        inputs: Input → an expression over `event`; whoever switches it on may fix others.
        results: Where they go: `review` (the person's queue), `mail` (to the person), `file`, or a channel of the
            settings.
        missed: What becomes of times that passed while the service was down: one run for all, one each, or none.
        overlap: What becomes of a time at which the run before hasn't ended.
        unchanged: Whether a result that says what the last one said is handed over.
    """

    name: Name
    title: str = Field(default="", max_length=80)
    schedule: str = ""
    time_zone: str = ""
    document: DocumentTrigger | None = None
    account: AccountTrigger | None = None
    form: str = ""
    webhook: bool = False
    when: str = ""
    inputs: dict[Name, Any] = Field(default_factory=dict)
    results: tuple[Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]{0,39}$")], ...] = ("review",)
    missed: Literal["once", "each", "skip"] = "once"
    overlap: Literal["wait", "skip"] = "skip"
    unchanged: Literal["deliver", "skip"] = "deliver"
    attempts: int = Field(default=3, ge=1, le=10)
    runs_per_day: int = Field(default=50, ge=1, le=1000)

    @model_validator(mode="after")
    def _one_kind(self) -> Trigger:
        told = [kind for kind in KINDS if getattr(self, kind)]
        if len(told) != 1:
            found = ", ".join(told) or "none"
            raise ValueError(f"a trigger has exactly one of {', '.join(KINDS)}, and this has {found}")
        return self

    @property
    def kind(self) -> Kind:
        """What begins it."""
        return next(kind for kind in KINDS if getattr(self, kind))
