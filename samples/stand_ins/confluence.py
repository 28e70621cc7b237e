"""Confluence on loopback: the cloud's interfaces v2 and v1 below /wiki, and a Data Center's own below /dc."""

from __future__ import annotations

import itertools
import json
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from flask import Flask, Response, jsonify, request

from samples.stand_ins.faults import Answer
from samples.stand_ins.server import StandIn

EMAIL, TOKEN = "reader@northgate.example", "sample-token"
Json = dict[str, Any]


@dataclass
class Entry:
    """A page, blog post, folder, attachment or comment.

    Attributes:
        readers: The names of its read restriction, "user:ACCOUNT" or "group:NAME"; None: it has none.
        parent: Of a page what it lies under, of an attachment or comment what it is on.
        searchable: False: the search hasn't taken it up yet.
        open_to_account: False: the account that asks may not see it.
    """

    id: str
    kind: str
    space: str
    title: str
    body: str = ""
    parent: str = ""
    readers: tuple[str, ...] | None = None
    labels: tuple[str, ...] = ()
    version: int = 1
    author: str = "ana"
    modified: str = "2026-11-01T08:00:00.000Z"
    media_type: str = "text/plain"
    content: bytes = b""
    searchable: bool = True
    open_to_account: bool = True


@dataclass
class Wiki:
    """What is kept; tests change it while it is served.

    Attributes:
        repeats: Each page of a list names the second page as the next one, for ever.
    """

    spaces: dict[str, Json] = field(default_factory=dict)
    entries: dict[str, Entry] = field(default_factory=dict)
    users: dict[str, Json] = field(default_factory=dict)
    groups: dict[str, list[str]] = field(default_factory=dict)
    page_size: int = 250
    repeats: bool = False
    _numbers: itertools.count[int] = field(default_factory=lambda: itertools.count(10_001))
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def add_space(self, key: str, *readers: str, name: str = "", kind: str = "global") -> str:
        """A space that these principals may view; its id."""
        space_id = str(next(self._numbers))
        self.spaces[key] = {"id": space_id, "key": key, "name": name or key, "type": kind, "readers": list(readers)}
        return space_id

    def put(self, kind: str, space: str, title: str, body: str = "", **facts: Any) -> Entry:
        """A new entry, or a new version of the one of that kind and title."""
        with self._lock:
            same = (e for e in self.entries.values() if (e.kind, e.space, e.title) == (kind, space, title))
            entry = next(same, None) if kind != "comment" else None
            if entry is None:
                number = str(next(self._numbers))
                entry = Entry(f"att{number}" if kind == "attachment" else number, kind, space, title)
                self.entries[entry.id] = entry
            else:
                entry.version += 1
            entry.body, entry.modified = body, datetime.now(UTC).isoformat()
            for name, value in facts.items():
                setattr(entry, name, value)
            return entry

    def of(self, *kinds: str) -> list[Entry]:
        """The entries of these kinds that the account may see."""
        return [entry for entry in list(self.entries.values()) if entry.kind in kinds and entry.open_to_account]


class ConfluenceStandIn(StandIn):
    """The running server; its wiki may be changed while it runs."""

    wiki: Wiki


class _Routes:
    """The routes of both interfaces over one wiki."""

    def __init__(self, wiki: Wiki) -> None:
        self.wiki = wiki
        self.app = Flask("confluence")
        self.app.json.sort_keys = False  # type: ignore[attr-defined]
        self.app.before_request(self._check)
        self._v2()
        self._v1()
        self._data_center()

    def _check(self) -> Any:
        given = request.authorization
        is_cloud = request.path.startswith("/wiki/")
        if is_cloud and given and given.type == "basic" and (given.username, given.password) == (EMAIL, TOKEN):
            return None
        if not is_cloud and request.headers.get("Authorization") == f"Bearer {TOKEN}":
            return None
        return jsonify({"message": "Unauthorized"}), 401

    def _v2(self) -> None:
        app, wiki = self.app, self.wiki

        @app.get("/wiki/api/v2/spaces")
        def spaces() -> Any:
            keys, kind = request.args.get("keys", ""), request.args.get("type")
            found = [s for s in wiki.spaces.values() if (s["key"] in keys.split(",") if keys else s["type"] == kind)]
            return self._cursor([{k: v for k, v in space.items() if k != "readers"} for space in found])

        @app.get("/wiki/api/v2/spaces/<space_id>/permissions")
        def permissions(space_id: str) -> Any:
            space = next(space for space in wiki.spaces.values() if space["id"] == space_id)
            return self._cursor(list(map(_permission, space["readers"])))

        @app.get("/wiki/api/v2/spaces/<space_id>/<any(pages, blogposts):kind>")
        def contents(space_id: str, kind: str) -> Any:
            key = next(space["key"] for space in wiki.spaces.values() if space["id"] == space_id)
            return self._cursor([e for e in wiki.of(kind.removesuffix("s")) if e.space == key], self._shown)

        @app.get("/wiki/api/v2/<any(pages, blogposts, folders):kind>/<entry_id>")
        def one(kind: str, entry_id: str) -> Any:
            entry = wiki.entries.get(entry_id)
            if entry is None or not entry.open_to_account or entry.kind != kind.removesuffix("s"):
                return jsonify({"errors": [{"status": 404, "title": "Not Found"}]}), 404
            return self._shown(entry) | {"body": {"storage": {"value": entry.body, "representation": "storage"}}}

        @app.get("/wiki/api/v2/attachments")
        def attachments() -> Any:
            return self._cursor(wiki.of("attachment"), self._file)

        @app.get("/wiki/api/v2/<any(footer, inline):kind>-comments")
        def comments(kind: str) -> Any:
            return self._cursor(wiki.of("comment") if kind == "footer" else [], self._comment)

        @app.post("/wiki/api/v2/users-bulk")
        def users() -> Any:
            wanted = request.get_json()["accountIds"]
            return {"results": [{"accountId": a, **wiki.users[a]} for a in wanted if a in wiki.users]}

    def _v1(self) -> None:
        app, wiki = self.app, self.wiki

        @app.get("/wiki/rest/api/content/search")
        def search() -> Any:
            key = request.args["cql"].split('"')[1]
            hits = [e for e in wiki.of("page", "blogpost") if e.space == key and e.searchable]
            shown = [
                {"id": e.id, "metadata": _labels(e), "restrictions": {"read": _restriction(e, "accountId")}}
                for e in hits
            ]
            return self._cursor(shown)

        @app.get("/wiki/rest/api/content/<entry_id>/restriction/byOperation/read")
        def restriction(entry_id: str) -> Any:
            entry = wiki.entries.get(entry_id)
            return _restriction(entry, "accountId") if entry else (jsonify({"statusCode": 404}), 404)

        @app.get("/wiki/rest/api/group")
        def groups() -> Any:
            return self._cursor([{"type": "group", "id": f"id-{name}", "name": name} for name in wiki.groups])

        @app.get("/wiki/rest/api/group/<group_id>/membersByGroupId")
        def members(group_id: str) -> Any:
            found = wiki.groups.get(group_id.removeprefix("id-"))
            if found is None:
                return jsonify({"statusCode": 404}), 404
            return self._cursor([{"type": "known", "accountId": account} for account in found])

        @app.get("/wiki/download/<entry_id>")
        @app.get("/dc/download/<entry_id>", endpoint="dc_download")
        def download(entry_id: str) -> Any:
            entry = wiki.entries[entry_id]
            return Response(entry.content, content_type=entry.media_type)

    def _data_center(self) -> None:
        app, wiki = self.app, self.wiki

        @app.get("/dc/rest/api/space")
        def dc_spaces() -> Any:
            keys, kind = request.args.getlist("spaceKey"), request.args.get("type")
            return self._start([s for s in wiki.spaces.values() if (s["key"] in keys if keys else s["type"] == kind)])

        @app.get("/dc/rest/api/space/<key>/permissions")
        def dc_permissions(key: str) -> Any:
            return jsonify([_dc_permission(reader) for reader in wiki.spaces[key]["readers"]])

        @app.get("/dc/rest/api/content")
        def dc_contents() -> Any:
            key, kind = request.args["spaceKey"], request.args["type"]
            return self._start([entry for entry in wiki.of(kind) if entry.space == key], self._dc_shown)

        @app.get("/dc/rest/api/content/<entry_id>")
        def dc_one(entry_id: str) -> Any:
            entry = wiki.entries.get(entry_id)
            if entry is None or not entry.open_to_account:
                return jsonify({"statusCode": 404}), 404
            return {"id": entry.id, "body": {"storage": {"value": entry.body}}}

        @app.get("/dc/rest/api/content/<entry_id>/child/attachment")
        def dc_files(entry_id: str) -> Any:
            return self._start([self._dc_file(e) for e in wiki.of("attachment") if e.parent == entry_id])

        @app.get("/dc/rest/api/content/search")
        def dc_search() -> Any:
            key = request.args["cql"].split('"')[1]
            return self._start([self._dc_comment(e) for e in wiki.of("comment") if e.space == key])

        @app.get("/dc/rest/api/group/<name>/member")
        def dc_members(name: str) -> Any:
            found = wiki.groups.get(name)
            if found is None:
                return jsonify({"statusCode": 404}), 404
            return self._start([_dc_user(account) for account in found])

    def _cursor(self, found: list[Any], shown: Callable[[Any], Json] = dict) -> Any:
        """One page of a list, with a cursor to the next."""
        limit = min(int(request.args.get("limit", 25)), self.wiki.page_size)
        begin = int(request.args.get("cursor", 0))
        answer: Json = {"results": list(map(shown, found[begin : begin + limit])), "_links": {}}
        following = limit if self.wiki.repeats else begin + limit
        if following < len(found):
            kept = "".join(f"&{k}={v}" for k, v in _quoted(request.args.items()) if k != "cursor")
            answer["_links"] = {"next": f"{request.path}?cursor={following}{kept}"}
        return jsonify(answer)

    def _start(self, found: list[Any], shown: Callable[[Any], Json] = dict) -> Any:
        """The same as a Data Center pages."""
        limit = min(int(request.args.get("limit", 25)), self.wiki.page_size)
        begin = int(request.args.get("start", 0))
        answer: Json = {
            "results": list(map(shown, found[begin : begin + limit])),
            "start": begin,
            "limit": limit,
            "_links": {},
        }
        following = limit if self.wiki.repeats else begin + limit
        if following < len(found):
            kept = "".join(f"&{k}={v}" for k, v in _quoted(request.args.items(multi=True)) if k != "start")
            answer["_links"] = {"next": f"{request.path.removeprefix('/dc')}?start={following}{kept}"}
        return jsonify(answer)

    def _shown(self, entry: Entry) -> Json:
        parent = self.wiki.entries.get(entry.parent)
        return {
            "id": entry.id,
            "status": "current",
            "title": entry.title,
            "spaceId": self.wiki.spaces[entry.space]["id"],
            "parentId": entry.parent or None,
            "parentType": parent.kind if parent else None,
            "authorId": entry.author,
            "createdAt": "2026-01-05T08:00:00.000Z",
            "version": {"number": entry.version, "createdAt": entry.modified, "authorId": entry.author},
            "_links": {"webui": f"/spaces/{entry.space}/pages/{entry.id}"},
        }

    def _file(self, entry: Entry) -> Json:
        on = self.wiki.entries[entry.parent]
        return {
            "id": entry.id,
            "status": "current",
            "title": entry.title,
            "pageId" if on.kind == "page" else "blogPostId": on.id,
            "mediaType": entry.media_type,
            "fileSize": len(entry.content),
            "createdAt": entry.modified,
            "downloadLink": f"/download/{entry.id}",
            "webuiLink": f"/pages/viewpageattachments.action?pageId={on.id}",
            "version": {"number": entry.version, "createdAt": entry.modified},
        }

    def _comment(self, entry: Entry) -> Json:
        on = self.wiki.entries[entry.parent]
        key = {"comment": "parentCommentId", "page": "pageId"}.get(on.kind, "blogPostId")
        return {
            key: on.id,
            "id": entry.id,
            "version": {"number": entry.version, "createdAt": entry.modified, "authorId": entry.author},
            "body": {"storage": {"value": entry.body}},
        }

    def _dc_shown(self, entry: Entry) -> Json:
        chain: list[Json] = []
        here = entry
        while here.parent in self.wiki.entries:
            here = self.wiki.entries[here.parent]
            chain.insert(0, {"id": here.id, "type": here.kind, "title": here.title})
        files = [self._dc_file(found) for found in self.wiki.of("attachment") if found.parent == entry.id]
        further = {"next": f"/rest/api/content/{entry.id}/child/attachment?start=25"} if len(files) > 25 else {}
        return {
            "id": entry.id,
            "type": entry.kind,
            "title": entry.title,
            "ancestors": chain,
            "history": {"createdDate": "2026-01-05T08:00:00.000Z"},
            "version": {"number": entry.version, "when": entry.modified, "by": _dc_user(entry.author)},
            "metadata": _labels(entry),
            "restrictions": {"read": _restriction(entry, "username")},
            "children": {"attachment": {"results": files[:25], "_links": further}},
            "_links": {"webui": f"/display/{entry.space}/{entry.id}"},
        }

    def _dc_file(self, entry: Entry) -> Json:
        return {
            "id": entry.id,
            "title": entry.title,
            "version": {"number": entry.version, "when": entry.modified},
            "metadata": {"mediaType": entry.media_type},
            "extensions": {"mediaType": entry.media_type, "fileSize": len(entry.content)},
            "_links": {
                "download": f"/download/{entry.id}",
                "webui": f"/pages/viewpageattachments.action?id={entry.parent}",
            },
        }

    def _dc_comment(self, entry: Entry) -> Json:
        on = self.wiki.entries[entry.parent]
        while on.kind == "comment":
            on = self.wiki.entries[on.parent]
        return {
            "id": entry.id,
            "container": {"id": on.id},
            "version": {"number": entry.version, "when": entry.modified, "by": _dc_user(entry.author)},
            "body": {"storage": {"value": entry.body}},
        }


def start(folder: Path | None = None, port: int = 0) -> ConfluenceStandIn:
    """Serves the wiki in `folder` (without one, an empty one): the cloud's below /wiki, a Data Center's below /dc."""
    wiki = _read(folder)
    server = ConfluenceStandIn("Confluence", _Routes(wiki).app.wsgi_app, _answers(), port)
    server.wiki = wiki
    return server


def _read(folder: Path | None) -> Wiki:
    wiki = Wiki()
    if folder is None:
        return wiki
    said = json.loads((folder / "wiki.json").read_text(encoding="utf-8"))
    space = said["space"]
    wiki.users, wiki.groups = said["users"], said["groups"]
    wiki.spaces[space["key"]] = {"id": "20000", "type": "global", **space}
    ids = {entry["title"]: entry["id"] for entry in said["contents"] if entry["kind"] == "page"}
    for entry in said["contents"]:
        wiki.entries[entry["id"]] = Entry(
            id=entry["id"],
            kind=entry["kind"],
            space=space["key"],
            title=entry.get("title", ""),
            body=entry.get("body", ""),
            parent=ids.get(entry.get("under", entry.get("attached_to", "")), ""),
            readers=tuple(entry["readers"]) if "readers" in entry else None,
            labels=tuple(entry.get("labels", ())),
            author=entry.get("author", ""),
            modified=f"{entry['day']}T09:00:00.000Z",
            media_type=entry.get("media_type", ""),
            content=entry.get("content", "").encode(),
        )
    return wiki


def _permission(reader: str) -> Json:
    kind, _, name = reader.partition(":")
    principal = {"type": kind, "id": f"id-{name}" if kind == "group" else name}
    return {"id": reader, "principal": principal, "operation": {"key": "read", "targetType": "space"}}


def _dc_permission(reader: str) -> Json:
    kind, _, name = reader.partition(":")
    named: dict[str, Callable[[], Json]] = {
        "group": lambda: {"type": "group", "name": name, "displayName": name},
        "user": lambda: _dc_user(name),
    }
    subject = named[kind]() if kind in named else {"type": "anonymous", "displayName": "Anonymous"}
    return {"operation": {"operationKey": "read", "targetType": "space"}, "subject": subject}


def _dc_user(account: str) -> Json:
    return {"type": "known", "username": account, "displayName": account.title()}


def _restriction(entry: Entry, key: str) -> Json:
    named = [reader.partition(":")[::2] for reader in entry.readers or ()]
    people = [{"type": "known", key: name} for kind, name in named if kind == "user"]
    groups = [{"type": "group", "name": name, "id": f"id-{name}"} for kind, name in named if kind == "group"]
    return {
        "operation": "read",
        "restrictions": {
            "user": {"results": people, "size": len(people)},
            "group": {"results": groups, "size": len(groups)},
        },
    }


def _labels(entry: Entry) -> Json:
    return {"labels": {"results": [{"prefix": "global", "name": label} for label in entry.labels]}}


def _quoted(items: Iterable[tuple[str, str]]) -> Iterable[tuple[str, str]]:
    from urllib.parse import quote

    return ((key, quote(value)) for key, value in items)


def _answers() -> dict[str, Answer]:
    def body(reason: str) -> bytes:
        return json.dumps({"message": reason}).encode()

    return {
        "throttle": Answer("429 Too Many Requests", body("Rate limit exceeded")),
        "error": Answer("502 Bad Gateway", body("Bad gateway")),
        "expire": Answer("401 Unauthorized", body("Unauthorized")),
    }
