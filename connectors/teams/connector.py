"""Microsoft Teams through Microsoft Graph: channels of chosen teams, chosen chats, transcripts of chosen organisers."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import quote

from pydantic import Field, StringConstraints, model_validator

from connectors.common import Access
from connectors.graph.access import Permissions
from connectors.graph.client import GraphTenant, TenantSettings
from connectors.graph.parts import Part, PartsConnector
from connectors.graph.threads import Json
from connectors.teams.channel import Channel, Chat
from connectors.teams.transcripts import Transcripts
from core.errors import CredentialError, SourceError, Throttled, Unreachable
from core.types import Failure, Principal

Address = Annotated[str, StringConstraints(strip_whitespace=True, to_lower=True, pattern=r"^[^@\s/]+@[^@\s/]+$")]
_TEAMS = "/groups?$filter=" + quote("resourceProvisioningOptions/Any(x:x eq 'Team')") + "&$select=id,displayName"


class TeamsSettings(TenantSettings):
    """A source of kind "teams".

    Attributes:
        teams: Names or ids of teams whose channels are read; "*" for all.
        chats: Ids of chats (19:…@thread.v2) that are read.
        transcripts_of: Addresses of people; the transcripts of meetings that they called are read.
        follow_days: Threads in which something was said this recently are looked at at each run, since a channel's
            feed doesn't tell of replies.
        refresh_days: So often everything is compared again; 0 means never.
    """

    teams: tuple[str, ...] = ()
    chats: tuple[str, ...] = ()
    transcripts_of: tuple[Address, ...] = ()
    follow_days: int = Field(default=30, ge=0)
    refresh_days: int = Field(default=7, ge=0)

    @model_validator(mode="after")
    def _has_something(self) -> TeamsSettings:
        if not (self.teams or self.chats or self.transcripts_of):
            raise ValueError("neither `teams` nor `chats` nor `transcripts_of` says what is read; name some")
        return self


class TeamsConnector(PartsConnector):
    """Reads channels, chats and transcripts."""

    def __init__(self, settings: TeamsSettings, tenant: GraphTenant) -> None:
        super().__init__(settings.name, Permissions(tenant, links_are_public=False))
        self._settings = settings
        self._tenant = tenant
        self._notes: dict[str, str] = {}

    def memberships(self) -> Mapping[str, frozenset[Principal]]:
        """The people in the teams whose standard channels were read."""
        return self._permissions.memberships(())

    def notes(self) -> list[str]:
        """What nobody reads, and why."""
        return list(self._notes.values())

    def parts(self) -> Iterator[Part | Failure]:
        """The channels of each team, the chats, and each organiser's transcripts."""
        for team in self._teams():
            if isinstance(team, Failure):
                yield team
                continue
            name = str(team.get("displayName") or team["id"])
            channels = self._known(name, partial(self._channels, team))
            if isinstance(channels, Failure):
                yield channels
                continue
            for channel in channels:
                shown = f"{name}/{channel.get('displayName')}"
                yield self._known(shown, partial(self._channel, team, channel, shown))
        for chat in self._settings.chats:
            yield self._known(f"chat {chat}", partial(self._chat, chat))
        for organiser in self._settings.transcripts_of:
            yield self._known(f"meetings of {organiser}", partial(self._transcripts, organiser))

    def _known(self, what: str, ask: Callable[[], Any]) -> Any:
        """What `ask` gives; a failure if it isn't there or isn't shown, of which then nothing is taken away."""
        try:
            return ask()
        except (Throttled, Unreachable):
            raise
        except CredentialError as error:
            if error.problem != "insufficient":
                raise
            return self._failure(what, str(error))
        except SourceError as error:
            return self._failure(what, str(error))

    def _failure(self, what: str, reason: str) -> Failure:
        return Failure(f"{self.name}:{what}/", what, reason, retry=True)

    def _teams(self) -> Iterator[Json | Failure]:
        wanted = dict.fromkeys(self._settings.teams)
        if not wanted:
            return
        known = list(self._tenant.values(_TEAMS))
        for name in wanted:
            found = [t for t in known if name == "*" or name.casefold() in (t["id"], str(t["displayName"]).casefold())]
            if not found and name != "*":
                reason = f"There is no team {name}; correct `teams` of the source {self.name}."
                yield self._failure(name, reason)
            yield from found

    def _channels(self, team: Json) -> list[Json]:
        return list(self._tenant.values(f"/teams/{team['id']}/channels"))

    def _channel(self, team: Json, channel: Json, shown: str) -> Channel:
        path = f"/teams/{team['id']}/channels/{quote(str(channel['id']))}"
        kind = channel.get("membershipType", "standard")
        if kind == "standard":
            # Whoever is in the team is in its group, and sees its standard channels.
            group = str(team["id"]).lower()
            self._permissions.groups.add(group)
            people: frozenset[Principal] = frozenset({f"group:{group}"})
        elif kind in ("private", "shared"):
            people = frozenset(self._members(f"{path}/{'members' if kind == 'private' else 'allMembers'}", shown))
        else:
            people = frozenset()
            self._notes[shown] = f"Nobody reads the channel {shown}: what a {kind} channel is isn't known."
        return Channel(
            key=f"channel:{team['id']}/{channel['id']}",
            settings=self._settings,
            access=Access(people, frozenset(self._settings.deny)),
            refresh_days=self._settings.refresh_days,
            follow_days=self._settings.follow_days,
            tenant=self._tenant,
            path=path,
            place=shown,
        )

    def _chat(self, chat: str) -> Chat:
        path = f"/chats/{quote(chat)}"
        found = self._tenant.get(path)
        shown = str(found.get("topic") or "Chat").replace("/", "∕")
        members = self._members(f"{path}/members", shown)
        return Chat(
            key=f"chat:{chat}",
            settings=self._settings,
            access=Access(frozenset(members), frozenset(self._settings.deny)),
            refresh_days=0,
            tenant=self._tenant,
            path=path,
            place=f"Chats/{shown}",
            members=members,
        )

    def _transcripts(self, organiser: str) -> Transcripts:
        person = self._tenant.get(f"/users/{quote(organiser)}?$select=id")
        return Transcripts(
            key=f"transcripts:{person['id']}",
            settings=self._settings,
            access=Access(deny=frozenset(self._settings.deny)),
            refresh_days=0,
            workers=2,
            tenant=self._tenant,
            permissions=self._permissions,
            organiser=organiser,
            user=str(person["id"]),
        )

    def _members(self, path: str, shown: str) -> dict[Principal, str]:
        """The people who are members, with the time from which they see what was said; none if it isn't shown."""
        people: dict[Principal, str] = {}
        try:
            for member in self._tenant.values(path):
                since = str(member.get("visibleHistoryStartDateTime") or "")
                for person in self._permissions.person({"id": member.get("userId")}):
                    people[person] = "" if since.startswith("0001") else since
        except CredentialError as error:
            if error.problem != "insufficient":
                raise
            self._notes[shown] = f"Nobody reads {shown}: its members aren't shown. {error}"
            return {}
        return people


def open_teams(settings: TeamsSettings, root: Path) -> TeamsConnector:
    """The connector of Teams."""
    grant = (
        "ChannelMessage.Read.All, ChannelMember.Read.All, Channel.ReadBasic.All, GroupMember.Read.All, User.Read.All, "
        "and for chats and meetings Chat.Read.All, OnlineMeetings.Read.All, OnlineMeetingTranscript.Read.All (these "
        "two with an application access policy)"
    )
    return TeamsConnector(settings, GraphTenant(settings, root, grant))
