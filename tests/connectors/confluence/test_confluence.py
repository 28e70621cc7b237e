"""Confluence, in the cloud and as Data Center: who reads what, what a page becomes, and what a run asks for."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from connectors.confluence.access import narrowed
from connectors.confluence.storage import to_html
from core.errors import SettingsError, SourceError
from core.types import EVERYONE, Connector
from samples.stand_ins import confluence
from samples.stand_ins.confluence import ConfluenceStandIn, Wiki
from tests.connectors.harness import open_kind, run

pytestmark = pytest.mark.integration

GROUPS = {"staff": ["ana", "ben", "eve"], "legal": ["ben"], "board": ["eve", "out"], "empty": []}
ANA, BEN, EVE, OUT = (f"user:{name}@x.com" for name in ("ana", "ben", "eve", "out"))


@pytest.fixture(scope="module")
def running() -> Iterator[ConfluenceStandIn]:
    with confluence.start() as server:
        yield server


@dataclass
class Here:
    """A site of one of the two kinds over a fresh wiki."""

    server: ConfluenceStandIn
    wiki: Wiki
    kind: str

    def connector(self, **keys: Any) -> Connector:
        ways = {
            "cloud": {"url": f"{self.server.url}/wiki", "email": confluence.EMAIL},
            "data_center": {"url": f"{self.server.url}/dc", "addresses": "{username}@x.com"},
        }
        return open_kind(Path("/"), **{"kind": "confluence", "token": confluence.TOKEN, **ways[self.kind], **keys})

    def requests(self) -> list[str]:
        found = list(self.server.faults.requests)
        self.server.faults.requests.clear()
        return found


@pytest.fixture(params=["cloud", "data_center"])
def here(request: pytest.FixtureRequest, running: ConfluenceStandIn) -> Here:
    wiki = running.wiki
    for kept in (wiki.spaces, wiki.entries, wiki.users, wiki.groups):
        kept.clear()
    wiki.page_size, wiki.repeats = 250, False
    wiki.groups |= {name: list(members) for name, members in GROUPS.items()}
    wiki.users |= {
        name: {"displayName": name.title(), "email": f"{name}@x.com"} for name in ("ana", "ben", "eve", "out")
    }
    running.faults.clear()
    return Here(running, wiki, request.param)


# Space's readers; restrictions from the top of the tree down to the page itself (None: none there); who reads it.
TRUTH: list[tuple[tuple[str, ...], tuple[tuple[str, ...] | None, ...], set[str]]] = [
    (("group:staff",), (None,), {"group:staff"}),
    (("user:ana",), (None,), {ANA}),
    (("group:staff", "user:out"), (None,), {"group:staff", OUT}),
    (("anonymous:",), (None,), {EVERYONE}),
    ((), (None,), set()),
    (("group:empty",), (None,), {"group:empty"}),
    (("group:staff",), (("user:ana",),), {ANA}),
    (("group:staff",), (("user:out",),), set()),
    (("group:staff",), (("user:ana", "user:out"),), {ANA}),
    (("group:staff",), (("group:staff",),), {"group:staff"}),
    (("group:staff",), (("group:legal",),), {BEN}),
    (("group:staff",), (("group:board",),), {EVE}),
    (("group:staff",), (("group:empty",),), set()),
    (("group:staff",), (("group:gone",),), set()),
    (("group:staff",), (("user:",),), set()),
    (("anonymous:",), (("group:legal",),), {"group:legal"}),
    (("anonymous:",), (("user:out",),), {OUT}),
    (("user:ana",), (("group:staff",),), {ANA}),
    (("user:out",), (("group:staff",),), set()),
    (("group:staff",), (("group:legal",), None), {BEN}),
    (("group:staff",), (None, ("group:legal",)), {BEN}),
    (("group:staff",), (("group:legal",), ("group:legal",)), {BEN}),
    (("group:staff",), (("group:legal",), ("group:board",)), set()),
    (("group:staff",), (("group:legal", "user:ana"), ("user:ana",)), {ANA}),
    (("group:staff",), (("group:staff",), ("group:legal",)), {BEN}),
    (("group:staff",), (("user:ana",), None, ("user:ana", "user:ben")), {ANA}),
    (("group:staff", "group:legal"), (("group:legal", "user:eve"),), {"group:legal", EVE}),
    (("group:staff", "group:board"), (("group:board",), ("group:board", "group:legal")), {"group:board"}),
    (("anonymous:",), (("group:staff",), ("group:legal",)), {BEN}),
    (("anonymous:",), (None, None, ("user:ana",)), {ANA}),
]


def test_who_reads_a_page(here: Here) -> None:
    expected = {}
    for number, (readers, restrictions, allowed) in enumerate(TRUTH):
        here.wiki.add_space(f"S{number}", *readers)
        parent = ""
        for depth, restriction in enumerate(restrictions):
            parent = here.wiki.put("page", f"S{number}", f"p{depth}", "x", parent=parent, readers=restriction).id
        expected[f"src:page/{parent}"] = (number, allowed)
    found = {ref.id: set(ref.allow) for ref in here.connector().listing()}
    assert {key: (number, found[key]) for key, (number, _) in expected.items()} == expected


def test_a_restriction_a_move_and_a_left_group_change_rights_and_fetch_nothing(here: Here) -> None:
    here.wiki.add_space("HR", "group:staff")
    closed = here.wiki.put("page", "HR", "Closed", "x", readers=("group:legal",))
    page = here.wiki.put("page", "HR", "Page", "text")
    first = run(here.connector())
    here.requests()
    page.readers = ("user:ana",)
    second = run(here.connector(), first.cursor)
    assert {ref.id: ref.allow for ref in second.access.values()} == {f"src:page/{page.id}": {ANA}}
    assert not second.documents and not any(re.search(r"(pages|content)/\d", asked) for asked in here.requests())
    page.readers, page.parent = None, closed.id
    moved = run(here.connector(), second.cursor)
    assert moved.documents[f"src:page/{page.id}"].allow == {BEN}
    assert moved.documents[f"src:page/{page.id}"].metadata["path"] == "HR/Closed/Page"
    here.wiki.groups["legal"] = []
    left = run(here.connector(), moved.cursor)
    assert {key: ref.allow for key, ref in left.access.items()} == {
        f"src:page/{key}": frozenset() for key in (closed.id, page.id)
    }


def test_the_groups_that_occur_come_with_their_members(here: Here) -> None:
    here.wiki.add_space("HR", "group:staff")
    here.wiki.put("page", "HR", "Page", "x", readers=("group:legal",))
    connector = here.connector()
    run(connector)
    assert connector.memberships() == {"staff": {ANA, BEN, EVE}, "legal": {BEN}}


def test_below_a_page_that_the_account_may_not_see_nobody_reads(here: Here) -> None:
    here.wiki.add_space("HR", "group:staff")
    hidden = here.wiki.put("page", "HR", "Hidden", "x", open_to_account=False)
    below = here.wiki.put("page", "HR", "Below", "x", parent=hidden.id)
    deeper = here.wiki.put("page", "HR", "Deeper", "x", parent=below.id)
    found = {ref.id: ref.allow for ref in here.connector().listing()}
    assert found == {f"src:page/{key}": frozenset() for key in (below.id, deeper.id)}


def test_a_page_with_comments_labels_and_files_becomes_documents(here: Here) -> None:
    here.wiki.add_space("HR", "group:staff", name="People")
    top = here.wiki.put("page", "HR", "Policies", "<p>All of them</p>")
    page = here.wiki.put("page", "HR", "Leave", "<p>28 days</p>", parent=top.id, labels=("policy", "hr"))
    said = here.wiki.put("comment", "HR", "", "<p>Also part-time?</p>", parent=page.id, author="ben")
    here.wiki.put("comment", "HR", "", "<p>Yes, <ac:link><ri:user ri:account-id='ben'/></ac:link></p>", parent=said.id)
    file = here.wiki.put("attachment", "HR", "form.txt", parent=page.id, content=b"Sign here")
    here.wiki.put("attachment", "HR", "logo.png", parent=page.id, content=b"x", media_type="image/png")
    post = here.wiki.put("blogpost", "HR", "News", "<p>We moved</p>")
    found = run(here.connector()).documents
    assert set(found) == {
        f"src:{key}" for key in (f"page/{top.id}", f"page/{page.id}", f"attachment/{file.id}", f"blogpost/{post.id}")
    }
    leave, form = found[f"src:page/{page.id}"], found[f"src:attachment/{file.id}"]
    text = leave.body.decode()
    assert "28 days" in text and "Also part-time?" in text and "<h3>Ben, 20" in text and leave.title == "Leave"
    assert leave.metadata["tags"] == ("hr", "policy") and leave.metadata["space"] == "People"
    assert leave.metadata["modified_by"] == "Ana" and leave.metadata["path"] == "HR/Policies/Leave"
    assert form.body == b"Sign here" and form.metadata["attached_to"] == "Leave" and form.allow == {"group:staff"}
    assert leave.url.startswith(here.server.url) and "/wiki/wiki/" not in leave.url


def test_a_new_comment_fetches_its_page_again(here: Here) -> None:
    here.wiki.add_space("HR", "group:staff")
    page, _ = (here.wiki.put("page", "HR", title, "x") for title in ("One", "Two"))
    first = run(here.connector())
    here.wiki.put("comment", "HR", "", "<p>New</p>", parent=page.id)
    assert set(run(here.connector(), first.cursor).documents) == {f"src:page/{page.id}"}
    quiet = here.connector(comments=False)
    assert "New" not in run(quiet).documents[f"src:page/{page.id}"].body.decode()


def test_patterns_look_at_space_and_tree(here: Here) -> None:
    for key in ("HR", "IT"):
        here.wiki.add_space(key, "group:staff")
        top = here.wiki.put("page", key, "Old", "x")
        here.wiki.put("page", key, "Under", "x", parent=top.id)
    found = run(here.connector(spaces=["HR"], exclude=["HR/Old/**"])).documents.values()
    assert [document.title for document in found] == ["Old"]


def test_what_is_too_old_is_left_out_with_its_files(here: Here) -> None:
    here.wiki.add_space("HR", "group:staff")
    old, _ = (here.wiki.put("page", "HR", title, "x") for title in ("Old", "New"))
    here.wiki.put("attachment", "HR", "old.txt", parent=old.id, content=b"x")
    old.modified = "2001-09-09T01:46:40.000Z"
    found = run(here.connector(max_age_days=100)).documents.values()
    assert [document.title for document in found] == ["New"]


def test_many_pages_are_paged_and_unchanged_ones_cost_only_the_listing(here: Here) -> None:
    here.wiki.add_space("HR", "group:staff")
    for number in range(620):
        here.wiki.put("page", "HR", f"p{number}", "x")
    first = run(here.connector())
    assert first.seen == 620
    here.requests()
    assert run(here.connector(), first.cursor).is_empty()
    # spaces, permissions, pages and blog posts, restrictions, files, comments; groups' names and people
    assert len(here.requests()) <= 20


def test_a_list_without_an_end_is_an_error_and_deletes_nothing(here: Here) -> None:
    here.wiki.add_space("HR", "group:staff")
    for number in range(9):
        here.wiki.put("page", "HR", f"p{number}", "x")
    first = run(here.connector())
    here.wiki.page_size = 3
    here.wiki.repeats = True
    with pytest.raises(SourceError, match="again and again"):
        run(here.connector(), first.cursor)


@pytest.mark.parametrize(("keys", "said"), [({"token": "wrong"}, "isn't let in"), ({"spaces": ["NO"]}, "")])
def test_a_wrong_token_is_told_and_an_unknown_space_is_empty(here: Here, keys: dict[str, Any], said: str) -> None:
    if said:
        with pytest.raises(SourceError, match=said):
            run(here.connector(**keys))
    else:
        assert not run(here.connector(**keys)).documents


class TestCloud:
    """What only the cloud has."""

    @pytest.fixture(params=["cloud"])
    def here(self, request: pytest.FixtureRequest, here: Here) -> Here:
        if here.kind != request.param:
            pytest.skip("the cloud's own")
        return here

    def test_a_folder_between_pages_restricts_what_lies_in_it(self, here: Here) -> None:
        here.wiki.add_space("HR", "group:staff")
        folder = here.wiki.put("folder", "HR", "Closed", readers=("group:legal",))
        page = here.wiki.put("page", "HR", "Page", "x", parent=folder.id)
        (document,) = run(here.connector()).documents.values()
        assert document.id == f"src:page/{page.id}" and document.allow == {BEN}

    def test_a_page_that_the_search_lacks_is_asked_about_by_itself(self, here: Here) -> None:
        here.wiki.add_space("HR", "group:staff")
        here.wiki.put("page", "HR", "New", "x", readers=("user:ana",), searchable=False)
        (document,) = run(here.connector()).documents.values()
        assert document.allow == {ANA}

    def test_who_hides_their_address_is_known_by_account_and_noted(self, here: Here) -> None:
        here.wiki.add_space("HR", "group:staff")
        here.wiki.users["ben"]["email"] = ""
        here.wiki.put("page", "HR", "Page", "x", readers=("group:legal",))
        connector: Any = here.connector()
        (document,) = run(connector).documents.values()
        assert document.allow == {"user:ben"}
        assert any("Ben" in note and "user:ben" in note and "alias" in note for note in connector.notes())

    def test_a_space_for_all_licensed_users_is_closed_until_somebody_says_who_they_are(self, here: Here) -> None:
        here.wiki.add_space("HR", "access_class:all-licensed-users")
        here.wiki.put("page", "HR", "Page", "x")
        connector: Any = here.connector()
        (document,) = run(connector).documents.values()
        assert document.allow == frozenset() and any("all-licensed-users" in note for note in connector.notes())
        (document,) = run(here.connector(space_readers=["group:staff"])).documents.values()
        assert document.allow == {"group:staff"}

    def test_without_an_address_for_the_token_the_settings_say_so(self, here: Here) -> None:
        with pytest.raises(SettingsError, match="email"):
            here.connector(email="", deployment="cloud")


@pytest.mark.parametrize(
    ("storage", "shown"),
    [
        ("<p>a&nbsp;b &amp; c &euro; &unknown;</p>", "<p>a\u00a0b &amp; c € </p>"),
        ("<h1>T</h1><table><tbody><tr><th>A</th><td colspan='2'>1</td></tr></tbody></table>", 'colspan="2">1</td>'),
        (
            "<ac:structured-macro ac:name='info'><ac:parameter ac:name='title'>Note</ac:parameter>"
            "<ac:rich-text-body><p>Read</p></ac:rich-text-body></ac:structured-macro>",
            "<div><p><strong>Note</strong></p><p>Read</p></div>",
        ),
        (
            "<ac:structured-macro ac:name='code'><ac:parameter ac:name='language'>sh</ac:parameter>"
            "<ac:plain-text-body><![CDATA[ls <dir> && rm]]></ac:plain-text-body></ac:structured-macro>",
            "<pre>ls &lt;dir&gt; &amp;&amp; rm</pre>",
        ),
        (
            "<ac:task-list><ac:task><ac:task-id>1</ac:task-id><ac:task-status>complete</ac:task-status>"
            "<ac:task-body>Ship</ac:task-body></ac:task></ac:task-list>",
            "<ul><li>[x] Ship</li></ul>",
        ),
        ("<p>Ask <ac:link><ri:user ri:account-id='b'/></ac:link>.</p>", "<p>Ask Ben.</p>"),
        ("<ac:link><ri:page ri:content-title='Leave'/></ac:link>", "Leave"),
        (
            "<ac:link><ri:page ri:content-title='L'/><ac:plain-text-link-body><![CDATA[the policy]]>"
            "</ac:plain-text-link-body></ac:link>",
            "the policy",
        ),
        (
            "<ac:structured-macro ac:name='include'><ac:parameter ac:name=''><ac:link><ri:page ri:content-title='Pay'/>"
            "</ac:link></ac:parameter></ac:structured-macro>",
            "<p>Includes the page “Pay”.</p>",
        ),
        ("<ac:structured-macro ac:name='toc'/><p>x</p>", "<p>x</p>"),
        (
            "<p>Is <ac:structured-macro ac:name='status'><ac:parameter ac:name='title'>DONE</ac:parameter>"
            "</ac:structured-macro></p>",
            "<p>Is DONE</p>",
        ),
        (
            "<ac:layout><ac:layout-section><ac:layout-cell><p>x</p></ac:layout-cell></ac:layout-section></ac:layout>",
            "<p>x</p>",
        ),
        ("<p>until <time datetime='2026-12-01'/></p>", "<p>until 2026-12-01</p>"),
        ("<ac:image><ri:attachment ri:filename='a.png'/></ac:image><p>x</p>", "<p>x</p>"),
        ("<p>cut <b>off", "<p>cut <b>off</b></p>"),
        ("<p>1 < 2</p>", "2"),
        ("<!DOCTYPE x [<!ENTITY e SYSTEM 'file:///etc/passwd'>]><p>&e;x</p>", "<p>x</p>"),
    ],
)
def test_storage_format_says_the_same_as_html(storage: str, shown: str) -> None:
    assert shown in to_html(storage, {"b": "Ben"})


def test_a_group_that_all_lists_name_stays_a_group() -> None:
    members: Callable[[str], frozenset[str]] = lambda group: frozenset({"user:a", f"user:{group}"})  # noqa: E731
    both = narrowed([frozenset({"group:x", "group:y"}), frozenset({"group:x", "user:y"})], members)
    assert both == {"group:x", "user:y"}
