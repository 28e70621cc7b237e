"""What people's questions say about the documents: cases made of traces, and gaps by topic."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Literal

import numpy as np

from assistant.records.trace import Traces
from assistant.records.usage import AskedQuestion, questions_before, unserved_questions
from core.database import Engine, utc_now
from core.errors import DatasetError
from core.settings import Settings
from core.text.detect import detect_language
from evals.suite.suites import Case
from retrieval.engines import open_generations
from retrieval.models import open_embedder

# Questions nearer than this (cosine distance, average linkage) are of one topic.
_TOPIC_DISTANCE = 0.55
_EXAMPLES = 3
# So many questions of the conversation come before a case's own.
_HISTORY = 3
_MOST_QUESTIONS = 2_000
_OWNERS = ("owner", "authors", "author")
# The columns of the CSV file, as `Gap.row` gives them.
GAP_COLUMNS = ("topic", "kind", "questions", "people", "document", "title", "owner", "examples", "traces")


@dataclass(frozen=True, slots=True)
class Gap:
    """One topic that the documents don't serve.

    Attributes:
        topic: The shortest of its questions.
        kind: "missing": nothing answered; "bad": an answer was rated down, and rests on `document`.
        document: The id of what came closest, or of what was cited most.
    """

    topic: str
    kind: Literal["missing", "bad"]
    count: int
    people: int
    document: str
    title: str
    owner: str
    examples: tuple[str, ...]
    traces: tuple[str, ...]

    def row(self) -> tuple[object, ...]:
        """The columns of the CSV file."""
        return (self.topic, self.kind, self.count, self.people, self.document, self.title, self.owner,
                " / ".join(self.examples), " ".join(self.traces))  # fmt: skip


def case_from_trace(
    engine: Engine,
    trace_id: str,
    *,
    facts: Sequence[str] = (),
    documents: Sequence[str] = (),
    outcome: str = "",
    tags: Sequence[str] = (),
) -> Case:
    """A case that waits for its review. Of an answer that nobody rated down, the cited documents are expected.

    Raises:
        DatasetError: there is no such trace, or the case would break a rule.
    """
    trace = Traces(engine).find(trace_id)
    if trace is None:
        raise DatasetError(f"There is no trace {trace_id!r}; `debrief ask` and the page print an answer's id.")
    good = all(given["rating"] != "down" for given in trace["feedback"])
    cited = tuple(dict.fromkeys(c["document_id"] for c in trace["citations"])) if good else ()
    before = questions_before(engine, trace["conversation_id"], trace["asked_at"], _HISTORY)
    try:
        return Case.model_validate(
            {
                "id": f"t{trace_id}",
                "question": trace["question"],
                "user": trace["user"],
                "history": tuple(before),
                "outcome": outcome or trace["outcome"],
                "expected_facts": tuple(facts),
                "expected_documents": tuple(documents) or (cited if trace["outcome"] in ("answered", "partly") else ()),
                "language": detect_language(trace["question"]),
                "tags": (*tags, "thumbs-down") if not good else tuple(tags),
                "origin": f"trace:{trace_id}",
                "reviewed": False,
            }
        )
    except ValueError as error:
        raise DatasetError(f"The trace {trace_id} makes no case: {' '.join(str(error).split())[:200]}") from error


def find_gaps(settings: Settings, engine: Engine, days: int = 90) -> list[Gap]:
    """The topics of unanswered and thumbs-down questions of the last `days`, the largest first."""
    # Newest first: examples are of today.
    asked = unserved_questions(engine, utc_now() - timedelta(days=days), _MOST_QUESTIONS)[::-1]
    if not asked:
        return []
    vectors = open_embedder(settings).encode_texts([a.question for a in asked])
    topics = topics_of(np.asarray(vectors, dtype=np.float32))
    owners = _owners(settings)
    gaps = []
    for topic in np.unique(topics):
        for kind in ("missing", "bad"):
            group = [a for a, t in zip(asked, topics, strict=True) if t == topic and _kind(a) == kind]
            if group:
                gaps.append(_gap(group, owners))
    return sorted(gaps, key=lambda g: (-g.count, g.topic))


def topics_of(vectors: np.ndarray[Any, np.dtype[np.float32]]) -> np.ndarray[Any, np.dtype[np.int64]]:
    """A topic's number for each of (n, dim) L2-normalised vectors."""
    if len(vectors) == 1:
        return np.zeros(1, dtype=np.int64)
    # Here, not above: it takes a second to import, and the pages import this module when they start.
    from sklearn.cluster import AgglomerativeClustering

    clustering = AgglomerativeClustering(
        n_clusters=None, metric="cosine", linkage="average", distance_threshold=_TOPIC_DISTANCE
    )
    return np.asarray(clustering.fit_predict(vectors), dtype=np.int64)


def _kind(asked: AskedQuestion) -> Literal["missing", "bad"]:
    return "missing" if asked.outcome == "no_evidence" else "bad"


def _gap(group: Sequence[AskedQuestion], owners: Mapping[str, tuple[str, str]]) -> Gap:
    documents: Counter[str] = Counter()
    for asked in group:
        documents.update(asked.cited if _kind(asked) == "bad" and asked.cited else asked.closest[:1])
    document = documents.most_common(1)[0][0] if documents else ""
    title, owner = owners.get(document, ("", ""))
    return Gap(
        # People read a question faster than words that a topic has in common.
        min((asked.question for asked in group), key=lambda question: (len(question), question)),
        _kind(group[0]),
        len(group),
        len({a.user for a in group}),
        document,
        title,
        owner,
        tuple(dict.fromkeys(a.question for a in group))[:_EXAMPLES],
        tuple(a.trace_id for a in group)[:20],
    )


def _owners(settings: Settings) -> dict[str, tuple[str, str]]:
    """Document id → (title, owner) of everything in the index."""
    found: dict[str, tuple[str, str]] = {}
    for chunk in open_generations(settings).read().chunks():
        if chunk.document_id not in found:
            owner = next((value for name in _OWNERS if (value := chunk.metadata.get(name))), "")
            shown = ", ".join(owner) if isinstance(owner, tuple) else str(owner)
            found[chunk.document_id] = (chunk.title, shown)
    return found
