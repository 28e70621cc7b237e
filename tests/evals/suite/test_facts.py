import pytest

from evals.suite.facts import other_number, says


@pytest.mark.parametrize(
    ("text", "fact"),
    [
        ("Raw telemetry is kept for **90 days**.", "90 days"),
        ("The price is 629.280 EUR per year.", "EUR 629,280"),
        ("Kept for: 24 months; Starts: closing", "24 months"),
        ("Der Wert sank auf 4,3 Prozent.", "4.3%"),
        ("Work starts at 9:30 | welcome", "9:30"),
        ("About 102 of 120 hours were used.", "102 of 120"),
        ("It is valid until 31 March 2027.", "2027-03-31 | 31 March 2027"),
    ],
)
def test_a_fact_is_found_however_it_is_written(text, fact):
    assert says(text, fact)


@pytest.mark.parametrize(
    ("text", "fact"),
    [
        ("Raw telemetry is kept for 190 days.", "90 days"),
        ("Kept for 90 hours.", "90 days"),
        ("It took 11.5 minutes.", "11"),
        ("The report has 90 pages. It took two days.", "90 days"),
        ("Zurich", "Zürich and Frankfurt"),
        ("", "90 days"),
    ],
)
def test_what_only_looks_alike_is_no_fact(text, fact):
    assert not says(text, fact)


def test_another_number_in_the_same_unit_is_named():
    assert other_number("Kept for 180 days.", "90 days") == "180"
    assert other_number("Kept for 90 days, in 2 regions.", "90 days") == ""
    assert other_number("Kept in 2 regions.", "90 days") == ""


def test_another_day_is_no_contradiction():
    assert other_number("He answers by 5 November.", "25 November") == ""
    assert other_number("Bis 5. Dezember.", "3. Dezember") == ""
