"""Reports whose template changed: figures by name and value, statements by what they are about."""

import pytest

from apps.compare import compare, read_report
from apps.compare.amounts import figures_in_sentence
from apps.compare.meaning import assigned, name_other_things, shared_words
from apps.compare.periods import is_period, periods_in
from apps.compare.shape import shaped
from apps.compare.units import measure_of
from apps.compare.words import bound_of, role_of
from ingestion.parse import parse


def table(*rows):
    head, *body = rows
    return "\n".join(f"| {' | '.join(row)} |" for row in [head, ["-"] * len(head), *body]) + "\n\n"


def compared(before, after, directions=None, embed=None):
    reports = [read_report(parse(text.encode(), "report.md")) for text in (before, after)]
    return compare(*reports, directions or {}, embed)


def figures(found):
    return {m.name: (m.before_text, m.after_text, m.verdict) for m in found.metrics}


PLAIN = table(["Metric", "Value", "Target"], ["Uptime", "98.5%", "99%"], ["Repair time", "4.5 h", "3 h"])


@pytest.mark.parametrize(
    "after",
    [
        # The columns have changed places and names, and a target is no value.
        table(["KPI", "Goal", "Actual"], ["Time to repair", "180 min", "210 min"], ["Uptime (%)", "99", "98.9"]),
        # The newest period is the current one, wherever it stands.
        table(
            ["KPI", "Q2 2026", "Q1 2026", "Target"],
            ["Uptime", "0.989", "0.985", "0.99"],
            ["Repair time", "3.5 h", "4.5 h", "3 h"],
        ),
        # On its side.
        table(["", "Uptime", "Repair time"], ["Target", "99%", "3 h"], ["May 2026", "98%", "5 h"], ["June 2026", "98.9%", "3.5 h"]),
        "- Uptime: 98.9% (target 99%)\n- Repair time: 210 min (target 180 min)\n",
        "Uptime was 98.9 % in June. Repair time fell from 4.5 h to 3.5 h, against a target of 3 h.\n",
    ],
    ids=["renamed", "periods", "on its side", "bullets", "prose"],
)  # fmt: skip
def test_a_figure_is_found_in_whatever_form_it_comes(after):
    found = compared(PLAIN, after)
    moved = {m.verdict: round((m.after - m.before) / m.before, 3) for m in found.metrics if m.verdict != "same"}
    assert len(found.metrics) == 2
    assert {m.verdict for m in found.metrics} == {"better"}, moved
    assert not [c for c in found.changes if not c.as_figure and c.nature != "wording"]


def test_rows_of_one_table_are_found_under_the_headings_of_several():
    before = table(["Depot", "Punctuality", "Breakdowns"], ["North", "88%", "14"], ["South", "91%", "9"])
    halves = [
        f"## {name}\n\n" + table(["Measure", "Value"], ["Punctuality", a], ["Breakdowns", b])
        for name, a, b in (("South", "89%", "12"), ("North", "90%", "11"))
    ]
    assert figures(compared(before, "# Depots\n\n" + "".join(halves))) == {
        "North, Punctuality": ("88%", "90%", "better"),
        "South, Punctuality": ("91%", "89%", "worse"),
        "North, Breakdowns": ("14", "11", "better"),
        "South, Breakdowns": ("9", "12", "worse"),
    }


def test_names_with_another_word_are_other_figures():
    before = table(["KPI", "Value", "Target"], ["Phishing click rate", "12%", "5%"], ["Open tickets", "120", "50"])
    after = table(["Target", "KPI", "Value"], ["20%", "Phishing report rate", "13%"], ["90", "Closed tickets", "118"])
    assert compared(before, after).metrics == ()
    renamed = table(["Target", "KPI", "Value"], ["50", "Unsolved tickets", "118"])
    assert figures(compared(before, renamed)) == {"Unsolved tickets": ("120", "118", "better")}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("Visitors must register at the gate.", "Visitors no longer have to register at the gate."),
        ("The night shift is staffed.", "The night shift is unstaffed."),
        ("Die Protokolle werden nicht ausgewertet.", "Die Protokolle werden ausgewertet."),
        ("El contrato está aprobado.", "El contrato no está aprobado."),
        ("Le contrat est valable.", "Le contrat n'est plus valable."),
    ],
)
def test_a_statement_that_is_turned_round_is_told(before, after):
    (change,) = compared(f"Other things stay.\n\n{before}", f"{after}\n\nOther things stay.").changes
    assert (change.kind, change.nature, change.before, change.after) == ("changed", "flip", before, after)


def test_a_cell_is_turned_round_and_a_day_slips():
    head, other = ["Asset", "Condition", "Next check"], ["Due", "Asset", "State"]
    found = compared(
        table(head, ["Lift", "covered by warranty", "12 May 2026"]),
        table(other, ["12 May 2027", "Lift", "not covered by warranty"]),
    )
    assert {(c.nature, c.before, c.after) for c in found.changes} == {
        ("flip", "covered by warranty", "not covered by warranty"),
        ("amount", "12 May 2026", "12 May 2027"),
    }


def test_what_moved_to_another_section_is_no_change():
    found = compared("# A\n\nThe pump works. The lift fails.", "# B\n\nThe lift fails.\n\n# C\n\nThe pump works.")
    assert found.changes == ()


def test_vectors_join_what_words_dont():
    same = {"Our lift is out of order.", "The elevator works again."}

    def embed(texts):
        import numpy as np

        return np.array([[1.0, 0.0] if text in same else [0.0, 1.0] for text in texts], np.float32)

    before, after = "Our lift is out of order. Ann leads.", "Bo follows us. The elevator works again."
    assert {c.kind for c in compared(before, after).changes} == {"added", "removed"}
    (pair, *others) = compared(before, after, embed=embed).changes
    assert {pair.before, pair.after} == same
    assert len(others) == 1


def test_swapped_and_unrelated_reports_are_told():
    early, late = "# Report March 2026\n\n" + PLAIN, "# Report June 2026\n\n" + PLAIN
    assert compared(late, early).swapped
    assert not compared(early, late).swapped
    menu = "# Menu\n\n" + "".join(
        f"Dish {n} has {word}.\n\n" for n, word in enumerate("leek rice tofu cod fig plum".split())
    )
    yard = "# Yard\n\n" + "".join(f"{word} grows by the wall.\n\n" for word in "Ivy Moss Fern Oak Elm Yew".split())
    assert compared(menu, yard).unrelated
    assert not compared(early, late).unrelated


def test_which_way_is_better_is_declared_or_said_by_the_target():
    def one(name, before, after, target, directions=None):
        pair = [table(["KPI", "Value", "Target"], [name, value, target]) for value in (before, after)]
        (metric,) = compared(*pair, directions).metrics
        return metric.verdict, metric.approach, metric.on_target

    assert one("Gizmos", "5", "8", "10") == ("changed", "closer", None)
    assert one("Gizmos", "5", "8", "10", {"gizmos": "lower"}) == ("worse", "closer", True)
    assert one("Gizmos", "5", "8", "≥ 10") == ("better", "closer", False)
    assert one("Gizmos", "5", "8", "max. 10") == ("worse", "closer", True)
    assert one("Gizmos", "5", "8", "0")[0] == "worse"
    assert one("Gizmos", "95%", "97%", "100%")[0] == "better"
    rows = [
        ["KPI", "Value", "Target", "State"],
        ["Gizmos", "5", "10", "off target"],
        ["Gizmos", "8", "10", "off target"],
    ]
    (metric,) = compared(table(rows[0], rows[1]), table(rows[0], rows[2])).metrics
    assert metric.verdict == "better"


@pytest.mark.parametrize(
    ("text", "measures", "factor"),
    [
        ("Stunden", "time", 3600), ("k€", "EUR", 1e3), ("T€", "EUR", 1e3), ("Mio. €", "EUR", 1e6), ("GB/day", "data", 1e9),
        ("per cent", "share", 1), ("m³", "volume", 1e3), ("million", "", 1e6),
    ],
)  # fmt: skip
def test_units_of_several_languages(text, measures, factor):
    assert measure_of(text) == (measures, factor)


def test_a_unit_that_nobody_knows_is_none():
    assert measure_of("incidents") is None


@pytest.mark.parametrize(
    ("heading", "end"),
    [("Q2 2026", 186), ("2. Quartal 2026", 186), ("1.er trimestre de 2026", 93), ("KW 14 2026", 98), ("2026-03", 93), ("juin 2026", 186)],
)  # fmt: skip
def test_periods(heading, end):
    assert is_period(heading)
    assert periods_in(heading)[-1] == (2026, end)


@pytest.mark.parametrize("heading", ["Target", "Customers since 2019", "Market", "Goal Q3", ""])
def test_what_is_no_period(heading):
    assert not is_period(heading)


def test_words_of_columns_and_targets():
    assert [role_of(h) for h in ("Zielwert", "Actual", "Target value", "Previous month", "Owner", "#", "")] == [
        "target", "value", "target", "previous", None, "number", None,
    ]  # fmt: skip
    assert bound_of("≥ 95 %") == ("higher", "95 %")
    assert bound_of("minutes") == ("neither", "minutes")


def test_days_in_the_first_column_dont_turn_a_table():
    report = read_report(
        parse(table(["Due", "Task"], ["12 May 2026", "Paint"], ["3 June 2026", "Mow"]).encode(), "a.md")
    )
    assert shaped(report.tables[0]).name(1) == "Mow"


def test_names():
    assert shared_words("Mean time to respond", "MTTR") > 0.9
    assert shared_words("Waiting time in the emergency room", "ER waiting time") > 0.8
    assert shared_words("Customer complaints", "Customer compliance") < 0.6
    assert name_other_things("Gross margin", "Net margin")
    assert not name_other_things("Sensor coverage", "Endpoint sensor coverage (%)")
    assert assigned([[0.9, 0.8], [0.8, 0.0]]) == [(0, 1), (1, 0)]


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        ("Bed occupancy rose from 88 % to 91 %, against a target of 85 %.", [("Bed occupancy", "91 %", "85 %")]),
        ("Visitors rose to 9,310 in June 2026.", [("Visitors in June 2026", "9,310", "")]),
        (
            "Revenue was €1.4 million and 45 people work here.",
            [("Revenue", "€1.4 million", ""), ("people work", "45", "")],
        ),
        ("The audit takes place on 3 May 2026.", []),
        ("From 5 to 7 of the 9 pumps leak.", []),
    ],
)
def test_figures_in_a_sentence(sentence, expected):
    found = figures_in_sentence(sentence, ".", ("sentence", 0, 0), "")
    assert [(f.name, f.written, f.target) for f in found] == expected


def test_figures_of_a_new_template_are_found_beside_periods_asides_and_units():
    before = "# Vans, Q1 2026\n\n" + table(
        ["Figure", "Q4 2025", "Q1 2026", "Target"],
        ["Trips on time", "90 %", "91 %", "95 %"],
        ["Loading time", "7.5 h", "6.0 h", "5 h"],
    )
    before += "## Depots\n\n" + table(["Depot", "Vans", "Revenue"], ["North", "9", "31 k€"], ["South", "7", "22 k€"])
    after = (
        "# Vans, second quarter 2026\n\n- Trips that were on time: 94 % (we aim for 95 %)\n"
        "- Mean time to load was 290 minutes, against 5 hours agreed\n\n## By depot\n\n"
    )
    after += table(["Depot", "Turnover (€)", "Vans"], ["South", "24,000", "7"], ["North", "30,100", "8"])
    found = figures(compared(before, after))
    assert found["Trips that were on time"] == ("91 %", "94 %", "better")
    assert any(said[:2] == ("6.0 h", "290 minutes") for said in found.values())
    assert any(said[:2] == ("31 k€", "30,100") for said in found.values())
