"""Close reading: sketches keep which passage is nearest, and the order follows from three scores."""

from __future__ import annotations

import math

import numpy as np
import pytest

from retrieval.models.late_interaction import RUN_TOKENS, STOP_WORD_SHARE, similarities, sketch, word_shares
from retrieval.ranking.fusion import Candidate, LateInteraction, combine


def tokens(count: int, seed: int, dim: int = 384) -> np.ndarray:
    vectors = np.random.default_rng(seed).standard_normal((count, dim)).astype(np.float32)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def alike(count: int) -> np.ndarray:
    return np.ones(count, np.float32)


def test_a_passage_that_holds_the_questions_words_is_nearest():
    question = tokens(5, seed=1)
    with_them = np.concatenate([tokens(60, seed=2), np.repeat(question, RUN_TOKENS, axis=0)])
    scores = similarities(
        question, [sketch(tokens(75, seed=3)), sketch(with_them), sketch(tokens(75, seed=4))], alike(5)
    )
    assert scores.argmax() == 1
    assert scores[1] > 0.7 > scores[0]


def test_signs_find_the_passage_that_says_it_in_other_words():
    question = tokens(8, seed=1)
    said = question + 0.08 * np.random.default_rng(9).standard_normal(question.shape).astype(np.float32)
    passages = [tokens(60, seed=n) for n in range(2, 42)]
    passages[17] = np.concatenate([passages[17][:30], np.repeat(said, RUN_TOKENS, axis=0)])
    assert similarities(question, [sketch(p) for p in passages], alike(8)).argmax() == 17


def test_a_sketch_takes_48_bytes_a_run_and_none_for_no_text():
    assert len(sketch(tokens(7, seed=1))) == 3 * 48
    assert sketch(np.zeros((0, 384), np.float32)) == b""


def test_what_is_not_known_is_nan():
    found = similarities(tokens(3, seed=1), [None, sketch(tokens(9, seed=2)), b""], alike(3))
    assert [math.isnan(score) for score in found] == [True, False, True]
    assert np.isnan(similarities(tokens(3, seed=1), [], alike(3))).sum() == 0


def test_words_count_more_than_stop_words_and_punctuation():
    question = "Who signs?"
    begins, ends = np.array([0, 4, 8, 9]), np.array([3, 8, 9, 10])  # who | sign | s | ?
    shares = word_shares(question, begins, ends, "en")
    assert shares.tolist() == pytest.approx([STOP_WORD_SHARE, 1, 1, STOP_WORD_SHARE])
    assert word_shares("die Frist", np.array([0, 4]), np.array([3, 9]), "de").tolist()[0] < 1
    assert word_shares("die Frist", np.array([0, 4]), np.array([3, 9]), "en").tolist() == [1, 1]
    assert word_shares("?", np.array([0]), np.array([1]), "").tolist() == pytest.approx([STOP_WORD_SHARE])


def test_the_word_decides_where_only_one_of_two_is_found():
    question, other = tokens(2, seed=1), tokens(60, seed=2)
    stop, word = (sketch(np.concatenate([other, np.repeat(q[None], RUN_TOKENS, axis=0)])) for q in question)
    shares = np.array([STOP_WORD_SHARE, 1], np.float32)
    with_stop, with_word = similarities(question, [stop, word], shares)
    assert with_word > with_stop + 0.1


def late_interaction(name: str, text: float, vector: float | None, words: float) -> LateInteraction:
    return LateInteraction(Candidate(name, text, vector, 1.0), text, vector, words)


def test_three_scores_decide_together_and_the_rest_follows():
    rest = [Candidate("z", None, 0.1, 1.9)]
    order = combine(
        [late_interaction("a", 1, 0.2, 0.2), late_interaction("b", 9, 0.7, 0.6), late_interaction("c", 5, 0.3, 0.5)],
        rest,
    )
    assert [c.id for c in order] == ["b", "c", "a", "z"]
    assert [c.relevance for c in order] == sorted((c.relevance for c in order), reverse=True)
    assert order[0].fused == 1.0  # the fused score stays to be explained


@pytest.mark.parametrize("unknown", [math.nan, 0.4])
def test_a_candidate_whose_words_are_unknown_counts_as_average(unknown):
    order = combine(
        [
            late_interaction("a", 1, 0.2, 0.3),
            late_interaction("b", 2, 0.3, unknown),
            late_interaction("c", 3, 0.4, 0.5),
        ],
        [],
    )
    assert [c.id for c in order] == ["c", "b", "a"]


def test_equal_candidates_keep_their_fused_order():
    same = [late_interaction("a", 1, None, math.nan), late_interaction("b", 1, None, math.nan)]
    assert [c.id for c in combine(same, [])] == ["a", "b"]


def test_between_languages_neither_bm25_nor_single_words_outvote_the_vector():
    foreign = [
        LateInteraction(Candidate("near", 0.0, 0.9, 1.0), 0.0, 0.9, 0.30, foreign=True),
        LateInteraction(Candidate("words", 9.0, 0.5, 1.0), 9.0, 0.5, 0.35, foreign=True),
        LateInteraction(Candidate("far", 1.0, 0.4, 1.0), 1.0, 0.4, 0.20, foreign=True),
    ]
    assert combine(foreign, [])[0].id == "near"
    assert combine([c._replace(foreign=False) for c in foreign], [])[0].id == "words"
