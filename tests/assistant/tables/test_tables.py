"""Questions in plain words over tables of other people's: what is counted, summed and compared, and what isn't."""

import pytest

from assistant.tables import calculated, planned, table_of
from assistant.tables.plan import understood

BOATS = table_of(
    (
        ("Boat", "Harbour", "Length (m)", "Fee", "Insured", "Launched"),
        ("Aster", "Kiel", "9.5", "€ 1,200.00", "yes", "2019-05-02"),
        ("Birte", "Kiel", "12", "€ 980.50", "no", "2021-10-11"),
        ("Cato", "Husum", "7", "€ 400.00", "yes", "2018-03-30"),
        ("Dora", "Husum", "11", "€ 1,510.00", "no", "2021-06-01"),
        ("Edda", "Wismar", "", "€ 0.00", "no", "2023-10-20"),
    ),
    "boats",
)
KOSTEN = table_of(
    (("Posten", "Betrag", "Fällig"), ("Dach", "1.250,40", "03.08.2026"), ("Tür", "99,60", "01.02.2026")), "kosten"
)


@pytest.mark.parametrize(
    ("question", "value", "rows"),
    [
        ("How many boats are in Kiel?", "2", (0, 1)),
        ("how many aren't insured", "3", (1, 3, 4)),
        ("number of uninsured boats in Husum", "1", (3,)),
        ("how many are not in Kiel?", "3", (2, 3, 4)),
        ("total fee in Kiel", "€ 2,180.50", (0, 1)),
        ("average length", "9.88", (0, 1, 2, 3)),
        ("which boat has the highest fee?", "€ 1,510.00", (3,)),
        ("which one is the longest", "12", (1,)),
        ("the oldest boat", "2018-03-30", (2,)),
        ("how many were launched in October?", "2", (1, 4)),
        ("how many were launched in October 2021?", "1", (1,)),
        ("how many boats launched since 2021-06-01", "3", (1, 3, 4)),
        ("boats with a fee above 1,000", "", (0, 3)),
        ("boats under 500 euros?", "", (2, 4)),
        ("list the boats in Wismar", "", (4,)),
        ("how many boats are in Wismar and Husum", "3", (2, 3, 4)),
    ],
)
def test_rows_are_filtered_counted_summed_and_compared(question: str, value: str, rows: tuple[int, ...]) -> None:
    assert BOATS is not None
    plan = planned(question, BOATS)
    assert plan is not None, understood(question, BOATS)
    outcome = calculated(plan)
    assert (outcome.value, outcome.rows) == (value, rows)


@pytest.mark.parametrize(
    ("question", "groups"),
    [
        ("how many boats per harbour?", (("Kiel", "2"), ("Husum", "2"), ("Wismar", "1"))),
        ("total fee by harbour", (("Kiel", "€ 2,180.50"), ("Husum", "€ 1,910.00"), ("Wismar", "€ 0.00"))),
    ],
)
def test_groups_have_a_result_each(question: str, groups: tuple[tuple[str, str], ...]) -> None:
    assert BOATS is not None
    plan = planned(question, BOATS)
    assert plan is not None and calculated(plan).groups == groups


@pytest.mark.parametrize(
    "question",
    [
        "how many captains does the harbour master pay",
        "who owns Birte?",
        "what is the average salary in Kiel",
        "What does the fee include?",
        "how much did the storm cost",
    ],
)
def test_a_question_about_something_else_is_not_calculated(question: str) -> None:
    assert BOATS is not None
    assert planned(question, BOATS) is None


def test_a_decimal_comma_and_days_with_points_are_read_and_written() -> None:
    assert KOSTEN is not None
    total = planned("Wie hoch ist die Summe der Beträge?", KOSTEN)
    assert total is not None and calculated(total).value == "1.350,00"
    first = planned("Was ist zuerst fällig?", KOSTEN)
    assert first is not None, understood("Was ist zuerst fällig?", KOSTEN) and calculated(first).rows == (1,)


def test_what_has_no_header_or_uneven_rows_is_no_table() -> None:
    assert table_of((("only",), ("one",)), "x") is None
    assert table_of((("a", "b"), ("1",)), "x") is None
