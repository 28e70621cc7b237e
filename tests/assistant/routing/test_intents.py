"""The intent classifier on words with fake vectors, and on real requests where they are."""

import numpy as np
import pytest

from assistant.routing.intents import IntentClassifier
from assistant.routing.ngrams import Ngrams, letter_ngrams, word_ngrams
from core.errors import DatasetError
from core.settings import Settings
from evals.measures.intents import load_intent_set
from evals.measures.routing import evaluate_routing
from retrieval.models.embed import open_embedder
from tests.retrieval.fakes import vector_of, vectors_of

EXAMPLES = {
    "mail": ["write an email to the customer", "draft an email reply", "send an email after the call"],
    "compare": ["compare both reports", "compare the two health checks", "what changed compare versions"],
    None: ["how long do we keep logs", "who is the owner of the policy", "when is the office closed"],
}


@pytest.fixture(scope="module")
def classifier():
    texts = [t for group in EXAMPLES.values() for t in group]
    labels = [label for label, group in EXAMPLES.items() for _ in group]
    return IntentClassifier(texts, labels, vectors_of(texts))


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
    texts = [t for group in EXAMPLES.values() for t in group]
    labels = [label for label, group in EXAMPLES.items() for _ in group]
    whole = IntentClassifier(texts, labels, vectors_of(texts))
    near = whole._near(vectors_of(texts).astype(float))
    targets = np.array([[label == name for name in whole.labels] for label in labels], float)
    lexical = whole._words.of(texts), whole._letters.of(texts)
    kernel = near + 0.1 * (lexical[0] @ lexical[0].T).toarray() + 0.1 * (lexical[1] @ lexical[1].T).toarray()
    inverse = np.linalg.inv(kernel + 0.2 * np.eye(len(texts)))
    without = whole._without(inverse, targets, np.array([0, 4]))
    rest = [i for i in range(len(texts)) if i not in (0, 4)]
    again = np.linalg.solve(kernel[np.ix_(rest, rest)] + 0.2 * np.eye(len(rest)), targets[rest])
    assert np.allclose(without, kernel[np.ix_([0, 4], rest)] @ again)


def test_examples_without_any_intent_are_refused():
    with pytest.raises(DatasetError, match="No training example has an intent"):
        IntentClassifier(["a"], [None], vectors_of(["a"]))


def test_insurance_tickets_find_their_intent(shared_data, tmp_path):
    judged = load_intent_set(shared_data / "intents" / "insurance_tickets", "test")
    report = evaluate_routing(judged, open_embedder(Settings(data_dir=tmp_path)))
    assert report.accuracy >= 0.9


def test_ngrams_are_those_of_the_usual_tf_idf():
    from sklearn.feature_extraction.text import TfidfVectorizer

    texts = ["Write the e-mail", "write a mail, a long mail", "Who owns it?", "…"]
    usual = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, token_pattern=r"\w+")
    letters = TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 5), sublinear_tf=True)
    for theirs, cut in ((usual, word_ngrams), (letters, letter_ngrams)):
        wanted = theirs.fit_transform(texts)
        ours = Ngrams(texts, cut)
        own = ours.of(texts)
        np.testing.assert_allclose((own @ own.T).toarray(), (wanted @ wanted.T).toarray())
        unseen = ["mail the owners", "xyz"]
        other = (theirs.transform(unseen) @ wanted.T).toarray()
        np.testing.assert_allclose((ours.of(unseen) @ own.T).toarray(), other)
        np.testing.assert_allclose(ours.times(unseen, own.T.toarray()), other)
