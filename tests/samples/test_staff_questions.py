"""Questions over the sample's tables, by people with different roles → the query that each means, in words."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from core.types import User
from samples.builders import tables
from warehouse.ask import Warehouse
from warehouse.databases.duck import DuckFiles
from warehouse.layer import load_layer

HELEN = User("helen", ("leadership",))
ELENA = User("elena", ("soc",), {"manages": ["D2"]})
VICTOR = User("victor", ("finance",))


@pytest.fixture(scope="module")
def warehouse(project_root: Path, tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    folder = tmp_path_factory.mktemp("tables")
    tables.write(folder)
    database = DuckFiles(sorted(folder.glob("*.csv")))
    return Warehouse(
        load_layer(project_root / "samples" / "warehouse.yaml"), database, 1000, lambda: date(2026, 11, 28)
    )


ASKED = [
    (
        "Worked hours per week per position for the last 3 months",
        "worked hours by week and employee position, 1 August 2026 to 31 October 2026",
        "line",
    ),
    ("Show me the busiest hours per day of the week", "number of shifts by weekday and hour of day", "heat"),
    (
        "Who is on holiday next week?",
        "employee name, where absence kind is holidays and absence first day under 2026-12-07 and absence last day at least 2026-11-30",
        "table",
    ),
    ("Gender parity", "gender parity", "number"),
    (
        "Which customers renew in the next six months?",
        "customer name, customer renewal date, 28 November 2026 to 28 May 2027",
        "table",
    ),
    ("How many employees work in each department?", "number of employees by department name", "bar"),
    (
        "How many part-time employees does each department have?",
        "number of employees by department name, where employee contract type is part time",
        "bar",
    ),
    (
        "Total worked hours per department in October 2026",
        "worked hours by department name, 1 October 2026 to 31 October 2026",
        "bar",
    ),
    (
        "Top 5 employees by worked hours last month",
        "worked hours by employee name, 1 October 2026 to 31 October 2026, worked hours, highest first, 5 at most",
        "bar",
    ),
    ("Average shift length by position", "average hours by employee position", "bar"),
    (
        "How many shifts were cancelled per month this year?",
        "number of shifts by month, where shift status is cancelled, 1 January 2026 to 28 November 2026",
        "line",
    ),
    ("Which employees have no absences?", "employee name, where without absence", "table"),
    (
        "Sick leave days per department this year",
        "total days by department name, where absence kind is sick, 1 January 2026 to 28 November 2026",
        "bar",
    ),
    (
        "How many sick days did we have per month in 2026?",
        "total days by month, where absence kind is sick, 2026",
        "line",
    ),
    (
        "Who is on training in December?",
        "employee name, where absence kind is course and absence first day under 2027-01-01 and absence last day at least 2026-12-01",
        "table",
    ),
    ("Share of women per position", "gender parity by employee position", "bar"),
    ("Employees hired since 2023", "employee name, employee hired on, from 1 January 2023", "table"),
    ("How many people were hired per year?", "number of employees by year", "line"),
    (
        "Shifts longer than 8 hours per department",
        "number of shifts by department name, where shift hours over 8.0",
        "bar",
    ),
    ("Worked hours by weekday as a bar chart", "worked hours by weekday", "bar"),
    (
        "Which department had the most sick leave this year?",
        "number of absences by department name, where absence kind is sick, 1 January 2026 to 28 November 2026, number of absences, highest first, 1 at most",
        "table",
    ),
    (
        "Planned shifts per day next week",
        "number of shifts by day, where shift status is planned, 30 November 2026 to 6 December 2026",
        "line",
    ),
    ("Absences longer than 5 days", "absence_id, absence days, where absence days over 5.0", "table"),
    ("Average absence days per kind", "average days by absence kind", "bar"),
    (
        "Worked hours compared with last year by department",
        "worked hours by department name, 1 January 2026 to 28 November 2026",
        "table",
    ),
    (
        "Schichten pro Abteilung im Oktober 2026",
        "number of shifts by department name, 1 October 2026 to 31 October 2026",
        "bar",
    ),
    ("¿Cuántos empleados hay por departamento?", "number of employees by department name", "bar"),
    (
        "Heures travaillées par poste le mois dernier",
        "worked hours by employee position, 1 October 2026 to 31 October 2026",
        "bar",
    ),
    ("Average annual value per industry", "average annual value by customer industry", "bar"),
    (
        "Customers in Germany or with red health",
        "customer name, where (customer country is Germany or customer health is red)",
        "table",
    ),
    (
        "Number of incidents per severity this year",
        "number of incidents by incident severity, 1 January 2026 to 28 November 2026",
        "bar",
    ),
    ("Alerts per month for the last 6 months", "total alerts by usage month, 1 May 2026 to 31 October 2026", "bar"),
    ("Customers without incidents", "customer name, where without incident", "table"),
    (
        "Employees of the Service desk who work part time",
        "employee name, where department name is Service desk and employee contract type is part time",
        "table",
    ),
]


@pytest.mark.parametrize(("question", "words", "kind"), ASKED, ids=[a[0] for a in ASKED])
def test_it_is_understood_and_drawn(warehouse: Warehouse, question: str, words: str, kind: str) -> None:
    found = warehouse.ask(question, HELEN)
    assert (found.words, found.kind) == (words, kind), found.problem


def test_who_leads_a_department_sees_its_people_alone(warehouse: Warehouse) -> None:
    assert warehouse.ask("How many employees work in each department?", ELENA).rows == [("Security operations", 12)]
    own = warehouse.ask("worked hours per department", ELENA).rows
    assert [row[0] for row in own] == ["Security operations"]
    assert own[0] in warehouse.ask("worked hours per department", HELEN).rows
    assert "gender" in warehouse.ask("employees per gender", ELENA).problem


def test_finance_adds_up_hours_and_sees_no_shift(warehouse: Warehouse) -> None:
    assert (
        warehouse.ask("worked hours per department", VICTOR).rows
        == warehouse.ask("worked hours per department", HELEN).rows
    )
    assert "not see single ones" in warehouse.ask("worked hours per employee", VICTOR).problem
