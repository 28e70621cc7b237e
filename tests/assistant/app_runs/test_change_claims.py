"""Sentences of change pass where both figures stand so in the sources, and are refused where they are turned round."""

import pytest

from apps.run.context import GivenSource
from assistant.app_runs.change_claims import told_change
from assistant.app_runs.reviewed_texts import TextReview
from core.settings import Settings

ROWS = """account › metrics: Loading time – series: 40 min (2025-Q4), 31 min (2026-Q1), 24 min (2026-Q2); last: 24 min (2026-Q2); difference: -7 min; target: 20
compared › worse: Returned crates – heading: Figures; before: 12 crates; after: 14 crates; target: 10; difference: 2 crates"""
TABLE = """| Measure | Q1 2026 | Q2 2026 | Target |
| --- | --- | --- | --- |
| Cold chain kept | 91 % | 96 % | 95 % |
| Late vans | 9 | 9 | 5 |"""
PROSE = """The toll was 48,000 EUR and becomes 51,600 EUR on 1 January 2027.
Der Ausschuss lag 2025 bei 2,4 % und liegt 2026 bei 1,9 %."""


@pytest.mark.parametrize(
    ("source", "true", "false"),
    [
        (ROWS, "Loading time fell from 31 to 24 minutes.", "Loading time rose from 24 to 31 minutes."),
        (ROWS, "Loading time fell from 40 to 24 minutes.", "Loading time is now 31 minutes, down from 40."),
        (ROWS, "Loading time fell by 7 minutes.", "Loading time rose by 7 minutes."),
        (ROWS, "Loading time is now 24 minutes.", "Loading time is now 31 minutes."),
        (
            ROWS,
            "Loading time is 24 min, still above its target of 20 min.",
            "At 24 min, loading time is below its target.",
        ),
        (ROWS, "There are two more returned crates than before.", "There are two fewer returned crates than before."),
        (ROWS, "Returned crates: 14 (12 before).", "Returned crates: 12 (14 before)."),
        (TABLE, "The cold chain kept rose by 5 points to 96 %.", "The cold chain kept rose by 15 points to 96 %."),
        (TABLE, "Cold chain kept: 96 %, up from 91 %.", "Cold chain kept: 91 %, down from 96 %."),
        (TABLE, "Late vans are unchanged at 9.", "Late vans fell to 9."),
        (
            TABLE,
            "The cold chain kept was 91 % in Q1 and 96 % in Q2.",
            "The cold chain kept was 96 % in Q1, 91 % in Q2.",
        ),
        (
            PROSE,
            "The toll will be 51,600 EUR instead of 48,000 EUR.",
            "The toll will be 48,000 EUR instead of 51,600 EUR.",
        ),
        (PROSE, "Der Ausschuss sank um 0,5 Punkte auf 1,9 %.", "Der Ausschuss stieg von 1,9 % auf 2,4 %."),
    ],
)
def test_a_change_is_told_as_the_source_has_it(source, true, false):
    assert told_change(true, [source]) is True
    assert told_change(false, [source]) is False


@pytest.mark.parametrize(
    "claim",
    ["The crates are blue.", "Returned crates did not rise from 12 to 14.", "Pallets rose from 12 to 19.", "It rose."],
)
def test_what_is_not_understood_is_left_to_the_other_checks(claim):
    assert told_change(claim, [ROWS, TABLE]) is None


def test_a_text_of_an_app_keeps_the_true_change_and_loses_the_turned_one(embedder):
    review = TextReview(embedder, None, Settings())
    text = "The cold chain kept rose by 5 points to 96 % [1].\n\nThe cold chain kept fell from 96 % to 91 % [1]."
    reviewed = review(text, [GivenSource(1, "Vans", TABLE)], "Say what changed.")
    assert "5 points" in reviewed.text and "fell" not in reviewed.text and len(reviewed.left_out) == 1
