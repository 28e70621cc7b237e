"""What a source of kind "outlook" says: whose mailboxes, which folders, and who reads a shared one."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, field_validator, model_validator

from connectors.common.kind import check_principals
from connectors.graph.client import TenantSettings
from core.types import Principal

Address = Annotated[str, StringConstraints(strip_whitespace=True, to_lower=True, pattern=r"^[^@\s/]+@[^@\s/]+$")]


class Mailbox(BaseModel):
    """A mailbox.

    Attributes:
        address: Of the person, or of the shared mailbox.
        folders: Those that the person or the team chose; left out: the source's.
        readers: Who reads it besides the person whose it is; a shared mailbox has no other readers, since Graph
            doesn't tell who may open it.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    address: Address
    folders: tuple[str, ...] = ()
    readers: tuple[Principal, ...] = ()

    _readers = field_validator("readers")(staticmethod(check_principals))

    @model_validator(mode="before")
    @classmethod
    def _by_address(cls, said: Any) -> Any:
        return {"address": said} if isinstance(said, str) else said


class OutlookSettings(TenantSettings):
    """A source of kind "outlook".

    Attributes:
        mailboxes: Addresses, or more said of one. Nobody's mail is read unasked.
        folders: Which folders of each ("Inbox/Projects"; Inbox, Archive and Sent Items in English are known in every
            language); a mailbox that says some itself has those.
        subfolders: Whether what lies below these folders is read, too.
        attachments: Whether attached files are read as a part of their thread.
        refresh_days: So often everything is compared again, in case a change was never told; 0 means never.
        workers: Threads fetched at the same time; Graph allows four requests at once for a mailbox.
    """

    mailboxes: tuple[Mailbox, ...] = Field(min_length=1)
    folders: tuple[str, ...] = ()
    subfolders: bool = False
    attachments: bool = True
    refresh_days: int = Field(default=7, ge=0)
    workers: int = Field(default=3, ge=1, le=4)

    @model_validator(mode="after")
    def _has_folders(self) -> OutlookSettings:
        for mailbox in self.mailboxes:
            if not (mailbox.folders or self.folders):
                raise ValueError(f"the mailbox {mailbox.address} has no `folders`; name those that may be read")
        return self
