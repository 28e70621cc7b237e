"""Totango on loopback: accounts, users, touchpoints and tasks, by the calls that its API offers."""

from __future__ import annotations

import itertools
import json
import threading
import time
from pathlib import Path
from typing import Any

from flask import Flask, jsonify, request

from samples.stand_ins.faults import Answer
from samples.stand_ins.server import StandIn

APP_TOKEN = "sample-token"
_REACHABLE = 10_000
Json = dict[str, Any]


class TotangoStandIn(StandIn):
    """The running server; its records may be changed while it runs."""

    service: Service


class Service:
    """The records, and the routes that show them.

    Attributes:
        offers_scrolling: False answers the scrolling account search with 404.
        offset_counts: "records", or "pages" as part of the documentation has it.
        repeats: Each page of a list is the first one again.
        requests_per_minute: More than this are answered with 429; None for no limit.
    """

    def __init__(self, folder: Path | None) -> None:
        self.accounts: list[Json] = _read(folder, "accounts")
        self.users: list[Json] = _read(folder, "users")
        self.events: list[Json] = [
            *_read(folder, "touchpoints"),
            *({**t, "type": "task"} for t in _read(folder, "tasks")),
        ]
        self.lookups: Json = _read(folder, "lookups") or {}
        self.offers_scrolling = True
        self.offset_counts = "records"
        self.repeats = False
        self.requests_per_minute: int | None = None
        self.app = Flask("totango")
        self._scrolls: dict[str, int] = {}
        self._numbers = itertools.count(90_001)
        self._minute: list[float] = []
        self._lock = threading.Lock()
        self.app.before_request(self._check)
        self._searches()
        self._lookups()
        self._writes()

    def _check(self) -> Any:
        if request.headers.get("app-token") != APP_TOKEN:
            return jsonify({"status": "failed", "_error": "Invalid token"}), 401
        with self._lock:
            now = time.monotonic()
            self._minute = [*(moment for moment in self._minute if now - moment < 60), now]
            if self.requests_per_minute is not None and len(self._minute) > self.requests_per_minute:
                reset = str(max(1, round(60 - (now - self._minute[0]))))
                headers = {"RateLimit-Limit": "100", "RateLimit-Remaining": "0", "RateLimit-Reset": reset}
                return jsonify({"status": "failed", "_error": "Too many requests"}), 429, headers
        return None

    def _searches(self) -> None:
        @self.app.post("/api/v1/search/accounts")
        def accounts() -> Any:
            terms = json.loads(request.form["query"]).get("terms", ())
            wanted = next((t["eq"] for t in terms if t.get("term") == "identifier"), None)
            return self._found("accounts", [a for a in self.accounts if wanted in (None, a["id"])], _selected)

        @self.app.post("/api/v1/search/users")
        def users() -> Any:
            return self._found("users", self.users, _selected)

        @self.app.post("/api/v2/accounts/scan_and_scroll_search_accounts")
        def scroll() -> Any:
            if not self.offers_scrolling:
                return jsonify({"status": "failed", "_error": "Not found"}), 404
            query = json.loads(request.form["query"])
            scroll_id = request.form.get("scroll_id") or f"scroll-{next(self._numbers)}"
            begin = 0 if self.repeats else self._scrolls.get(scroll_id, 0)
            end = begin + int(query.get("count", 1_000))
            self._scrolls[scroll_id] = end
            shown = self.accounts[begin:end]
            return {"scroll-id": scroll_id if shown else None, "total_hits": len(self.accounts), "accounts": shown}

        @self.app.post("/api/v2/events/search")
        def events() -> Any:
            terms = json.loads(request.form["query"])["terms"]
            wanted = [event for event in self.events if all(_matches(event, term) for term in terms)]
            of = request.form.get("account_id")
            wanted = [event for event in wanted if not of or event["account"]["id"] == of]
            return self._found("events", wanted, lambda event, _fields: event)

    def _found(self, name: str, records: list[Json], shown: Any) -> Any:
        """One page of a search: `terms` and `fields` are mandatory, `count` is at most 1,000."""
        query = json.loads(request.form["query"])
        if "terms" not in query or "fields" not in query:
            return jsonify({"status": "failed", "_error": "terms and fields are mandatory"}), 400
        count, offset = min(int(query.get("count", 1_000)), 1_000), int(query.get("offset", 0))
        offset = 0 if self.repeats else offset
        begin = offset * count if name == "events" and self.offset_counts == "pages" else offset
        hits = [shown(record, query["fields"]) for record in records[begin : min(begin + count, _REACHABLE)]]
        return {"status": "success", "response": {name: {"total_hits": len(records), "hits": hits, "stats": {}}}}

    def _lookups(self) -> None:
        for path, key in (
            ("activity-types", "activity_types"),
            ("touchpoint-types", "touchpoint_types"),
            ("touchpoint-tags", "touchpoint_tags"),
        ):
            self.app.add_url_rule(
                f"/api/v3/{path}/", path, lambda key=key: jsonify(self.lookups.get(key, {})), strict_slashes=False
            )

    def _writes(self) -> None:
        @self.app.post("/api/v3/touchpoints/")
        def touchpoint() -> Any:
            form = request.form
            account = next((a for a in self.accounts if a["id"] == form.get("account_id")), None)
            if account is None:
                return jsonify({"status": "failed", "_error": "Account not found"}), 400
            number = next(self._numbers)
            created = int(form.get("create_date") or time.time() * 1000)
            self.events.append(_note(number, account, form, created))
            return {"note": {"id": number}}

        @self.app.post("/pixel.gif/")
        def attribute() -> Any:
            form = request.form
            account = next((a for a in self.accounts if a["id"] == form.get("sdr_o")), None)
            if account is None or not form.get("sdr_s"):
                return jsonify({"status": "failed", "_error": "Unknown account or service"}), 400
            for key, value in form.items():
                if key.startswith("sdr_o."):
                    account.setdefault("attributes", {})[key.removeprefix("sdr_o.")] = {"val": value}
            return b"GIF89a\x01\x00\x01\x00\x00\x00\x00;", 200, {"Content-Type": "image/gif"}

        @self.app.post("/api/v3/tasks")
        def task() -> Any:
            said = request.get_json()
            account = next((a for a in self.accounts if a["id"] == said.get("account_id")), None)
            if account is None:
                return jsonify({"status": "failed", "_error": "Account not found"}), 400
            created = {"id": f"T-{next(self._numbers)}", "type": "task", "timestamp": int(time.time() * 1000)}
            about = {"account": {"id": account["id"], "display_name": account["display_name"]}}
            self.events.append({**said, **created, **about})
            return created


def start(folder: Path | None = None, port: int = 0) -> TotangoStandIn:
    """Serves the records in `folder`; without one, none."""
    service = Service(folder)
    server = TotangoStandIn("Totango", service.app.wsgi_app, _answers(), port)
    server.service = service
    return server


def _selected(record: Json, fields: list[Json]) -> Json:
    """A hit of a search: `selected_fields` come in the order in which they were asked for."""
    attributes = record.get("attributes", {})
    values = {
        "health": record.get("health", {}).get("curr"),
        "account_id": record.get("account", {}).get("id"),
        "status_group": record.get("status_group"),
    }
    selected = [
        values.get(wanted["term"], {}) if "term" in wanted else attributes.get(wanted["attribute"], {}).get("val")
        for wanted in fields
    ]
    shown = {"id": record["id"], "name": record.get("name", record["id"]), "display_name": record["display_name"]}
    return {**shown, "last_activity_time": record.get("last_activity_time"), "selected_fields": selected}


def _matches(event: Json, term: Json) -> bool:
    if term.get("name") == "event_type":
        return bool(event["type"] == term["eq"])
    if term.get("type") == "date":
        return bool(term.get("gte", 0) <= event.get("timestamp", 0) <= term.get("lte", 1 << 62))
    return True


def _note(number: int, account: Json, form: Any, created: int) -> Json:
    return {
        "id": f"note-{number}",
        "timestamp": created,
        "type": "note",
        "account": {"id": account["id"], "display_name": account["display_name"]},
        "note_content": {
            "note_id": number,
            "text": form.get("content", ""),
            "totango_user": {"user_name": form.get("created_by", "")},
        },
        "properties": {
            "activity_type_id": form.get("activity_type_id", ""),
            "subject": form.get("subject", ""),
            "meeting_type": form.get("touchpointType", ""),
            "touchpoint_tags": form.getlist("touchpoint_tags"),
        },
    }


def _read(folder: Path | None, name: str) -> Any:
    return json.loads((folder / f"{name}.json").read_text(encoding="utf-8")) if folder else []


def _answers() -> dict[str, Answer]:
    def body(reason: str) -> bytes:
        return json.dumps({"status": "failed", "_error": reason}).encode()

    return {
        "throttle": Answer("429 Too Many Requests", body("Too many requests")),
        "error": Answer("502 Bad Gateway", body("Bad gateway")),
        "expire": Answer("401 Unauthorized", body("Invalid token")),
    }
