"""The harness of each kind of source."""

from __future__ import annotations

import itertools
import json
import os
import re
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from connectors.files import FilesConnector, FilesSettings
from core.types import Connector
from samples.stand_ins import confluence, graph, redshift, s3, salesforce, smartsheet, totango
from samples.stand_ins.chats import Conversation
from samples.stand_ins.confluence import ConfluenceStandIn
from samples.stand_ins.faults import Faults
from samples.stand_ins.graph import GraphStandIn
from samples.stand_ins.redshift import RedshiftStandIn
from samples.stand_ins.salesforce import SalesforceStandIn, name_field, share_kind, text
from samples.stand_ins.server import StandIn
from samples.stand_ins.smartsheet import SmartsheetStandIn
from samples.stand_ins.totango import TotangoStandIn
from tests.connectors.harness import open_kind

_LONG_AGO = 1_000_000_000


def acl(allow: tuple[str, ...], deny: tuple[str, ...] = ()) -> list[dict[str, str]]:
    """A Kendra access list of principals."""
    entries = [(principal, "ALLOW") for principal in allow] + [(principal, "DENY") for principal in deny]
    return [
        {"Name": name, "Type": kind.upper(), "Access": access}
        for principal, access in entries
        for kind, _, name in [principal.partition(":")]
    ]


class FilesHarness:
    """A folder. Its connector's clock is an hour ahead, since it reads very fresh files twice."""

    faults: Faults | None = None
    page_path = body_path = ""
    resumes = can_deny = lists_all = True
    access_is_content = False

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._reads = 0

    def connector(self, **keys: Any) -> Connector:
        settings = FilesSettings(name="src", kind="files", path=self._folder, **keys)
        connector = FilesConnector(settings, self._folder, now=lambda: time.time() + 3_600)
        inner = connector.document

        def counted(*arguments: Any) -> Any:
            self._reads += 1
            return inner(*arguments)

        connector.document = counted  # type: ignore[method-assign]
        return connector

    def id_of(self, name: str) -> str:
        return f"src:{name}.txt"

    def put(self, name: str, text: str, allow: tuple[str, ...] = ("group:emea",)) -> None:
        path = self._folder / f"{name}.txt"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        self.set_access(name, allow)

    def set_access(self, name: str, allow: tuple[str, ...], deny: tuple[str, ...] = ()) -> None:
        sidecar = {"AccessControlList": acl(allow, deny)}
        (self._folder / f"{name}.txt.metadata.json").write_text(json.dumps(sidecar))

    def date_back(self, name: str) -> None:
        os.utime(self._folder / f"{name}.txt", (_LONG_AGO, _LONG_AGO))

    def delete(self, name: str) -> None:
        (self._folder / f"{name}.txt").unlink()

    def downloads(self) -> int:
        reads, self._reads = self._reads, 0
        return reads


class S3Harness:
    """A bucket of its own on the stand-in."""

    page_path = "list-type"
    body_path = r"GET .*\.txt$"
    resumes = can_deny = lists_all = True
    access_is_content = False
    _numbers = itertools.count()

    def __init__(self, server: StandIn) -> None:
        self.bucket = f"bucket-{next(self._numbers)}"
        self.faults: Faults | None = server.faults
        self.url = server.url
        self.client = s3.client(server.url)
        self.client.create_bucket(Bucket=self.bucket, CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
        server.faults.clear()

    def connector(self, **keys: Any) -> Connector:
        defaults = {
            "kind": "s3",
            "bucket": self.bucket,
            "endpoint_url": self.url,
            "access_key_id": "x",
            "secret_access_key": "y",
            "read_timeout_s": 0.5,
        }
        return open_kind(Path("/"), **{**defaults, **keys})

    def id_of(self, name: str) -> str:
        return f"src:{name}.txt"

    def put(self, name: str, text: str, allow: tuple[str, ...] = ("group:emea",)) -> None:
        self.client.put_object(Bucket=self.bucket, Key=f"{name}.txt", Body=text.encode())
        self.set_access(name, allow)

    def set_access(self, name: str, allow: tuple[str, ...], deny: tuple[str, ...] = ()) -> None:
        body = json.dumps({"AccessControlList": acl(allow, deny)}).encode()
        self.client.put_object(Bucket=self.bucket, Key=f"{name}.txt.metadata.json", Body=body)

    def date_back(self, name: str) -> None:
        s3.set_modified(self.bucket, f"{name}.txt", datetime.fromtimestamp(_LONG_AGO, UTC))

    def delete(self, name: str) -> None:
        self.client.delete_object(Bucket=self.bucket, Key=f"{name}.txt")

    def downloads(self) -> int:
        assert self.faults is not None
        count = sum(
            request.startswith(f"GET /{self.bucket}/") and request.endswith(".txt") for request in self.faults.requests
        )
        self.faults.requests.clear()
        return count


class SharePointHarness:
    """A library of a site of its own in the stand-in's tenant."""

    page_path = "root/delta"
    body_path = "_layouts/15/download/"
    resumes = can_deny = lists_all = access_is_content = False
    _numbers = itertools.count()

    def __init__(self, server: GraphStandIn) -> None:
        self.server = server
        self.faults: Faults | None = server.faults
        self.site = server.tenant.add_site(f"site-{next(self._numbers)}")
        self.library = server.tenant.add_library(self.site)
        self._ids: dict[str, str] = {}
        server.faults.clear()

    def connector(self, **keys: Any) -> Connector:
        defaults = {**tenant_keys("sharepoint", self.server), "sites": [self.site.web_url]}
        return open_kind(Path("/"), **{**defaults, **keys})

    def id_of(self, name: str) -> str:
        return f"src:{self.library.id}/{self._ids[name]}"

    def put(self, name: str, text: str, allow: tuple[str, ...] = ("group:emea",)) -> None:
        item = self.server.tenant.put(self.library, f"{name}.txt", text.encode(), permissions=grants(allow))
        self._ids[name] = item.id

    def set_access(self, name: str, allow: tuple[str, ...], deny: tuple[str, ...] = ()) -> None:
        assert not deny
        self.server.tenant.share(self.library, f"{name}.txt", grants(allow))

    def date_back(self, name: str) -> None:
        item = self.library.find(f"{name}.txt")
        assert item is not None
        item.modified = "2001-09-09T01:46:40Z"

    def delete(self, name: str) -> None:
        self.server.tenant.delete(self.library, f"{name}.txt")

    def downloads(self) -> int:
        count = sum("/_layouts/15/download/" in request for request in self.server.faults.requests)
        self.server.faults.requests.clear()
        return count


class OneDriveHarness(SharePointHarness):
    """A drive of a person of its own."""

    def __init__(self, server: GraphStandIn) -> None:
        self.server = server
        self.faults: Faults | None = server.faults
        self.user = f"person-{next(self._numbers)}@x.com"
        self.library = server.tenant.add_drive(self.user)
        self._ids: dict[str, str] = {}
        server.faults.clear()

    def connector(self, **keys: Any) -> Connector:
        return open_kind(Path("/"), **{**tenant_keys("onedrive", self.server), "users": [self.user], **keys})


class OutlookHarness:
    """A shared mailbox of its own for each document, whose readers stand in the settings."""

    page_path = "messages/delta"
    body_path = "uniqueBody"
    resumes = True
    can_deny = lists_all = access_is_content = False
    _numbers = itertools.count()

    def __init__(self, server: GraphStandIn) -> None:
        self.server = server
        self.faults: Faults | None = server.faults
        self.mailboxes: dict[str, tuple[str, tuple[str, ...]]] = {}
        self._messages: dict[str, str] = {}
        self._mailbox("")
        server.faults.clear()

    def connector(self, **keys: Any) -> Connector:
        said = [{"address": address, "readers": list(allow)} for address, allow in self.mailboxes.values()]
        return open_kind(
            Path("/"), **{**tenant_keys("outlook", self.server), "mailboxes": said, "folders": ["inbox"], **keys}
        )

    def _mailbox(self, name: str) -> str:
        address = f"box-{next(self._numbers)}@x.com"
        self.server.tenant.add_mailbox(address, "shared")
        self.mailboxes[name] = (address, ())
        return address

    def id_of(self, name: str) -> str:
        return f"src:{self.mailboxes[name][0]}/AAQk {name}="

    def put(self, name: str, text: str, allow: tuple[str, ...] = ("group:emea",)) -> None:
        address = self.mailboxes[name][0] if name in self.mailboxes else self._mailbox(name)
        box = self.server.tenant.mailboxes[address]
        known = self._messages.get(name, "")
        self._messages[name] = box.put(name, text, message=known)
        self.set_access(name, allow)

    def set_access(self, name: str, allow: tuple[str, ...], deny: tuple[str, ...] = ()) -> None:
        assert not deny
        self.mailboxes[name] = (self.mailboxes[name][0], allow)

    def date_back(self, name: str) -> None:
        box = self.server.tenant.mailboxes[self.mailboxes[name][0]]
        box.messages[self._messages[name]]["receivedDateTime"] = "2001-09-09T01:46:40Z"

    def delete(self, name: str) -> None:
        self.server.tenant.mailboxes[self.mailboxes[name][0]].delete(self._messages.pop(name))

    def downloads(self) -> int:
        count = sum(self.body_path in request for request in self.server.faults.requests)
        self.server.faults.requests.clear()
        return count


class TeamsHarness:
    """A channel of its own for each thread: a standard one of a team, or a private one of a person."""

    page_path = r"/messages\?"
    body_path = ""
    resumes = lists_all = True
    can_deny = access_is_content = False
    other_access: tuple[str, ...] = ("user:Ana@X.com",)

    def __init__(self, server: GraphStandIn) -> None:
        self.server = server
        self.faults: Faults | None = server.faults
        server.tenant.users["ana"] = {"id": "ana", "mail": "Ana@X.com"}
        self.team = server.tenant.add_team("emea", "Team emea")
        self._said: dict[str, tuple[Conversation, str]] = {}
        server.faults.clear()

    def connector(self, **keys: Any) -> Connector:
        return open_kind(Path("/"), **{**tenant_keys("teams", self.server), "teams": ["Team emea"], **keys})

    def id_of(self, name: str) -> str:
        channel, message = self._said[name]
        return f"src:emea/{channel.id}/{message}"

    def put(self, name: str, text: str, allow: tuple[str, ...] = ("group:emea",)) -> None:
        if name in self._said:
            channel, message = self._said[name]
            channel.edit(message, body={"contentType": "html", "content": text})
        else:
            channel = self.team.add_channel(f"Channel {len(self.team.channels)}")
            self._said[name] = (channel, channel.say(text, subject=name))
        self.set_access(name, allow)

    def set_access(self, name: str, allow: tuple[str, ...], deny: tuple[str, ...] = ()) -> None:
        assert not deny
        channel, _ = self._said[name]
        channel.kind = "standard" if allow == ("group:emea",) else "private"
        channel.members = {"ana": ""} if "ana" in str(allow).lower() else {}

    def date_back(self, name: str) -> None:
        channel, message = self._said[name]
        channel.threads[message][0]["createdDateTime"] = "2001-09-09T01:46:40Z"

    def delete(self, name: str) -> None:
        channel, message = self._said.pop(name)
        del channel.threads[message]
        channel.log.append(message)
        self._said[name] = (channel, message)

    def downloads(self) -> int:
        return 0


def tenant_keys(kind: str, server: GraphStandIn) -> dict[str, Any]:
    """How every source of Microsoft 365 signs in to the stand-in."""
    return {
        "kind": kind,
        "tenant": "contoso.example",
        "client_id": "app",
        "client_secret": graph.CLIENT_SECRET,
        "graph_endpoint": server.url,
        "read_timeout_s": 0.5,
    }


def grants(allow: tuple[str, ...]) -> list[dict[str, Any]]:
    """Graph permissions of principals."""
    permissions = []
    for number, principal in enumerate(allow):
        kind, _, name = principal.partition(":")
        identity = {"id": name, "email": name} if kind == "user" else {"id": name, "displayName": name}
        permissions.append({"id": f"p{number}", "roles": ["read"], "grantedToV2": {kind: identity}})
    return permissions


class TotangoHarness:
    """Accounts; their team decides who reads them, the text is an attribute."""

    page_path = "scan_and_scroll"
    body_path = ""
    resumes = can_deny = False
    lists_all = access_is_content = True

    def __init__(self, server: TotangoStandIn) -> None:
        self.server = server
        self.faults: Faults | None = server.faults
        server.service.accounts.clear()
        server.faults.clear()

    def connector(self, **keys: Any) -> Connector:
        defaults = {
            "kind": "totango",
            "app_token": totango.APP_TOKEN,
            "endpoint_url": self.server.url,
            "read_timeout_s": 0.5,
            "requests_per_minute": 10_000,
            "group_attributes": ["Team", "Second Team"],
            "user_attributes": ["Owner"],
        }
        return open_kind(Path("/"), **{**defaults, **keys})

    def id_of(self, name: str) -> str:
        return f"src:account/{name}"

    def put(self, name: str, text: str, allow: tuple[str, ...] = ("group:emea",)) -> None:
        self.delete(name)
        attributes = {"Text": {"val": text}, **owners(allow)}
        self.server.service.accounts.append({"id": name, "display_name": name, "attributes": attributes, "metrics": {}})

    def set_access(self, name: str, allow: tuple[str, ...], deny: tuple[str, ...] = ()) -> None:
        assert not deny
        account = next(account for account in self.server.service.accounts if account["id"] == name)
        account["attributes"] = {"Text": account["attributes"]["Text"], **owners(allow)}

    def date_back(self, name: str) -> None:
        account = next(account for account in self.server.service.accounts if account["id"] == name)
        account["last_activity_time"] = _LONG_AGO * 1000

    def delete(self, name: str) -> None:
        accounts = self.server.service.accounts
        accounts[:] = [account for account in accounts if account["id"] != name]

    def downloads(self) -> int:
        return 0


def owners(allow: tuple[str, ...]) -> dict[str, Any]:
    """The attributes of an account that these principals may read."""
    groups = [principal.partition(":")[2] for principal in allow if principal.startswith("group:")]
    attributes = dict(zip(("Team", "Second Team"), groups, strict=False))
    for principal in allow:
        if principal.startswith("user:"):
            attributes["Owner"] = principal.removeprefix("user:")
    return {name: {"val": value} for name, value in attributes.items()}


class ConfluenceHarness:
    """A space of its own in a cloud site; a page is a document."""

    page_path = r"/spaces/\d+/pages"
    body_path = r"GET /wiki/api/v2/pages/\d+"
    resumes = can_deny = access_is_content = False
    lists_all = True
    _numbers = itertools.count()

    def __init__(self, server: ConfluenceStandIn) -> None:
        self.server = server
        self.faults: Faults | None = server.faults
        self.space = f"S{next(self._numbers)}"
        server.wiki.users["ana"] = {"displayName": "Ana", "email": "Ana@X.com"}
        server.wiki.groups |= {"emea": [], "dach": []}
        server.wiki.add_space(self.space, "anonymous:")
        server.faults.clear()
        self._ids: dict[str, str] = {}

    def connector(self, **keys: Any) -> Connector:
        defaults = {
            "kind": "confluence",
            "url": f"{self.server.url}/wiki",
            "email": confluence.EMAIL,
            "token": confluence.TOKEN,
            "spaces": [self.space],
            "read_timeout_s": 0.5,
        }
        return open_kind(Path("/"), **{**defaults, **keys})

    def id_of(self, name: str) -> str:
        return f"src:page/{self._ids[name]}"

    def put(self, name: str, text: str, allow: tuple[str, ...] = ("group:emea",)) -> None:
        # A restriction to somebody who is gone: nobody is left.
        entry = self.server.wiki.put("page", self.space, name, f"<p>{text}</p>", readers=_readers(allow))
        self._ids[name] = entry.id

    def set_access(self, name: str, allow: tuple[str, ...], deny: tuple[str, ...] = ()) -> None:
        assert not deny
        self.server.wiki.entries[self._ids[name]].readers = _readers(allow)

    def date_back(self, name: str) -> None:
        self.server.wiki.entries[self._ids[name]].modified = "2001-09-09T01:46:40.000Z"

    def delete(self, name: str) -> None:
        del self.server.wiki.entries[self._ids[name]]

    def downloads(self) -> int:
        count = sum("GET /wiki/api/v2/pages/" in request for request in self.server.faults.requests)
        self.server.faults.requests.clear()
        return count


class DataCenterHarness(ConfluenceHarness):
    """The same in a Data Center, which tells restrictions with the listing."""

    page_path = r"/dc/rest/api/content\?"
    body_path = r"GET /dc/rest/api/content/\d+"

    def connector(self, **keys: Any) -> Connector:
        address = {"url": f"{self.server.url}/dc", "email": "", "addresses": "{username}@x.com"}
        return super().connector(**{**address, **keys})

    def downloads(self) -> int:
        count = sum("GET /dc/rest/api/content/1" in request for request in self.server.faults.requests)
        self.server.faults.requests.clear()
        return count


def _readers(allow: tuple[str, ...]) -> tuple[str, ...]:
    """A restriction to these; to somebody who is gone, if it is nobody."""
    return tuple("user:ana" if reader == "user:Ana@X.com" else reader for reader in allow) or ("group:",)


class SalesforceHarness:
    """Accounts that are private and owned by nobody who is there; share rows decide who reads them."""

    page_path = r"FROM\+Account(&|$|\+)"
    body_path = ""
    resumes = can_deny = access_is_content = False
    lists_all = True

    def __init__(self, server: SalesforceStandIn) -> None:
        self.server = server
        self.faults: Faults | None = server.faults
        self.org = server.org
        self.org.rows.clear()
        self.org.described.clear()
        self.org.__post_init__()
        self.org.add_kind("Account", "Account", name_field(), text("Description", kind="textarea"), text("OwnerId"))
        share_kind(self.org, "Account")
        self.org.put("Organization", DefaultAccountAccess="None")
        self.org.put("User", "ana", Email="Ana@X.com", UserType="Standard", IsActive=True)
        self.org.put("PermissionSetAssignment", AssigneeId="ana", PermissionSetId="all")
        self.org.permit("all", "Account", "Description", "OwnerId")
        for group in ("emea", "dach"):
            self.org.put("Group", group, Name=group, Type="Regular")
        server.faults.clear()
        self._ids: dict[str, str] = {}
        self._seconds = itertools.count()

    def connector(self, **keys: Any) -> Connector:
        defaults = {
            "kind": "salesforce",
            "url": self.server.url,
            "client_id": salesforce.CLIENT_ID,
            "client_secret": salesforce.CLIENT_SECRET,
            "objects": [{"name": "Account", "fields": ["Description"]}],
            "group_prefix": "",
            "read_timeout_s": 0.5,
        }
        return open_kind(Path("/"), **{**defaults, **keys})

    def id_of(self, name: str) -> str:
        return f"src:Account/{self._ids[name]}"

    def put(self, name: str, text: str, allow: tuple[str, ...] = ("group:emea",)) -> None:
        record = self.org.put("Account", self._ids.get(name, ""), Name=name, Description=text, OwnerId="gone")
        self._ids[name] = record
        # Each change a second after the last, an hour ago: what is fresher is looked at at each run (its own test).
        moment = datetime.now(UTC) - timedelta(hours=1) + timedelta(seconds=next(self._seconds))
        self.org.rows["Account"][record]["SystemModstamp"] = f"{moment:%Y-%m-%dT%H:%M:%S}.000+0000"
        self.set_access(name, allow)

    def set_access(self, name: str, allow: tuple[str, ...], deny: tuple[str, ...] = ()) -> None:
        record, shares = self._ids[name], self.org.rows["AccountShare"]
        for key in [key for key, row in shares.items() if row["AccountId"] == record]:
            del shares[key]
        for principal in allow:
            named = "ana" if principal.startswith("user:") else principal.removeprefix("group:")
            self.org.put("AccountShare", AccountId=record, UserOrGroupId=named, AccountAccessLevel="Read")

    def date_back(self, name: str) -> None:
        self.org.rows["Account"][self._ids[name]]["SystemModstamp"] = "2001-09-09T01:46:40.000+0000"

    def delete(self, name: str) -> None:
        del self.org.rows["Account"][self._ids[name]]

    def downloads(self) -> int:
        assert self.faults is not None
        count = sum("WHERE+Id+IN" in request for request in self.faults.requests)
        self.faults.requests.clear()
        return count


class SmartsheetHarness:
    """Sheets of one row each."""

    page_path = r"GET /2\.0/sheets(\?|$)"
    body_path = r"GET /2\.0/sheets/\d+(\?|$)"
    resumes = can_deny = access_is_content = False
    lists_all = True

    def __init__(self, server: SmartsheetStandIn) -> None:
        self.server = server
        self.faults: Faults | None = server.faults
        server.account.sheets.clear()
        server.account.groups.update({"emea": [], "dach": []})
        server.faults.clear()
        self._ids: dict[str, int] = {}

    def connector(self, **keys: Any) -> Connector:
        defaults = {
            "kind": "smartsheet",
            "token": smartsheet.TOKEN,
            "endpoint_url": self.server.url,
            "group_prefix": "",
            "read_timeout_s": 0.5,
        }
        return open_kind(Path("/"), **{**defaults, **keys})

    def id_of(self, name: str) -> str:
        return f"src:sheet/{self._ids[name]}"

    def put(self, name: str, text: str, allow: tuple[str, ...] = ("group:emea",)) -> None:
        sheet = self.server.account.put(name, [{"Text": text}], self._ids.get(name, 0), shares=list(allow))
        self._ids[name] = sheet.id

    def set_access(self, name: str, allow: tuple[str, ...], deny: tuple[str, ...] = ()) -> None:
        self.server.account.sheets[self._ids[name]].shares = list(allow)

    def date_back(self, name: str) -> None:
        self.server.account.sheets[self._ids[name]].modified = "2001-09-09T01:46:40Z"

    def delete(self, name: str) -> None:
        del self.server.account.sheets[self._ids[name]]

    def downloads(self) -> int:
        count = sum(bool(re.search(self.body_path, request)) for request in self.server.faults.requests)
        self.server.faults.requests.clear()
        return count


class RedshiftHarness:
    """A table of its own; a row is a document."""

    faults: Faults | None = None
    page_path = body_path = ""
    resumes = lists_all = True
    can_deny = access_is_content = False
    _numbers = itertools.count()

    def __init__(self, server: RedshiftStandIn) -> None:
        self.server = server
        self.table = f"records_{next(self._numbers)}"
        columns = "id varchar(500) PRIMARY KEY, body text, users varchar(200), teams varchar(200), updated_at timestamp"
        server.run(f"CREATE TABLE {self.table} ({columns}); GRANT SELECT ON {self.table} TO {redshift.USER}")

    def connector(self, **keys: Any) -> Connector:
        keys.pop("attempts", None)
        document = {
            "name": "row",
            "query": f"SELECT * FROM {self.table}",
            "id": "id",
            "title": "{id}",
            "updated_at": "updated_at",
            "allow_users": "users",
            "allow_groups": "teams",
        }
        defaults = {
            "kind": "redshift",
            "host": "127.0.0.1",
            "port": self.server.port,
            "database": redshift.DATABASE,
            "user": redshift.USER,
            "password": redshift.PASSWORD,
            "ssl": False,
            "overlap_s": 0,
            "documents": [document],
        }
        return open_kind(Path("/"), **{**defaults, **keys})

    def id_of(self, name: str) -> str:
        return f"src:row/{name}"

    def put(self, name: str, text: str, allow: tuple[str, ...] = ("group:emea",)) -> None:
        users, teams = columns(allow)
        values = ", ".join(map(quoted, (name, text, users, teams)))
        self.server.run(
            f"INSERT INTO {self.table} VALUES ({values}, clock_timestamp()) ON CONFLICT (id) DO UPDATE SET "
            "body = excluded.body, users = excluded.users, teams = excluded.teams, updated_at = excluded.updated_at"
        )

    def set_access(self, name: str, allow: tuple[str, ...], deny: tuple[str, ...] = ()) -> None:
        assert not deny
        users, teams = map(quoted, columns(allow))
        self.server.run(f"UPDATE {self.table} SET users = {users}, teams = {teams} WHERE id = {quoted(name)}")

    def date_back(self, name: str) -> None:
        self.server.run(f"UPDATE {self.table} SET updated_at = timestamp '2001-09-09' WHERE id = {quoted(name)}")

    def delete(self, name: str) -> None:
        self.server.run(f"DELETE FROM {self.table} WHERE id = {quoted(name)}")

    def downloads(self) -> int:
        return 0


def columns(allow: tuple[str, ...]) -> tuple[str, str]:
    """The principals as the cells of a users and a teams column."""
    users = [principal.removeprefix("user:") for principal in allow if principal.startswith("user:")]
    teams = [principal.removeprefix("group:") for principal in allow if principal.startswith("group:")]
    return ", ".join(users), ", ".join(teams)


def quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
