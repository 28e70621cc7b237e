"""The typed client, for threads and for asyncio, against a server on a port; and clients that are too slow."""

from __future__ import annotations

import socket
import time
from urllib.parse import urlsplit

import anyio
import httpx
import pytest

from service import models as m
from service.calls import (
    checking_access,
    evaluating,
    listing,
    listing_apps,
    listing_evaluations,
    listing_sources,
    listing_syncs,
    opening,
    rating,
    reporting,
    syncing,
)
from service.client import AsyncDebrief, Debrief, Refused, asked_by_turns
from tests.service.apart import apart
from tests.service.conftest import ANA, BEN, Served

pytestmark = pytest.mark.integration
PREMIUM = "What does the premium plan cost?"


def test_it_asks_streams_searches_and_runs(served: Served, address: str) -> None:
    with Debrief(address, served.provider.token(ANA)) as debrief:
        kept = debrief.ask(PREMIUM, keep=True, once="the-first")
        assert "480" in kept.text and debrief.ask(PREMIUM, keep=True, once="the-first") == kept
        events = list(debrief.stream("And how often is it billed?", conversation=kept.conversation))
        assert isinstance(events[0], m.StageOut) and isinstance(events[-1], m.AnswerOut)
        assert "quarter" in events[-1].text
        assert debrief.search("hotel rooms", limit=1)[0].document.endswith("travel.md")
        assert "Dear Eva" in debrief.run("greeting_card", {"person": "Eva"}).outputs[0].text
        assert len(debrief.ask_data("number of orders per country").rows) == 2
        assert kept.conversation in [c.id for c in debrief.send(listing(limit=200)).items]
        assert len(debrief.send(opening(kept.conversation)).turns) == 2
        assert "greeting_card" in [app.name for app in debrief.send(listing_apps(limit=200)).items]
        with pytest.raises(Refused, match="no conversation") as refused:
            list(debrief.stream(PREMIUM, conversation="none"))
        assert refused.value.status == 404


def test_an_evaluation_asks_a_server_in_conversations_that_it_deletes(served: Served, address: str) -> None:
    ask = asked_by_turns(address, served.key(ANA, "ask", service=True))
    answer = ask([PREMIUM, "And how often is it billed?"], BEN)
    assert "quarter" in answer.text and answer.outcome == "answered" and answer.citations
    with Debrief(address, served.provider.token(BEN)) as debrief:
        assert PREMIUM not in [c.title for c in debrief.send(listing()).items]
    with pytest.raises(Refused, match="name one in"):
        ask([PREMIUM], "")


def test_many_ask_at_once_for_asyncio(served: Served, address: str) -> None:
    async def ask() -> None:
        async with AsyncDebrief(address, served.key(ANA, "ask", service=True), person=BEN) as debrief:
            texts: list[str] = []

            async def one() -> None:
                texts.append((await debrief.ask(PREMIUM)).text)
                last = [event async for event in debrief.stream(PREMIUM)][-1]
                assert isinstance(last, m.AnswerOut)
                texts.append(last.text)

            async with anyio.create_task_group() as group:
                for _ in range(3):
                    group.start_soon(one)
            assert len(texts) == 6 and all("480" in text for text in texts)

    apart(anyio.run, ask)


def test_everything_that_is_there_for_threads_is_there_for_asyncio(served: Served, address: str) -> None:
    def public(kind: type) -> set[str]:
        return {name for name in vars(kind) if not name.startswith("_")}

    assert public(Debrief) == public(AsyncDebrief)

    async def ask() -> None:
        async with AsyncDebrief(address, served.provider.token(ANA)) as debrief:
            kept = await debrief.ask(PREMIUM, keep=True)
            assert (await debrief.search("hotel rooms", limit=1))[0].document.endswith("travel.md")
            run = await debrief.run("greeting_card", {"person": "Eva"})
            assert (await debrief.file(run.id, "letter")).startswith(b"PK")
            assert len((await debrief.ask_data("number of orders per country")).rows) == 2
            await debrief.send(rating(kept.trace, m.FeedbackIn(rating="up")))
            assert (await debrief.send(checking_access(kept.citations[0].document))).readable
            sources = (await debrief.send(listing_sources())).items
            report = await debrief.send(reporting((await debrief.send(listing_syncs("board"))).items[-1].id))
            assert [s.name for s in sources] == ["handbook", "board"] and report.items[0].outcome == "indexed"
            assert (await debrief.send(listing_evaluations())).items == []
            for refused in (syncing("nothing"), evaluating("nothing")):
                with pytest.raises(Refused, match="nothing"):
                    await debrief.send(refused)
            await debrief.forget(kept.conversation)
            with pytest.raises(Refused, match="no conversation"):
                await debrief.send(opening(kept.conversation))

    apart(anyio.run, ask)


def raw(address: str) -> socket.socket:
    place = urlsplit(address)
    return socket.create_connection((place.hostname or "", place.port or 0), timeout=20)


def test_a_body_of_a_hundred_megabytes_and_one_that_never_comes_are_refused(served: Served, address: str) -> None:
    headers = {"Authorization": f"Bearer {served.provider.token(ANA)}", "Content-Type": "application/json"}
    large = httpx.post(f"{address}/api/v1/ask", content=b" " * 100_000_000, headers=headers, timeout=60)
    assert large.status_code == 413 and "100,000,000 bytes" in large.json()["detail"]

    def parts() -> object:
        for _ in range(100):
            yield b" " * 10_000

    chunked = httpx.post(f"{address}/api/v1/ask", content=parts(), headers=headers, timeout=60)
    assert chunked.status_code == 413 and chunked.json()["detail"]
    with raw(address) as slow:
        head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        slow.sendall(f"POST /api/v1/ask HTTP/1.1\r\nHost: here\r\n{head}Content-Length: 100\r\n\r\n{{".encode())
        begin = time.monotonic()
        answer = b"".join(iter(lambda: slow.recv(10_000), b"")).decode()
    assert answer.startswith("HTTP/1.1 408") and "wasn't sent within 2 seconds" in answer
    assert 1 < time.monotonic() - begin < 15
