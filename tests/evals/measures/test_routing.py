"""Reading intent sets in each layout, and the measures over decisions."""

import json

import numpy as np
import pytest

from assistant.routing.intents import Decision
from core.errors import DatasetError
from evals.measures.intents import LabelledRequest, load_intent_set, read_requests
from evals.measures.routing import calibration_error, evaluate_routing, macro_f1
from tests.retrieval.fakes import WordEmbedder


def decided(label, confidence=1.0):
    return Decision(label, confidence, ((label or "a", confidence),))


def test_reads_jsonl_csv_and_tsv_alike(tmp_path):
    (tmp_path / "train.tsv").write_text('text\tlabel\n"A quoted\tcell"\tBilling\n', encoding="utf-8")
    (tmp_path / "test.csv").write_text("text,category\nwhere is it,oos\n", encoding="utf-8")
    (tmp_path / "val_small.jsonl").write_text(json.dumps({"text": "hi", "intent": "greet"}) + "\n\n", encoding="utf-8")
    judged = load_intent_set(tmp_path, "test")
    assert judged.train == (LabelledRequest("A quoted\tcell", "Billing"),)
    assert judged.split == (LabelledRequest("where is it", None),)
    assert load_intent_set(tmp_path, "val").split == (LabelledRequest("hi", "greet"),)


def test_a_wrong_line_is_named(tmp_path):
    file = tmp_path / "train.jsonl"
    file.write_text('{"text": "a", "intent": "b"}\n{"text": "a"}\n', encoding="utf-8")
    with pytest.raises(DatasetError, match=r"train.jsonl line 2 .*'intent'"):
        read_requests(file)


def test_a_missing_split_names_what_is_there(tmp_path):
    (tmp_path / "train.jsonl").write_text('{"text": "a", "intent": "b"}\n', encoding="utf-8")
    with pytest.raises(DatasetError, match=r"has no dev.jsonl.*it has train.jsonl"):
        load_intent_set(tmp_path, "dev")


def test_macro_f1_counts_each_intent_the_same_and_punishes_wrong_acceptance():
    requests = [LabelledRequest("", "a")] * 3 + [LabelledRequest("", "b"), LabelledRequest("", None)]
    perfect = [decided("a")] * 3 + [decided("b"), decided(None)]
    assert macro_f1(requests, perfect) == 1.0
    greedy = [decided("a")] * 3 + [decided("b"), decided("b")]
    assert macro_f1(requests, greedy) == pytest.approx((1 + 2 / 3) / 2, abs=1e-4)


def test_calibration_error_is_the_gap_between_confidence_and_being_right():
    requests = [LabelledRequest("", "a")] * 4
    decisions = [decided("a", 0.5), decided("a", 0.5), decided("b", 0.5), decided("b", 0.5)]
    assert calibration_error(requests, decisions) == 0.0
    assert calibration_error(requests, [decided("b", 0.9)] * 4) == pytest.approx(0.9)


def test_a_learned_set_is_decided_and_timed(tmp_path):
    subjects = ["invoice", "refund", "charge", "price", "bill"], ["parcel", "truck", "route", "box", "pallet"]
    lines = [
        {"text": f"about the {noun} {verb}", "intent": intent}
        for intent, nouns in zip(("money", "freight"), subjects, strict=True)
        for noun in nouns
        for verb in ("today", "again", "please")
    ]
    lines += [{"text": f"weather sunny number {n} sky", "intent": "oos"} for n in range(10)]
    (tmp_path / "train.jsonl").write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
    asked = [("my invoice please", "money"), ("which truck again", "freight"), ("sunny sky weather", "oos")]
    (tmp_path / "val.jsonl").write_text(
        "\n".join(json.dumps({"text": t, "intent": i}) for t, i in asked), encoding="utf-8"
    )
    report = evaluate_routing(load_intent_set(tmp_path, "val"), WordEmbedder())
    assert (report.accuracy, report.oos_recall, report.intents) == (1.0, 1.0, 2)
    assert 0 <= report.ece <= 1
    assert np.isfinite(report.p50_ms)
