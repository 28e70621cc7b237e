"""Shared conversations and forms that many fill in, by REST: each person sees what is theirs to see."""

from __future__ import annotations

from collections.abc import Callable

import httpx

from core import audit
from service.calls import collecting, listing_collected, listing_shared, opening_shared, putting_in, sharing
from service.client import Debrief
from tests.service.conftest import ANA, BEN, EVE, Served

Call = Callable[..., httpx.Response]


def test_a_shared_conversation_is_read_by_the_readers_own_rights(served: Served, ana: Call, ben: Call) -> None:
    kept = ana("POST", "/ask", json={"question": "What does the premium plan cost?", "keep": True}).json()
    talk = f"/conversations/{kept['conversation']}"
    ana("POST", "/ask", json={"question": "When is the salary review?", "conversation": kept["conversation"]})
    for method, path, body in (
        ("GET", talk + "/readers", None), ("POST", talk + "/readers", {"people": [EVE]}), ("GET", talk, None),
        ("DELETE", f"{talk}/readers/{BEN}", None), ("GET", f"/shared-conversations/{kept['conversation']}", None),
    ):  # fmt: skip
        refused = ben(method, path, **({"json": body} if body else {}))
        assert refused.status_code == 404, (method, path, refused.text)
    wrong = ana("POST", talk + "/readers", json={"people": ["nobody"]})
    assert wrong.status_code == 422 and "is no e-mail address" in wrong.json()["detail"]
    assert ana("POST", talk + "/readers", json={"people": [BEN.upper()]}).json() == {"people": [BEN]}
    assert ana("GET", talk + "/readers").json() == {"people": [BEN]}
    (listed,) = ben("GET", "/shared-conversations").json()["items"]
    assert (listed["id"], listed["owner"]) == (kept["conversation"], ANA)
    open_one, closed = ben("GET", f"/shared-conversations/{listed['id']}").json()["turns"]
    assert "480" in open_one["answer"]["text"] and not open_one["withheld"]
    assert closed["withheld"] and "May" not in closed["answer"]["text"] and not closed["answer"]["citations"]
    assert ana("DELETE", f"{talk}/readers/{BEN}").status_code == 204
    assert ana("DELETE", f"{talk}/readers/{BEN}").status_code == 404
    assert ben("GET", f"/shared-conversations/{listed['id']}").status_code == 404
    assert ben("GET", "/shared-conversations").json()["items"] == []
    said = {e.action for e in audit.recorded(served.parts.engine) if e.facts.get("conversation") == listed["id"]}
    assert {"shared conversation", "stopped sharing"} <= said


def test_a_form_is_filled_in_by_many_and_read_by_who_began_it(ana: Call, ben: Call) -> None:
    app = "/apps/greeting_card/collections"
    sent = {"json": {"name": "Spring cards", "note": "By Friday."}, "headers": {"Idempotency-Key": "spring"}}
    begun = ana("POST", app, **sent)
    assert begun.status_code == 201 and begun.json() == ana("POST", app, **sent).json()
    one = f"{app}/Spring cards"
    for person in ("Peter", "=1+1"):
        made = ben("POST", f"{one}/answers", json={"inputs": {"person": person}})
        assert made.status_code == 201 and made.json()["values"]["person"] == person
    assert ana("POST", f"{one}/answers", json={"inputs": {"person": "Monika"}}).status_code == 201
    wrong = ben("POST", f"{one}/answers", json={"inputs": {"persom": "x"}})
    assert wrong.status_code == 422
    listed = ben("GET", app).json()["items"][0]
    assert (listed["answers"], listed["people"], listed["sees_all"]) == (3, 2, False)
    first = ana("GET", f"{one}/answers", params={"limit": 2}).json()
    rest = ana("GET", f"{one}/answers", params={"cursor": first["next"]}).json()["items"]
    assert [a["values"]["person"] for a in first["items"] + rest] == ["Peter", "=1+1", "Monika"]
    assert {a["user"] for a in ben("GET", f"{one}/answers").json()["items"]} == {BEN}
    csv = ben("GET", f"{one}/export")
    assert "'=1+1" in csv.text and "Monika" not in csv.text and csv.headers["content-type"].startswith("text/csv")
    refused = ben("POST", f"{one}/close")
    assert refused.status_code == 422 and f"is {ANA}'s" in refused.json()["detail"]
    assert ana("POST", f"{one}/close").json()["closed_at"] is not None
    closed = ben("POST", f"{one}/answers", json={"inputs": {"person": "Peter"}})
    assert closed.status_code == 422 and "was closed on" in closed.json()["detail"]
    assert ana("GET", f"{app}/none/answers").status_code == 404
    assert ana("GET", "/apps/none/collections").status_code == 404


def test_the_client_shares_and_collects(served: Served, address: str) -> None:
    with Debrief(address, served.provider.token(ANA)) as ana, Debrief(address, served.provider.token(BEN)) as ben:
        kept = ana.ask("What does the premium plan cost?", keep=True).conversation
        assert ana.send(sharing(kept, BEN)) == ana.send(sharing(kept)) and ana.send(sharing(kept)).people == [BEN]
        assert kept in [one.id for one in ben.send(listing_shared()).items]
        assert "480" in ben.send(opening_shared(kept)).turns[0].answer.text
        ana.send(collecting("greeting_card", "By client", once="by-client"))
        ben.send(putting_in("greeting_card", "By client", {"person": "Peter"}))
        assert [a.user for a in ana.send(listing_collected("greeting_card", "By client")).items] == [BEN]
