"""A question about one customer isn't answered with another one's figures."""

import pytest

from assistant.answers.reading.subject import concerns_another
from core.text.detect import detect_language
from core.types import Chunk


def passage(text, title="Contract", customer=""):
    metadata = {"customer": customer} if customer else {}
    return Chunk(
        id="c", document_id="d", ordinal=0, text=text, source="s", title=title, url="", allow=frozenset(), deny=frozenset(),
        metadata=metadata,
    )  # fmt: skip


CONTRACT = passage("Annual recurring revenue: 525,000 EUR", customer="Brightwater Foods")
INCIDENT = passage("INC-2026-0224: root cause: an expired certificate", customer="Brightwater Foods")


@pytest.mark.parametrize(
    ("question", "found", "another"),
    [
        ("What is the annual recurring revenue of Alpenbank?", CONTRACT, True),
        ("What is the annual recurring revenue of Brightwater?", CONTRACT, False),
        ("And the annual recurring revenue?", CONTRACT, False),
        ("What is the annual recurring revenue of Alpenbank?", passage("Revenue is in the contract."), False),
        ("What was the root cause of incident INC-2026-0252?", INCIDENT, True),
        ("What was the root cause of incident INC-2026-0224?", INCIDENT, False),
        ("What was the root cause of inc-2026-0224?", INCIDENT, False),
        ("How do INC-2026-0252 and INC-2026-0224 differ?", INCIDENT, False),
        ("Welche Laufzeit hat der Vertrag?", CONTRACT, False),
    ],
)
def test_who_a_passage_is_about(question, found, another):
    assert concerns_another(question, found, detect_language(question)) is another


def test_accents_and_case_do_not_matter():
    assert not concerns_another("¿Qué ingresos tiene énergie nord?", passage("Ingresos", customer="Énergie Nord"), "es")
