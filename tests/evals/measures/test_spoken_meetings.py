"""The figures on transcripts with gold files: what is matched, and what is refused."""

import json

import numpy as np
import pytest

from core.errors import DatasetError
from core.text.words import terms
from evals.measures.spoken_meetings import evaluate_spoken, matched, same_person

TRANSCRIPT = """WEBVTT

00:00:01.000 --> 00:00:04.000
<v Ana Lee>Hello, it's the 10th of March 2026. Could you send me the list of scanners?

00:00:05.000 --> 00:00:08.000
<v Bo Kim>Sure, tomorrow.
"""
GOLD = """
decisions: []
actions:
  - {owner: Bo Kim, task: send the list of scanners, due: 2026-03-11}
  - {owner: Ana Lee, task: call the landlord, due: null}
questions: []
"""


class WordEmbedder:
    """A vector of the words: the same words, the same direction."""

    name, dim, languages = "words", 512, ""

    def encode_texts(self, texts):
        rows = np.zeros((len(texts), self.dim), dtype=np.float32)
        for n, text in enumerate(texts):
            for word in terms(text):
                rows[n, sum(map(ord, word)) % self.dim] += 1
        return rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9)


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "01_call.vtt").write_text(TRANSCRIPT)
    (tmp_path / "01_gold.yaml").write_text(GOLD)
    return tmp_path


def test_shares_are_of_what_was_labelled_and_found(folder):
    report = evaluate_spoken(folder, WordEmbedder())
    assert (report["tasks_recall"], report["tasks_precision"]) == (0.5, 1.0)
    assert (report["owners_right"], report["due_right"]) == (1.0, 1.0)
    assert report["decisions_recall"] is None
    assert report["files"]["01_call.vtt"]["tasks"]["missed"] == ["Ana Lee: call the landlord | –"]
    json.dumps(report)


def test_one_item_is_used_for_one_label():
    item = {"task": "send the list of scanners", "owner": "Bo Kim", "due": ""}
    golds = [{"task": "send the list of scanners", "owner": "Bo Kim"}, {"task": "send the scanners", "owner": "Bo Kim"}]
    assert matched(golds, [item], WordEmbedder()) == [(0, 0)]
    assert matched([{"task": "paint the fence", "owner": "Bo Kim"}], [item], WordEmbedder()) == []


def test_a_title_or_a_first_name_is_the_same_person():
    assert same_person("Herr Wolff", "Wolff") and same_person("Dirk", "Dirk Haas")
    assert not same_person("Herr Wolff", "Herr Haas")


def test_a_folder_without_gold_and_a_gold_without_transcript_are_refused(folder, tmp_path_factory):
    with pytest.raises(DatasetError, match=r"NN_gold\.yaml"):
        evaluate_spoken(tmp_path_factory.mktemp("empty"), WordEmbedder())
    (folder / "01_call.vtt").unlink()
    with pytest.raises(DatasetError, match="no transcript beside it"):
        evaluate_spoken(folder, WordEmbedder())
