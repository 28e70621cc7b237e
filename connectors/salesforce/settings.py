"""What a source of kind "salesforce" may say."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from connectors.salesforce.login import SalesforceLogin
from core.types import AttributeValue, Principal

_NAME = r"^[A-Za-z]\w*$"


class ChildSettings(BaseModel):
    """Records that stand below another one in its document.

    Attributes:
        name: Their kind: "CaseComment".
        parent: Their field that names the record they belong to.
        fields: What is shown of them; none: all.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(pattern=_NAME)
    parent: str = Field(pattern=_NAME)
    fields: tuple[str, ...] = ()


_OF_MAIL = ("Subject", "FromName", "FromAddress", "ToAddress", "TextBody")
_CHILDREN = {
    "Case": (
        ChildSettings(name="CaseComment", parent="ParentId", fields=("CommentBody",)),
        ChildSettings(name="EmailMessage", parent="ParentId", fields=_OF_MAIL),
    )
}


class ObjectSettings(BaseModel):
    """A kind of record.

    Attributes:
        name: Its name in the interface: "Account", "Knowledge__kav", "Project__c".
        fields: What is shown of it; none: all that the user reads, but no formulas.
        where: A condition of SOQL: "IsClosed = false".
        children: What stands below each record; of a case its comments and e-mails.
        hierarchy: Whether whoever is above an owner reads too; left out: yes, of a kind of your own no, since no
            interface tells whether that is switched on.
        allow: Who may read records of which Salesforce doesn't tell who may.
        set: Attributes of each document: {document_type: contract}.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(pattern=_NAME)
    fields: tuple[str, ...] = ()
    where: str = ""
    children: tuple[ChildSettings, ...] | None = None
    hierarchy: bool | None = None
    allow: tuple[Principal, ...] = ()
    set: dict[str, AttributeValue] = Field(default_factory=dict)

    @property
    def below(self) -> tuple[ChildSettings, ...]:
        """The children, as said or as usual."""
        return _CHILDREN.get(self.name, ()) if self.children is None else self.children

    @property
    def follows_hierarchy(self) -> bool:
        """Whether whoever is above an owner reads too."""
        return not self.name.endswith("__c") if self.hierarchy is None else self.hierarchy

    @property
    def condition(self) -> str:
        """The condition of each query; of articles only those that are published."""
        own = [f"({self.where})"] if self.where else []
        published = ["PublishStatus = 'Online'"] if self.is_article else []
        return " AND ".join([*published, *own])

    @property
    def is_article(self) -> bool:
        """Whether it is knowledge, of which each version is a record of its own."""
        return self.name.endswith("__kav")


class SalesforceSettings(SalesforceLogin):
    """A source of kind "salesforce".

    Attributes:
        objects: What is read, by name or with more said of it.
        identity: The field of a user with the address that Debrief knows the person by.
        profiles: Only people of these profiles are readers, and only their rights on fields count; none: all.
        group_prefix: What names of Salesforce's groups begin with here; left out: the source's name and a slash.
        currency: Of amounts in an organisation with one currency.
        bulk_threshold: Above so many rows a list is asked for by the bulk interface.
        overlap_s: What was changed less than that ago is compared by its content, since its time is of a second.
    """

    objects: tuple[ObjectSettings, ...] = Field(min_length=1)
    identity: str = Field(default="Email", pattern=_NAME)
    profiles: tuple[str, ...] = ()
    group_prefix: str | None = None
    currency: str = ""
    bulk_threshold: int = Field(default=20_000, ge=1)
    overlap_s: float = Field(default=300.0, ge=0)

    @field_validator("objects", mode="before")
    @classmethod
    def _named(cls, objects: Any) -> Any:
        if not isinstance(objects, list | tuple):
            return objects
        return [{"name": one} if isinstance(one, str) else one for one in objects]

    @model_validator(mode="after")
    def _are_once(self) -> SalesforceSettings:
        names = [one.name for one in self.objects]
        if twice := next((name for name in names if names.count(name) > 1), ""):
            raise ValueError(f"`objects` has {twice} twice; leave one out")
        return self
