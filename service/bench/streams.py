"""Many clients stream answers at once: `python -m service.bench.streams [--people 50] [--seconds 120] [--think 20]`.

A server in a process of its own, over an index in which each person has a document that nobody else may read. Each asks
by a key of their own, reads for a while, and asks again; without `--think` as fast as answers come. Printed as JSON are
the seconds to the first event and the first sentence, answers with anybody else's figure, and the server's memory.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import multiprocessing
import os
import random
import socket
import statistics
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import uvicorn
import yaml

from assistant.ask import Assistant
from core.database import open_database
from core.errors import DebriefError
from core.keys import create_key
from core.settings import AuthSettings, LimitSettings, Settings
from core.types import User
from evals.bench.people import QUESTIONS, figure, filled
from evals.suite.process import EvaluationProcess
from ingestion.parse import ParserPool
from service import models as m
from service.app import rest_app
from service.client import AsyncDebrief
from service.parts import Parts


@dataclass
class Seen:
    """What all clients have seen together."""

    first_event_s: list[float] = field(default_factory=list)
    first_sentence_s: list[float] = field(default_factory=list)
    crossed: int = 0
    errors: list[str] = field(default_factory=list)


def main(arguments: Sequence[str] | None = None) -> None:
    """Prints the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--people", type=int, default=50)
    parser.add_argument("--seconds", type=float, default=120)
    parser.add_argument("--think", type=float, default=20, help="Mean seconds between an answer and the next question.")
    chosen = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="debrief-bench-") as folder:
        settings, port = _settings(Path(folder), chosen.people), _free_port()
        engine = open_database(settings)
        keys = [create_key(engine, User(_address(n)), "bench", ["ask"], 1)[1] for n in range(chosen.people)]
        server = multiprocessing.get_context("spawn").Process(target=_serve, args=(folder, chosen.people, port))
        server.start()
        try:
            print(json.dumps(asyncio.run(_measured(keys, server.pid or 0, port, chosen.seconds, chosen.think))))
        finally:
            server.terminate()
            server.join(20)


async def _measured(keys: list[str], pid: int, port: int, seconds: float, think_s: float) -> dict[str, object]:
    url, seen = f"http://127.0.0.1:{port}", Seen()
    await _until_ready(url)
    async with AsyncDebrief(url, keys[0]) as first:
        await first.ask("What is loaded with the first question?")
    end, memory = time.monotonic() + seconds, []
    clients = [asyncio.create_task(_client(url, n, keys, (end, think_s), seen)) for n in range(len(keys))]
    for _ in range(4):
        await asyncio.sleep(seconds / 4)
        memory.append(int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") >> 20)
    await asyncio.gather(*clients)
    return {
        "clients": len(keys), "answers": len(seen.first_event_s), **_spread("first_event", seen.first_event_s),
        **_spread("first_sentence", seen.first_sentence_s), "crossed": seen.crossed, "errors": len(seen.errors),
        "first_error": (seen.errors or [""])[0], "memory_mb": memory,
    }  # fmt: skip


async def _client(url: str, number: int, keys: list[str], until: tuple[float, float], seen: Seen) -> None:
    end, think_s = until
    chance, others = random.Random(number), {figure(n) for n in range(len(keys)) if n != number}
    await asyncio.sleep(chance.random() * think_s)
    async with AsyncDebrief(url, keys[number]) as debrief:
        while time.monotonic() < end:
            begin, event_s, sentence_s, said = time.perf_counter(), 0.0, 0.0, ""
            try:
                async for event in debrief.stream(chance.choice(QUESTIONS).format(n=number)):
                    event_s = event_s or time.perf_counter() - begin
                    if isinstance(event, m.SentenceOut | m.AnswerOut):
                        sentence_s = sentence_s or time.perf_counter() - begin
                        said += event.model_dump_json()
            except (DebriefError, httpx.HTTPError) as error:
                seen.errors.append(f"{type(error).__name__}: {error}")
                continue
            seen.first_event_s.append(event_s)
            seen.first_sentence_s.append(sentence_s)
            seen.crossed += any(figure in said for figure in others)
            await asyncio.sleep(chance.expovariate(1 / think_s) if think_s else 0)


def _spread(name: str, seconds: list[float]) -> dict[str, float]:
    ordered = sorted(seconds) or [float("nan")]
    p95 = ordered[int(0.95 * (len(ordered) - 1))]
    return {f"{name}_p50_s": round(statistics.median(ordered), 3), f"{name}_p95_s": round(p95, 3)}


def _serve(folder: str, people: int, port: int) -> None:
    settings = _settings(Path(folder), people)
    engine, retriever = open_database(settings), filled(settings, people)
    assistant = Assistant.over(retriever, settings, engine=engine)
    parts = Parts(
        lambda: settings,
        engine,
        lambda: assistant,
        lambda: retriever,
        lambda: ParserPool(settings.parsing),
        EvaluationProcess,
    )
    uvicorn.run(rest_app(parts), host="127.0.0.1", port=port, log_level="error")


def _settings(folder: Path, people: int) -> Settings:
    users = {
        "users": [{"email": _address(n)} for n in range(people)],
        "groups": {f"team-{n}": {"members": [f"user:{_address(n)}"]} for n in range(people)},
    }
    (folder / "users.yaml").write_text(yaml.safe_dump(users), encoding="utf-8")
    limits = LimitSettings(questions_per_person_minute=0)
    return Settings(root=folder, data_dir=folder, auth=AuthSettings(users_file=Path("users.yaml")), limits=limits)


def _address(number: int) -> str:
    return f"p{number}@example.com"


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


async def _until_ready(url: str) -> None:
    async with httpx.AsyncClient() as client:
        while True:
            try:
                await client.get(f"{url}/api/openapi.json")
                return
            except httpx.HTTPError:
                await asyncio.sleep(0.2)


if __name__ == "__main__":
    main()
