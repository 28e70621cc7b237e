"""A tiny cross-encoder with random weights stands in for a real one: what it prefers is arbitrary, how it is used isn't."""

import pytest

from core.errors import ModelError
from core.types import Boost, Passage, Why
from retrieval import rerank
from retrieval.rerank import Reranker
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


def test_the_best_are_ordered_by_the_model_and_say_so(model_folder):
    found = Reranker(model_folder[1]).rerank(
        "premium plan", passages("the plan costs ten", "holidays in august", "basic")
    )
    assert {p.chunk.document_id for p in found} == {"d0", "d1", "d2"}
    assert [p.why.rerank for p in found] == sorted((p.why.rerank for p in found), reverse=True)
    assert len({p.why.rerank for p in found}) == 3 and all(0 <= p.why.rerank <= 1 for p in found)
    assert all(p.score == p.why.final == pytest.approx(p.why.rerank) for p in found)


def test_metadata_weights_still_apply(model_folder):
    plain, boosted = (
        Reranker(model_folder[1]).rerank("plan", passages("ten", boosts=boosts))[0]
        for boosts in ((), (Boost("document_type", "policy", 1.5),))
    )
    assert boosted.score == pytest.approx(plain.score * 1.5)


def test_what_is_too_deep_stays_behind_in_its_order(model_folder, monkeypatch):
    monkeypatch.setattr(rerank, "DEPTH", 2)
    found = Reranker(model_folder[1]).rerank("plan", passages("ten", "five", "august", "basic"))
    assert [p.chunk.document_id for p in found[2:]] == ["d2", "d3"]
    assert [p.score for p in found] == sorted((p.score for p in found), reverse=True)
    assert found[2].why.rerank is None
    assert Reranker(model_folder[1]).rerank("plan", []) == []


def test_a_model_that_is_missing_or_of_another_kind(model_folder, tmp_path):
    with pytest.raises(ModelError, match=r"can't be loaded.*retrieval\.reranker"):
        Reranker(str(tmp_path / "nothing")).rerank("plan", passages("ten"))
    with pytest.raises(ModelError, match="gives 3 scores a pair"):
        Reranker(model_folder[3]).rerank("plan", passages("ten"))
