"""Many people at once, without a language model: `python -m evals.bench.people [--people 50] [--seconds 180]`.

Each has a document that nobody else may read, with a figure of their own. They ask, read for a while, and ask again,
all at the same assistant in one process. Printed are the seconds to the first sentence, answers that have anybody
else's figure or document (cross-talk), own figures that weren't found, and the memory at each quarter of the time.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import statistics
import tempfile
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from assistant.ask import Assistant
from assistant.events import Sentence
from assistant.question import Question
from core.database import open_database
from core.errors import DebriefError
from core.settings import Settings
from core.types import Answer, Document, Parsed, Section, User
from ingestion.enrich import chunk_document, embedding_text
from retrieval.engines import FolderGenerations, Recipe
from retrieval.models import open_embedder
from retrieval.query import Weights
from retrieval.retriever import Retriever

# `n` is the asking person's number.
QUESTIONS = (
    "How high is the yearly budget of the team?",
    "What does team {n} spend in a year?",
    "Who decides on the budget of team {n}?",
)


@dataclass
class Counted:
    """What all people have seen together."""

    first_s: list[float] = field(default_factory=list)
    crossed: list[str] = field(default_factory=list)
    missed: int = 0
    errors: list[str] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)


def main(arguments: Sequence[str] | None = None) -> None:
    """Prints the figures as JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--people", type=int, default=50)
    parser.add_argument("--seconds", type=float, default=180)
    parser.add_argument("--think", type=float, default=20, help="Mean seconds between an answer and the next question.")
    chosen = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="debrief-bench-") as folder:
        settings = Settings(data_dir=Path(folder))
        retriever = filled(settings, chosen.people)
        assistant = Assistant.over(retriever, settings, engine=open_database(settings))
        print(json.dumps(measure(assistant, chosen.people, chosen.seconds, chosen.think)))


def measure(assistant: Assistant, people: int, seconds: float, think_s: float) -> dict[str, object]:
    """Lets the people ask for so long; what they saw."""
    seen, end = Counted(), time.monotonic() + seconds
    how = {"people": people, "end": end, "think_s": think_s}
    threads = [threading.Thread(target=_ask, args=(assistant, n, seen), kwargs=how) for n in range(people)]
    for thread in threads:
        thread.start()
    memory = []
    for _ in range(4):
        time.sleep(seconds / 4)
        memory.append(int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") >> 20)
    for thread in threads:
        thread.join()
    ordered = sorted(seen.first_s) or [float("nan")]
    return {
        "people": people,
        "answers": len(seen.first_s),
        "first_sentence_p50_s": round(statistics.median(ordered), 3),
        "first_sentence_p95_s": round(ordered[int(0.95 * (len(ordered) - 1))], 3),
        "crossed": len(seen.crossed),
        "missed": seen.missed,
        "errors": len(seen.errors),
        "memory_mb": memory,
    }


def _ask(assistant: Assistant, number: int, seen: Counted, *, people: int, end: float, think_s: float) -> None:
    chance = random.Random(number)
    person = User(f"p{number}@example.com", (f"team-{number}",))
    others = {figure(n) for n in range(people)} - {figure(number)}
    time.sleep(chance.random() * think_s)
    while time.monotonic() < end:
        asked = chance.choice(QUESTIONS).format(n=number)
        begin, first = time.perf_counter(), 0.0
        said = ""
        try:
            for event in assistant.ask(Question(asked, person)):
                if isinstance(event, Sentence | Answer) and not first:
                    first = time.perf_counter() - begin
                if isinstance(event, Answer):
                    said = " ".join([event.text, *(c.quote + c.document_id for c in event.citations)])
        except DebriefError as error:
            with seen.lock:
                seen.errors.append(str(error))
            continue
        with seen.lock:
            seen.first_s.append(first)
            seen.crossed += [figure for figure in others if figure in said]
            seen.missed += figure(number) not in said and "Who" not in asked
        time.sleep(chance.expovariate(1 / think_s))


def figure(number: int) -> str:
    """What stands in the document of that person alone."""
    return f"{41_000 + 1_037 * number} euros"


def filled(settings: Settings, people: int) -> Retriever:
    """An index with a page for each person, which they alone may read."""
    embedder = open_embedder(settings)
    generations = FolderGenerations(settings.data_path / "index", Recipe("bench", embedder.name, embedder.dim))
    with generations.write() as writer:
        for n in range(people):
            text = f"The yearly budget of team {n} is {figure(n)}. The head of team {n} decides on it."
            document = Document(
                f"doc:{n}", "bench", f"Budget of team {n}", "", b"", allow=frozenset({f"group:team-{n}"})
            )
            parsed = Parsed((Section(text, (document.title,)),))
            chunks = chunk_document(document, parsed, settings.chunking, "en")
            vectors = embedder.encode_texts([embedding_text(chunk) for chunk in chunks])
            writer.index.replace(document.id, chunks, np.asarray(vectors))
        writer.publish("bench")
    return Retriever(generations, embedder, settings.retrieval, Weights())


if __name__ == "__main__":
    main()
