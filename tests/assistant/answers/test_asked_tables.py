"""Tables of attached files are asked as the company's are: other people's lists, as they leave them."""

from typing import Any

import pytest

from assistant.answers.asked.tables import attached_events, attached_tables, charted_again
from assistant.question import Attachment, Question
from core.types import Answer, Section, User
from ingestion.parse.formats import parse
from warehouse.ask import DataAnswer
from warehouse.shown import cell_text

ANA = User(email="ana@boats.example")
BOATS = """Boat,Harbour,Length (m),Fee,Insured,Launched
Aster,Kiel,9.5,"€ 1,200.00",yes,2019-05-02
Birte,Kiel,12,€ 980.50,no,2021-10-11
Cato,Husum,7,€ 400.00,yes,2018-03-30
Dora,Husum,11,"€ 1,510.00",no,2021-06-01
Edda,Wismar,,€ 0.00,no,2023-10-20
"""
BUYING = """Materialeinkauf Werkstatt;;;;;
Stand: 15.10.2026;;;;;
;;;;;
Beleg;Lieferant;Warengruppe;Bestellt am;Menge [Stk];Betrag netto
R-1;Holz Meier GmbH;Holz;03.02.2026;12;1.240,50 €
R-2;Schrauben Vogt;Beschläge;17.02.2026;400;86,20 €
R-3;Holz Meier GmbH;Holz;09.03.2026;8;912,00 €
R-4;Lack Ott;Lack;k.A.;6;154,90 €
Summe;;;;426;2.393,60 €
"""
RENTALS = """Rental ID,Customer,Bike Type,Pick-up,Returned,Days,Paid,Damage?
1,"Alvarez, Tomas",E-bike,04/28/2026,05/02/2026,4,"$140.00",no
2,Ngo Lan,City bike,05/03/2026,05/04/2026,1,$18.00,no
3,"Peters, Joy",E-bike,05/09/2026,05/12/2026,3,$105.00,yes
4,Ngo Lan,Cargo bike,05/15/2026,05/16/2026,1,$45.00,no
5,"Peters, Joy",E-bike,06/13/2026,n/a,n/a,"$1,050.00",yes
"""
MEMBERS = """N.º socio|Apellidos y nombre|Sección|Fecha de alta|Cuota anual|Estado
0012|García Ruiz, Marta|Natación|12/01/2024|180,00|activo
0021|Sanz Gil, Nora|Natación|25/09/2024|180,00|Activo
0034|Prieto, Hugo|Tenis|14/01/2025|320,00|baja
"""


def attached(name: str, text: str) -> Attachment:
    parsed = parse(text.encode("cp1252"), name)
    return Attachment(name, parsed.sections, parsed.title)


FILES = {
    "boats.csv": attached("boats.csv", BOATS),
    "einkauf_2026.csv": attached("einkauf_2026.csv", BUYING),
    "rentals.csv": attached("rentals.csv", RENTALS),
    "socios.csv": attached("socios.csv", MEMBERS),
}


def asked(file: str, *turns: str) -> DataAnswer:
    """The last of the turns' answers, each changing the one before where it can."""
    tables = attached_tables((FILES[file],))
    assert tables is not None
    found: DataAnswer | None = None
    for turn in turns:
        found = tables.ask(turn, ANA, found.query if found else None)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("file", "turns", "rows"),
    [
        ("boats.csv", ("How many boats are in Kiel?",), [("2",)]),
        ("boats.csv", ("how many aren't insured",), [("3",)]),
        ("boats.csv", ("total fee in Kiel",), [("2,180.5",)]),
        ("boats.csv", ("average length",), [("9.88",)]),
        ("boats.csv", ("which boat has the highest fee?",), [("Dora", "1,510")]),
        ("boats.csv", ("the oldest boat",), [("Cato", "2018-03-30")]),
        ("boats.csv", ("how many were launched in October 2021?",), [("1",)]),
        ("boats.csv", ("boats under 500 euros?",), [("Cato", "400"), ("Edda", "0")]),
        ("boats.csv", ("how many boats per harbour?",), [("Husum", "2"), ("Kiel", "2"), ("Wismar", "1")]),
        ("boats.csv", ("total fee by harbour", "only Husum"), [("Husum", "1,910")]),
        ("boats.csv", ("which boat was launched first?", "and last?"), [("Edda", "2023-10-20")]),
        ("einkauf_2026.csv", ("Wie viel haben wir insgesamt für Holz ausgegeben?",), [("2,152.5",)]),
        ("einkauf_2026.csv", ("wie viele pro Warengruppe",), [("Beschläge", "1"), ("Holz", "2"), ("Lack", "1")]),
        ("rentals.csv", ("How many rentals had damage?",), [("2",)]),
        ("rentals.csv", ("revenue in May",), None),  # picked up, or returned?
        ("rentals.csv", ("How many had damage?", "how many of those are E-bikes?"), [("2",)]),
        ("rentals.csv", ("Who has the most rentals?",), [("Ngo Lan", "2")]),
        ("socios.csv", ("¿Cuántos socios activos hay?",), [("2",)]),
        ("socios.csv", ("cuota anual por sección",), [("Natación", "360"), ("Tenis", "320")]),
    ],
)  # fmt: skip
def test_the_rows_are_right(file: str, turns: tuple[str, ...], rows: list[tuple[str, ...]] | None) -> None:
    found = asked(file, *turns)
    if rows is None:
        assert found.query is None and len(found.choices) == 2, found.words
        return
    assert not found.problem, found.problem
    assert sorted(tuple(map(cell_text, row)) for row in found.rows) == rows, found.words


def test_units_and_what_is_left_out_are_known() -> None:
    tables = attached_tables((FILES["einkauf_2026.csv"],))
    assert tables is not None
    entity = tables.layer.entities["beleg"]
    assert (entity.columns["betrag netto"].unit, entity.columns["menge"].unit) == ("EUR", "Stk")
    assert any("Summe" in note for note in tables.database.notes)  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("file", "question"),
    [
        ("boats.csv", "how many captains does the harbour master pay"),
        ("boats.csv", "who owns Birte?"),
        ("boats.csv", "what is the average salary in Kiel"),
        ("boats.csv", "What does the fee include?"),
        ("boats.csv", "how much did the storm cost"),
        ("boats.csv", "What do our documents say about insurance?"),
        ("einkauf_2026.csv", "Wie hoch ist der Rabatt von Schrauben Vogt?"),
        ("socios.csv", "¿Qué edad tiene Marta García?"),
    ],
)
def test_a_question_about_something_else_is_left_to_the_text(file: str, question: str) -> None:
    assert attached_events(Question(question, ANA, attachments=(FILES[file],))) is None


def answered(question: str, before: str = "", *, file: str = "boats.csv") -> Answer:
    events = attached_events(Question(question, ANA, attachments=(FILES[file],), language="en"), before)
    assert events is not None
    last: Any = list(events)[-1]
    assert isinstance(last, Answer)
    return last


def test_the_answer_leads_with_its_number_and_names_the_file() -> None:
    answer = answered("total fee by harbour")
    assert "| Husum | 1,910 |" in answer.text and answer.notes == ("From boats.csv, as attached.",)
    assert answered("How many are in Kiel?").text == "2 – number of boats, where boat harbour is Kiel."
    none = answered("How many are stolen?")
    assert none.outcome == "partly" and "“stolen”" in none.text and "harbour: Kiel, Husum, Wismar" in none.text


def test_an_answer_is_charted_again_only_while_its_file_is_attached() -> None:
    answer = answered("total fee by harbour")
    found = charted_again(answer, [FILES["boats.csv"]], ANA)
    assert isinstance(found, DataAnswer) and found.spec is not None
    gone = charted_again(answer, [FILES["rentals.csv"]], ANA)
    assert gone == "Attach boats.csv again to see the chart and take the rows."
    assert charted_again(Answer("x", query="a proposal"), [], ANA) is None
    # A follow-up changes no query over other files.
    assert attached_events(Question("only Husum", ANA, attachments=(FILES["rentals.csv"],)), answer.query) is None


@pytest.mark.parametrize("rows", [(("only",), ("one",)), (("a", "b"),), (("a", "b"), ("", ""))])
def test_what_is_no_table_breaks_nothing(rows: tuple[tuple[str, ...], ...]) -> None:
    file = Attachment("x.csv", (Section("x", kind="table", rows=rows),))
    assert attached_events(Question("How many are open?", ANA, attachments=(file,))) is None
