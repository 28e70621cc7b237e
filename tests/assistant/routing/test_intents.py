"""The intent classifier on words with fake vectors, and on real requests where they are."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from sklearn.feature_extraction.text import TfidfVectorizer

from assistant.routing.fitting import _Solved, fit_intents
from assistant.routing.ngrams import Ngrams, letter_ngrams, word_ngrams
from core.errors import DatasetError
from evals.measures.intents import load_intent_set
from evals.measures.routing import evaluate_routing
from tests.retrieval.fakes import vector_of, vectors_of

ROOT = Path(__file__).resolve().parents[3]

EXAMPLES = {
    "mail": ["write an email to the customer", "draft an email reply", "send an email after the call"],
    "compare": ["compare both reports", "compare the two health checks", "what changed compare versions"],
    None: ["how long do we keep logs", "who is the owner of the policy", "when is the office closed"],
}


@pytest.fixture(scope="module")
def classifier():
    texts = [t for group in EXAMPLES.values() for t in group]
    labels = [label for label, group in EXAMPLES.items() for _ in group]
    return fit_intents(texts, labels, vectors_of(texts))


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("please draft an email to the customer", "mail"),
        ("compare these two reports", "compare"),
        ("how long do we keep the policy logs", None),
        ("zebra quantum violin", None),
    ],
)
def test_decides(classifier, text, label):
    decision = classifier.decide(text, vector_of(text))
    assert decision.label == label
    assert 0 <= decision.confidence <= 1
    assert sum(p for _, p in decision.ranked) <= 1 + 1e-9


def test_one_and_many_decide_alike(classifier):
    texts = ["draft an email", "compare reports", "nothing of that"]
    together = classifier.decide_all(texts, vectors_of(texts))
    assert [d.label for d in together] == [classifier.decide(t, vector_of(t)).label for t in texts]


def test_held_out_scores_are_those_of_a_classifier_that_never_saw_the_example():
    # The closed form must agree with fitting again without the block.
    chance = np.random.default_rng(1)
    vectors = chance.normal(size=(9, 4))
    kernel, targets = vectors @ vectors.T, np.eye(3)[np.arange(9) % 3]
    inverse = np.linalg.inv(kernel + 0.2 * np.eye(9))
    held_out = _Solved(inverse, targets, inverse @ targets).without(np.array([0, 4]))
    rest = [i for i in range(9) if i not in (0, 4)]
    again = np.linalg.solve(kernel[np.ix_(rest, rest)] + 0.2 * np.eye(7), targets[rest])
    assert np.allclose(held_out, kernel[np.ix_([0, 4], rest)] @ again)


def test_examples_without_any_intent_are_refused():
    with pytest.raises(DatasetError, match="No training example has an intent"):
        fit_intents(["a"], [None], vectors_of(["a"]))


def test_insurance_tickets_find_their_intent(shared_data, embedder):
    judged = load_intent_set(shared_data / "intents" / "insurance_tickets", "test")
    report = evaluate_routing(judged, embedder)
    assert report.accuracy >= 0.9


def test_examples_without_a_word_are_refused():
    with pytest.raises(DatasetError, match="The 2 training examples hold no word"):
        fit_intents(["…", "!"], ["a", "b"], vectors_of(["…", "!"]))


def test_ngrams_in_numpy_are_those_that_were_fitted():
    texts = ["Write the e-mail", "write a mail, a long mail", "Who owns it?", "…"]
    usual = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, token_pattern=r"\w+")
    letters = TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 5), sublinear_tf=True)
    for theirs, cut in ((usual, word_ngrams), (letters, letter_ngrams)):
        wanted = theirs.fit_transform(texts)
        ours = Ngrams(theirs.get_feature_names_out().tolist(), theirs.idf_, cut)
        for seen in (texts, ["mail the owners", "xyz"]):
            other = (theirs.transform(seen) @ wanted.T).toarray()
            np.testing.assert_allclose(ours.times(seen, wanted.T.toarray()), other)


def test_deciding_needs_no_scikit_learn(tmp_path, classifier):
    np.savez(tmp_path / "fitted.npz", **classifier.arrays())
    code = (
        "import sys, numpy\n"
        "import assistant.routing.router\n"
        "from assistant.routing.intents import IntentClassifier\n"
        f"known = IntentClassifier.from_arrays(dict(numpy.load({str(tmp_path / 'fitted.npz')!r})))\n"
        "assert known.decide('compare both reports', known.vectors[3]).label == 'compare'\n"
        "print({'sklearn', 'scipy'} & set(sys.modules))"
    )
    result = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert result.stdout == "set()\n", result.stderr
