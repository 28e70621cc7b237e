"""Smartsheet: who reads what, what a sheet becomes, and what a run asks for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from core.errors import CredentialError, SettingsError, SourceError
from core.types import Connector
from samples.stand_ins import smartsheet
from samples.stand_ins.smartsheet import Account, SmartsheetStandIn
from tests.connectors.harness import open_kind, run

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def running() -> Iterator[SmartsheetStandIn]:
    with smartsheet.start() as server:
        yield server


@dataclass
class Here:
    """A fresh account."""

    server: SmartsheetStandIn
    account: Account

    def connector(self, **keys: Any) -> Connector:
        own = {"endpoint_url": self.server.url, "token": smartsheet.TOKEN}
        return open_kind(Path("/"), **{"kind": "smartsheet", "read_timeout_s": 2.0, **own, **keys})

    def requests(self) -> list[str]:
        found = list(self.server.faults.requests)
        self.server.faults.requests.clear()
        return found


@pytest.fixture
def here(running: SmartsheetStandIn) -> Here:
    account = running.account
    for kept in (account.sheets, account.workspaces, account.groups, account.closed_groups):
        kept.clear()
    account.page_size, account.repeats, account.drops = 500, False, False
    account.groups |= {"staff": ["Ana@x.com", "ben@x.com"], "board": ["eve@x.com"], "empty": []}
    running.faults.clear()
    return Here(running, account)


ANA, BEN, EVE = (f"user:{name}@x.com" for name in ("ana", "ben", "eve"))
STAFF, BOARD, EMPTY = (f"group:src/{name}" for name in ("staff", "board", "empty"))
# Shares of the sheet; those of its workspace; its owner; who reads it.
TRUTH: list[tuple[tuple[str, ...], tuple[str, ...], str, set[str]]] = [
    ((), (), "", set()),
    ((), (), "Ana@X.com", {ANA}),
    (("user:ana@x.com",), (), "", {ANA}),
    (("user:Ana@X.com",), (), "", {ANA}),
    (("user:ana@x.com=VIEWER",), (), "", {ANA}),
    (("user:ana@x.com=COMMENTER",), (), "", {ANA}),
    (("user:ana@x.com=EDITOR",), (), "", {ANA}),
    (("user:ana@x.com=EDITOR_SHARE",), (), "", {ANA}),
    (("user:ana@x.com=ADMIN",), (), "", {ANA}),
    (("user:ana@x.com=OWNER",), (), "", {ANA}),
    (("user:ana@x.com=UNASSIGNED",), (), "", set()),
    (("user:ana@x.com=UNASSIGNED", "user:ben@x.com"), (), "", {BEN}),
    (("user:",), (), "", set()),
    (("domain:x.com",), (), "", set()),
    (("domain:x.com", "group:staff"), (), "", {STAFF}),
    (("group:staff",), (), "", {STAFF}),
    (("group:staff=EDITOR",), (), "", {STAFF}),
    (("group:staff=UNASSIGNED",), (), "", set()),
    (("group:empty",), (), "", {EMPTY}),
    (("group:staff", "group:board"), (), "", {STAFF, BOARD}),
    (("group:staff", "user:eve@x.com"), (), "", {STAFF, EVE}),
    ((), ("group:staff",), "", {STAFF}),
    ((), ("user:ben@x.com=ADMIN",), "", {BEN}),
    ((), ("group:staff",), "eve@x.com", {STAFF, EVE}),
    (("user:ana@x.com",), ("group:board",), "", {ANA, BOARD}),
    (("group:staff",), ("group:staff=EDITOR",), "", {STAFF}),
    (("group:staff=UNASSIGNED",), ("group:staff",), "", {STAFF}),
    (("user:ana@x.com",), ("domain:x.com",), "ben@x.com", {ANA, BEN}),
]


def test_who_reads_a_sheet(here: Here) -> None:
    expected = {}
    for number, (shares, workspace, owner, allowed) in enumerate(TRUTH):
        here.account.workspaces[f"w{number}"] = list(workspace)
        about = {"shares": list(shares), "workspace": f"w{number}", "owner": owner}
        sheet = here.account.put(f"Sheet {number}", [{"Task": "x"}], **about)
        sheet.files["notes.txt"] = b"notes"
        expected[f"src:sheet/{sheet.id}"] = expected[f"src:file/{sheet.id}/{100 * sheet.id + 1}"] = (number, allowed)
    found = {ref.id: set(ref.allow) for ref in here.connector().listing()}
    assert {key: (number, found[key]) for key, (number, _) in expected.items()} == expected


def test_a_group_that_can_t_be_read_has_nobody_and_is_named(here: Here) -> None:
    here.account.put("Plan", [{"Task": "x"}], shares=["group:staff", "group:board"])
    here.account.closed_groups.add("board")
    connector = here.connector()
    run(connector)
    assert connector.memberships() == {"src/staff": {ANA, BEN}, "src/board": frozenset()}
    assert "board" in connector.notes()[0]


def test_whose_shares_can_t_be_read_only_the_owner_reads(here: Here) -> None:
    here.account.put("Plan", [{"Task": "x"}], shares=["group:staff"], owner="eve@x.com", is_viewed_only=True)
    here.account.put("List", [{"Task": "x"}], shares=["group:staff"])
    connector = here.connector()
    assert [set(ref.allow) for ref in connector.listing()] == [{EVE}, {STAFF}]
    assert "Plan" in connector.notes()[0]


def test_a_share_and_a_workspace_change_rights_and_fetch_nothing(here: Here) -> None:
    sheet = here.account.put("Plan", [{"Task": "x"}], shares=["group:staff"], workspace="w")
    first = run(here.connector())
    here.requests()
    sheet.shares = ["user:ana@x.com"]
    second = run(here.connector(), first.cursor)
    assert {ref.allow for ref in second.access.values()} == {frozenset({ANA})} and not second.documents
    here.account.workspaces["w"] = ["group:board"]
    third = run(here.connector(), second.cursor)
    assert {ref.allow for ref in third.access.values()} == {frozenset({ANA, BOARD})}
    assert not any(f"/sheets/{sheet.id}?" in asked for asked in here.requests())


def test_a_sheet_becomes_its_table_with_what_was_said(here: Here) -> None:
    rows = [{"Task": "Move <racks>", "Hours": 12, "Done": True, "Cost": "80"}, {"Task": "Paint", "Hours": 3.5}]
    sheet = here.account.put("Move", rows, shares=["group:staff"])
    sheet.columns["Cost"] = {"hidden": True}
    sheet.said = [
        {"title": "Lift", "row": 1, "comments": [{"by": "Ben", "day": "2026-11-03", "text": "Booked & paid"}]},
        {"title": "Kick-off", "comments": [{"by": "Ana", "day": "2026-11-02", "text": "On Monday"}]},
    ]
    sheet.files["list.txt"] = b"Two vans"
    first = run(here.connector())
    document = first.documents[f"src:sheet/{sheet.id}"]
    page = document.body.decode()
    for said in (
        "<th>Task</th><th>Hours</th><th>Done</th></tr>",
        "<td>Move &lt;racks&gt;</td><td>12</td><td>yes</td></tr>",
        "<td>Paint</td><td>3.5</td><td></td>",
        "<h2>Move &lt;racks&gt;: Lift</h2><p>Ben, 2026-11-03: Booked &amp; paid</p>",
        "<h2>Kick-off</h2>",
    ):
        assert said in page, said
    assert "80" not in page and document.title == "Move" and document.url.endswith(f"/sheets/{sheet.id}")
    (file,) = (found for key, found in first.documents.items() if "file/" in key)
    assert file.body == b"Two vans" and file.title == "list.txt" and file.metadata["attached_to"] == "Move"
    sheet.said[1]["comments"].append({"by": "Ben", "day": "2026-11-04", "text": "At nine"})
    second = run(here.connector(), first.cursor)
    assert list(second.documents) == [f"src:sheet/{sheet.id}"] and b"At nine" in second.documents[document.id].body
    del sheet.files["list.txt"]
    assert run(here.connector(), second.cursor).deleted == [file.id]


def test_a_table_keeps_its_columns_when_it_is_read(here: Here) -> None:
    from ingestion.parse import parse

    here.account.put("Staff", [{"Name": f"N{n}", "Hours": n} for n in range(300)], shares=["group:staff"])
    (document,) = run(here.connector()).documents.values()
    tables = [section for section in parse(document.body, document.name).sections if section.kind == "table"]
    assert tables[0].rows[0] == ("Name", "Hours") and sum(len(table.rows) - 1 for table in tables) == 300


def test_a_page_that_repeats_or_is_left_out_ends_the_run_and_deletes_nothing(here: Here) -> None:
    for number in range(7):
        here.account.put(f"Sheet {number}", [{"Task": "x"}], shares=["group:staff"])
    here.account.page_size = 2
    first = run(here.connector())
    assert len(first.documents) == 7
    for wrong, reason in (("repeats", "again and again"), ("drops", "there are")):
        setattr(here.account, wrong, True)
        batches = []
        with pytest.raises(SourceError, match=reason):
            batches.extend(here.connector().changes(first.cursor))
        assert not any(batch.deleted for batch in batches)
        setattr(here.account, wrong, False)


def test_shares_are_read_to_the_last_page_and_a_page_that_repeats_is_told(here: Here) -> None:
    here.account.page_size = 2
    here.account.put("Plan", [{"Task": "x"}], shares=[f"user:p{number}@x.com" for number in range(5)])
    (ref,) = here.connector().listing()
    assert ref.allow == {f"user:p{number}@x.com" for number in range(5)}
    here.account.repeats = True
    with pytest.raises(SourceError, match="again and again"):
        list(here.connector().listing())


def test_a_long_sheet_is_read_page_by_page(here: Here, monkeypatch: pytest.MonkeyPatch) -> None:
    from connectors.smartsheet import connector

    monkeypatch.setattr(connector, "_ROWS", 40)
    here.account.put("Long", [{"Task": f"task {n}"} for n in range(101)], shares=["group:staff"])
    (document,) = run(here.connector()).documents.values()
    assert document.body.count(b"<td>task") == 101


def test_a_token_that_isn_t_let_in_and_settings_that_can_t_be(here: Here) -> None:
    with pytest.raises(CredentialError, match="isn't let in"):
        run(here.connector(token="wrong"))
    for keys, said in (
        ({"sheets": ["Plan"]}, "sheets"),
        ({"endpoint_url": "x"}, "endpoint_url"),
        ({"sheet": [1]}, "sheet"),
    ):
        with pytest.raises(SettingsError, match=said):
            here.connector(**keys)


def test_unchanged_sheets_cost_a_request_for_all_and_four_each(here: Here) -> None:
    for number in range(30):
        here.account.put(f"Sheet {number}", [{"Task": f"{n}"} for n in range(50)], shares=["group:staff"])
    first = run(here.connector())
    here.requests()
    assert run(here.connector(), first.cursor).is_empty()
    assert len(here.requests()) == 1 + 3 * 30
