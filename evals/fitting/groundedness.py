"""Fits the score from which a generated sentence counts as supported by what it cites.

    python -m evals.fitting.groundedness --data ../shared/data

Sentences that people wrote from sources: the gold answers of anthropic_docs, sentence by sentence. Supported: with the
documents that they were written from. Unsupported: with the first documents that a search for the question finds
among the others. Half of the questions (last bit of SHA-256("fit " + id)) is fitted, the other reported.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from statistics import fmean

from assistant.answers.support.groundedness import groundedness
from core.settings import load_settings
from core.text.sentences import split_sentences
from core.types import Passage
from evals.measures.answer_sets import load_answer_sets
from evals.measures.corpus import READER, build_corpus
from retrieval.models.embed import open_embedder
from retrieval.models.tokens import RecentTokens
from retrieval.query.search import Search

FILE = Path(__file__).resolve().parents[2] / "assistant" / "answers" / "support" / "groundedness.json"
_UNSUPPORTED = 3
_KEPT = 0.985


def main() -> None:
    """Fits, writes the file and prints what the other half says."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    folder: Path = parser.parse_args().data
    embedder = open_embedder(settings := load_settings())
    recent = RecentTokens(embedder, 2_000)
    (chosen,) = load_answer_sets(folder / "anthropic_docs")
    scores: dict[tuple[bool, bool], list[float]] = {}
    with tempfile.TemporaryDirectory(prefix="debrief-fit-") as temporary:
        retriever = build_corpus(chosen.documents, settings, embedder, Path(temporary))
        for question in chosen.questions:
            half = hashlib.sha256(f"fit {question.id}".encode()).digest()[-1] % 2 == 0
            there = [Passage(c, 1.0) for d in sorted(question.relevant) for c in retriever.document(d, READER)]
            found = retriever.search(Search(question.text, READER, 24))
            others = [p for p in found if p.chunk.document_id not in question.relevant][:_UNSUPPORTED]
            for span in split_sentences(question.gold):
                scores.setdefault((half, True), []).append(groundedness(span.text, there, recent))
                scores.setdefault((half, False), []).append(groundedness(span.text, others, recent))
        retriever.index.close()

    def shares(threshold: float, half: bool) -> tuple[float, float]:
        kept = fmean(s >= threshold for s in scores[half, True])
        refused = fmean(s < threshold for s in scores[half, False])
        return kept, refused

    # A false alarm takes a true sentence out of an answer, and the facts are checked besides: nearly all must pass.
    steps = [round(0.01 * step, 2) for step in range(20, 95)]
    best = max(step for step in steps if shares(step, True)[0] >= _KEPT)
    for half in (True, False):
        kept, refused = shares(best, half)
        print(
            f"{'fitted' if half else 'other'} half: {len(scores[half, True])} sentences, threshold {best}: "
            f"supported kept {kept:.3f}, unsupported refused {refused:.3f}"
        )
    provenance = {
        "fitted_by": "python -m evals.fitting.groundedness",
        "on": "half of anthropic_docs' gold answers",
        "date": datetime.now(UTC).date().isoformat(),
        "embedding_model": embedder.name,
    }
    FILE.write_text(json.dumps({"provenance": provenance, "threshold": best}, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
