import numpy as np

from core.settings import Settings
from retrieval.models.embed import open_embedder
from retrieval.models.tokens import RecentTokens, TokenVectors, token_vectors


def test_token_vectors_leave_out_markers_and_prompt() -> None:
    hidden = np.array([[3, 4], [0, 2], [5, 0], [1, 1]], np.float32)
    found = token_vectors(hidden, [(0, 0), (0, 7), (8, 12), (0, 0)], prompt_chars=8)
    assert found.vectors.tolist() == [[1.0, 0.0]]
    assert (found.begins.tolist(), found.ends.tolist()) == ([0], [4])


def test_the_packaged_model_gives_each_token_its_place(tmp_path) -> None:
    embedder = open_embedder(Settings(data_dir=tmp_path))
    text = "Café prices rose. Zürich paid 12 francs."
    (found,) = embedder.encode_tokens([text])
    assert [text[b:e] for b, e in zip(found.begins, found.ends, strict=True)][:2] == ["Café", "prices"]
    assert text[found.ends[-1] - 1] == "."
    assert np.allclose(np.linalg.norm(found.vectors, axis=1), 1, atol=1e-5)
    # A token that the question shares is nearer to its own occurrence than to the others.
    (asked,) = embedder.encode_tokens(["francs?"], query=True)
    nearest = int((asked.vectors[0] @ found.vectors.T).argmax())
    assert text[found.begins[nearest] : found.ends[nearest]].startswith("franc")


class CountingEncoder:
    def __init__(self) -> None:
        self.seen: list[str] = []

    def encode_tokens(self, texts: list[str], *, query: bool = False) -> list[TokenVectors]:
        self.seen.extend(texts)
        return [TokenVectors(np.full((1, 2), len(t), np.float32), np.zeros(1, int), np.ones(1, int)) for t in texts]


def test_recent_texts_are_encoded_once_and_the_oldest_is_forgotten() -> None:
    encoder = CountingEncoder()
    recent = RecentTokens(encoder, capacity=2)
    recent.encode_tokens(["a", "bb"])
    found = recent.encode_tokens(["bb", "a", "ccc"])
    assert [int(v.vectors[0, 0]) for v in found] == [2, 1, 3]
    assert encoder.seen == ["a", "bb", "ccc"]
    recent.encode_tokens(["bb"])  # forgotten: "a" and "ccc" were used after it
    assert encoder.seen[-1] == "bb"


def test_questions_are_not_remembered() -> None:
    encoder = CountingEncoder()
    recent = RecentTokens(encoder, capacity=2)
    for _ in range(2):
        recent.encode_tokens(["why"], query=True)
    assert encoder.seen == ["why", "why"]
