"""What the model that reads claims with their sources is trained on."""

import json
from pathlib import Path

from evals.fitting.claims import made_up, real
from evals.fitting.claims.__main__ import HAND
from evals.fitting.claims.texts import written

PASSAGES = [*written((*HAND, "unseen1", "unseen2"), {})]


def test_each_written_passage_has_claims_that_it_says_and_that_it_doesnt() -> None:
    assert all({claim.said for claim in passage.claims} == {True, False} for passage in PASSAGES)
    assert len({passage.id for passage in PASSAGES}) == len(PASSAGES)
    assert {claim.language for passage in PASSAGES for claim in passage.claims} == {"en", "de", "es", "fr"}


def test_what_is_unseen_shares_no_claim_with_what_is_trained_on() -> None:
    unseen = {claim.claim for p in written(("unseen1", "unseen2"), {}) for claim in p.claims}
    assert not unseen & {claim.claim for p in written(HAND, {}) for claim in p.claims}


def test_made_up_passages_are_the_same_each_time_and_leave_no_slot_open() -> None:
    pairs = list(made_up.passages(300, 1))
    assert pairs == list(made_up.passages(300, 1))
    assert not any("{" in pair.claim + pair.text for pair in pairs)
    assert {(pair.language, pair.said) for pair in pairs} == {(x, y) for x in made_up.LANGUAGES for y in (True, False)}


def test_a_false_claim_of_a_real_text_isnt_its_sentence(tmp_path: Path) -> None:
    (tmp_path / "xquad").mkdir()
    texts = {
        "en": "The bridge was opened in 1932 and is 240 metres long. It was not built by Anna Berg.",
        "de": "Die Brücke wurde 1932 eröffnet und ist 240 Meter lang. Sie wurde nicht von Anna Berg gebaut.",
        "es": "El puente fue abierto en 1932 y mide 240 metros de largo. No fue construido por Anna Berg, sino por otros.",
    }
    rows = [{"id": f"{language}-p500", "title": "Bridge", "text": text} for language, text in texts.items()]
    (tmp_path / "xquad" / "corpus.jsonl").write_text("\n".join(map(json.dumps, rows)))
    pairs = list(real.pairs(tmp_path, 1))
    false = [pair for pair in pairs if not pair.said]
    assert {pair.group for pair in pairs} == {"xquad", "cross"}
    assert false
    assert not any(pair.claim in text for pair in false for text in texts.values())
