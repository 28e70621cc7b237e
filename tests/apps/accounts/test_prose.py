"""Facts in running sentences, and tables that lie on their side."""

import pytest

from apps.accounts.prose import facts_in_prose, figures_in_prose
from apps.accounts.shapes import upright
from apps.compare.blocks import ComparedTable


@pytest.mark.parametrize(
    ("sentence", "facts"),
    [
        ("The agreement with the baths runs until 30 September 2027.", [("contract_end", "30 September 2027")]),
        ("Der Vertrag mit dem Hof läuft noch bis zum 31. März 2027.", [("contract_end", "31. März 2027")]),
        ("Either side may leave with three months' notice.", [("notice_period", "three months")]),
        ("Die Kündigungsfrist beträgt sechs Wochen.", [("notice_period", "sechs Wochen")]),
        ("The baths pay £84,600 a year for towels.", [("contract_value", "£84,600")]),
        ("The relationship is at risk since May.", [("health", "at risk")]),
        ("The runner runs until 6 o'clock and pays 3 coins.", []),
        ("A contract is signed on 3 May 2026.", []),
    ],
)
def test_a_sentence_says_facts_of_the_account(sentence, facts):
    assert list(facts_in_prose(sentence)) == facts


def test_a_figure_in_a_sentence_counts_with_its_target():
    found = list(figures_in_prose("The wait for deliveries was 31 hours, against a target of 24 hours.", "."))
    assert [(f.value, f.target) for f in found] == [(31.0, "24 hours")]
    assert list(figures_in_prose("There were 31 deliveries.", ".")) == []


def test_a_table_on_its_side_is_set_upright():
    table = ComparedTable(
        "", "", ("", "Sheets in time", "Stained pieces"), (("We owe", "98 %", "60"), ("We did", "95 %", "71"))
    )
    assert upright(table).rows == (("Sheets in time", "98 %", "95 %"), ("Stained pieces", "60", "71"))
    depots = ComparedTable("", "", ("Depot", "Vans"), (("North", "4"), ("South", "5")))
    assert upright(depots) is depots
