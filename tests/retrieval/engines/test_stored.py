"""What one index stores can be taken over by another as it is, on both engines."""

from core.types import User
from retrieval.query.index import Query
from tests.retrieval.conftest import make_generations
from tests.retrieval.fakes import make_chunk, vector_of, vectors_of

ANA = User("ana@x.example", ("board",))
TEXTS = ["the plan of the board", "another plan", "the third one"]


def test_documents_are_taken_over_with_chunks_lists_and_vectors(generations, engine, tmp_path):
    with generations.write() as writer:
        chunks = [
            make_chunk("a", n, t, allow=frozenset({"group:board"}), metadata={"year": 2026})
            for n, t in enumerate(TEXTS)
        ]
        writer.index.replace("a", chunks, vectors_of(TEXTS))
        writer.index.replace(
            "b", [make_chunk("b", 0, "nobody's plan", allow=frozenset())], vectors_of(["nobody's plan"])
        )
        writer.publish()
    old = generations.read()
    other = make_generations(engine, tmp_path / "other")
    with other.write() as writer:
        for document, found, vectors in old.stored(["b", "a", "none"]):
            if found:
                writer.index.replace(document, found, vectors)
        writer.publish()
    new = other.read()
    assert sorted(new.chunks(), key=lambda c: c.id) == sorted(old.chunks(), key=lambda c: c.id)
    query = Query("the plan", vector_of("the plan"))
    before, after = (([(p.chunk.id, round(p.score, 5)) for p in index.search(query, ANA, 5)]) for index in (old, new))
    assert before == after and len(before) == 3
