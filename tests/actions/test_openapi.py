"""Plugins from OpenAPI 3 documents: what becomes a form, what is sent, and what is refused in one sentence."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask, request

from actions.connections import open_actions
from actions.kinds.openapi.cut import cut_document
from actions.kinds.openapi.document import read_document
from actions.review import Reviews
from core.database import open_sqlite
from core.errors import ActionError, SettingsError
from core.settings import ActionSettings, Settings
from core.types import User
from samples.stand_ins.faults import Answer
from samples.stand_ins.server import StandIn

ANA = User("ana@example.com", name="Ana")
DOCUMENT: dict[str, Any] = {
    "openapi": "3.1.0",
    "info": {"title": "Visits", "version": "1"},
    "paths": {
        "/sites/{site}/visits": {
            "parameters": [{"name": "site", "in": "path", "required": True, "schema": {"type": "string"}}],
            "get": {"operationId": "listVisits"},
            "post": {
                "operationId": "planVisit",
                "summary": "Plan a visit",
                "parameters": [{"name": "notify", "in": "query", "schema": {"type": "boolean"}}],
                "requestBody": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Visit"}}}},
            },
        }
    },
    "components": {
        "schemas": {
            "Visit": {
                "type": "object",
                "required": ["title", "day", "kind"],
                "properties": {
                    "id": {"type": "string", "readOnly": True},
                    "title": {"type": "string", "maxLength": 60},
                    "day": {"type": "string", "format": "date"},
                    "kind": {"type": "string", "enum": ["survey", "repair"]},
                    "people": {"type": "array", "items": {"type": "string"}},
                    "hours": {"type": ["integer", "null"]},
                    "contact": {"$ref": "#/components/schemas/Contact"},
                    "paid": {"oneOf": [{"type": "string"}, {"type": "number"}]},
                },
            },
            "Contact": {
                "type": "object",
                "required": ["mail"],
                "properties": {
                    "mail": {"type": "string", "format": "email"},
                    "boss": {"$ref": "#/components/schemas/Contact"},
                },
            },
        }
    },
}


@pytest.fixture
def visits() -> Iterator[tuple[StandIn, list[Any]]]:
    app, kept = Flask("visits"), []

    @app.post("/sites/<site>/visits")
    def plan(site: str) -> Any:
        kept.append((site, dict(request.args), request.get_json(), request.headers.get("Authorization")))
        return {"id": len(kept), "html_url": "https://visits.example/1"}, 201

    with StandIn("visits", app.wsgi_app, {"error": Answer("500 Oops", b"{}")}) as server:
        yield server, kept


def actions_of(folder: Path, document: Any, url: str = "https://visits.example", **more: Any) -> Any:
    (folder / "visits.json").write_text(json.dumps(document), encoding="utf-8")
    known = {"document": "visits.json", "operations": ["planVisit"], "token": "t", "groups": ["everyone"], **more}
    entry = ActionSettings(name="visits", kind="openapi", url=url, timeout_s=1, settle_s=0, **known)
    return open_actions(Settings(root=folder, actions=(entry,)))


@pytest.mark.integration
def test_a_form_from_the_schema_is_sent_as_the_schema_says(visits: Any, tmp_path: Path) -> None:
    server, kept = visits
    actions = actions_of(tmp_path, DOCUMENT, server.url)
    reviews = Reviews(open_sqlite(tmp_path / "state.sqlite"), actions)
    fields = {f.name: f for f in actions.known["visits.planvisit"].fields(ANA)}
    # Optional and not to be shown: the boss's boss. Of two simple alternatives the text is.
    assert list(fields) == ["site", "notify", "title", "day", "kind", "people", "hours", "contact.mail", "paid"]
    assert (fields["day"].type, fields["kind"].type, fields["contact.mail"].addressee) == ("date", "choice", True)
    given = {"site": "../a/b", "notify": "true", "title": "Roof", "day": "2026-12-01", "kind": "survey",
             "people": "Jo\nMax", "hours": "3", "contact.mail": "pat@example.com"}  # fmt: skip
    form = reviews.propose("visits.planvisit", {**given, "kind": "surwey"}, ANA)
    assert [p.field for p in reviews.problems(form.id, ANA)] == ["kind"]
    form = reviews.edit(form.id, {**given, "site": "north"}, ANA)
    done = reviews.confirm(form.id, ANA, form.fingerprint)
    assert done.record is not None and (done.record.id, done.record.link) == ("1", "https://visits.example/1")
    body = {"title": "Roof", "day": "2026-12-01", "kind": "survey", "people": ["Jo", "Max"], "hours": 3,
            "contact": {"mail": "pat@example.com"}}  # fmt: skip
    assert kept == [("north", {"notify": "true"}, body, "Bearer t")]
    # A path in a value stays a value.
    form = reviews.propose("visits.planvisit", given, ANA)
    assert reviews.confirm(form.id, ANA, form.fingerprint).state == "proposed"
    assert len(kept) == 1
    # Nobody can say what became of a silence: a person settles it, and it isn't sent again by itself.
    server.faults.add("failed")
    form = reviews.propose("visits.planvisit", {**given, "site": "south"}, ANA)
    assert reviews.confirm(form.id, ANA, form.fingerprint).state == "queued"
    stuck = reviews.retry(form.id, ANA)
    assert (stuck.state, len(kept)) == ("stuck", 2)
    assert "settle it" in stuck.problem
    assert reviews.settle(form.id, "2", ANA).state == "written"
    assert len(kept) == 2


def changed(**schema: Any) -> dict[str, Any]:
    document = json.loads(json.dumps(DOCUMENT))
    document["components"]["schemas"]["Visit"] = schema
    return document


@pytest.mark.parametrize(
    ("document", "more", "said"),
    [
        ({"swagger": "2.0"}, {}, "no OpenAPI 3 document"),
        ([], {}, "no OpenAPI 3 document"),
        (DOCUMENT, {"operations": ["planVist"]}, "did you mean 'planVisit'"),
        (DOCUMENT, {"operations": ["listVisits"]}, "only reads"),
        (DOCUMENT, {"operations": []}, "choose `operations`"),
        ({**DOCUMENT, "servers": [{"url": "https://other.example/v1"}]}, {}, "is for other.example, and url is"),
        (changed(oneOf=[{"type": "object"}, {"type": "string", "enum": ["a"]}]), {}, "given by oneOf, which a form can't show; choose another"),
        (changed(type="object", required=["a"], properties={"a": {"type": "object", "minProperties": 1}}), {}, "a needs keys that its schema"),
        (changed(type="object", required=["a"], properties={"a": True}), {}, "a has no schema; choose another operation"),
        (changed(type="object", required=["a"], properties={"a": {"$ref": "#/components/schemas/Visit"}}), {}, "contains itself"),
        (changed(type="object", required=["a"], properties={"a": {"$ref": "https://evil.example/x"}}), {}, "outside the document"),
        (changed(type="object", required=["a"], properties={"a": {"$ref": "#/nowhere"}}), {}, "which isn't there"),
        (changed(type="object", required=["a"], properties={"a": {"type": "array", "items": {"type": "object"}}}), {}, "list of objects"),
        (changed(type="object", properties={f"f{n}": {"type": "string"} for n in range(99)}), {}, "101 fields, and a form at most 60"),
        ({**DOCUMENT, "x": "y" * 1_000_001}, {}, "over 1,000,000 bytes"),
    ],
)  # fmt: skip
def test_what_cannot_be_a_form_is_one_sentence(document: Any, more: dict[str, Any], said: str, tmp_path: Path) -> None:
    with pytest.raises(SettingsError) as told:
        actions_of(tmp_path, document, **more)
    assert said in str(told.value)
    assert str(told.value).endswith((".", "?"))
    assert not isinstance(told.value, ActionError)


FOREIGN: dict[str, Any] = {
    "openapi": "3.0.3",
    "paths": {
        "/things": {
            "post": {
                "parameters": [
                    {"name": "X-Version", "in": "header", "required": True, "schema": {"type": "string", "enum": ["2"]}},
                    {"name": "Accept", "in": "header", "required": True, "schema": {"type": "string"}},
                    {"name": "Authorization", "in": "header", "required": True, "schema": {"type": "string"}},
                ],
                "requestBody": {"content": {"application/json; charset=utf-8": {"schema": {
                    "type": "object", "required": ["size", "options", "tags"],
                    "properties": {
                        "size": {"allOf": [{"$ref": "#/components/schemas/Size"}, {"description": "How large."}]},
                        "options": {"type": "object", "properties": {"fast": {"type": "boolean"}}},
                        "tags": {"type": "array", "items": {"$ref": "#/components/schemas/Tag"}},
                        "title": {"oneOf": [{"type": "string"}, {"type": "integer"}]},
                    },
                }}}},
            }
        },
        "/customers": {"post": {"operationId": "Post/Customers", "requestBody": {"content": {
            "application/x-www-form-urlencoded": {"schema": {"type": "object", "properties": {
                "name": {"type": "string"},
                "address": {"type": "object", "properties": {"city": {"type": "string"}}},
            }}}}}}},
        "/odd": "not an item",
    },
    "components": {"schemas": {"Size": {"type": "string", "enum": ["S", "L"]}, "Tag": {"type": "string", "enum": ["a", "b"]}}},
}  # fmt: skip


@pytest.mark.integration
def test_what_documents_of_others_have(tmp_path: Path) -> None:
    """Found in public documents: no operationId, headers, allOf on simple values, empty objects, form fields."""
    app, kept = Flask("things"), []

    @app.post("/things")
    def things() -> Any:
        kept.append((request.get_json(), request.headers["X-Version"], request.headers["Authorization"]))
        return {"id": 1}, 201

    @app.post("/customers")
    def customers() -> Any:
        kept.append(request.form.to_dict())
        return {"id": 2}, 201

    with StandIn("things", app.wsgi_app, {}) as server:
        actions = actions_of(tmp_path, FOREIGN, server.url, operations=["post_/things", "Post/Customers"])
        reviews = Reviews(open_sqlite(tmp_path / "state.sqlite"), actions)
        assert list(actions.known) == ["visits.post_things", "visits.post_customers"]
        given = {"X-Version": "2", "size": "L", "tags": "a\nc", "title": "One"}
        form = reviews.propose("visits.post_things", given, ANA)
        refused = reviews.confirm(form.id, ANA, form.fingerprint)
        assert refused.state == "proposed" and "'c' isn't allowed in the list" in refused.problem and kept == []
        form = reviews.edit(form.id, {"tags": "a\nb"}, ANA)
        assert reviews.confirm(form.id, ANA, form.fingerprint).state == "written"
        form = reviews.propose("visits.post_customers", {"name": "Acme", "address.city": "Basel"}, ANA)
        assert reviews.confirm(form.id, ANA, form.fingerprint).state == "written"
    assert kept == [
        ({"size": "L", "options": {}, "tags": ["a", "b"], "title": "One"}, "2", "Bearer t"),
        {"name": "Acme", "address[city]": "Basel"},
    ]


def test_operations_are_cut_out_of_a_large_document(tmp_path: Path) -> None:
    large = {**DOCUMENT, "x": "x" * 1_100_000}
    (tmp_path / "large.json").write_text(json.dumps(large), encoding="utf-8")
    with pytest.raises(SettingsError, match="over 1,000,000 bytes; take what you need with `debrief actions cut`"):
        read_document(tmp_path / "large.json")
    whole = read_document(tmp_path / "large.json", 10_000_000)
    with pytest.raises(ActionError, match="no operation 'planVist'; did you mean 'planVisit'"):
        cut_document(whole, ["planVist"])
    small = cut_document(whole, ["planVisit"])
    assert len(json.dumps(small)) < 3_000
    assert set(small["components"]["schemas"]) == {"Visit", "Contact"}
    assert list(actions_of(tmp_path, small).known["visits.planvisit"].fields(ANA)) == list(
        actions_of(tmp_path, DOCUMENT).known["visits.planvisit"].fields(ANA)
    )
