"""A company's own word for its customers in questions: an attribute, a line, a folder, two kinds."""

from types import SimpleNamespace

import pytest

from apps.accounts import AccountsFile, Vocabulary
from apps.customers import Customers
from assistant.accounts.answers import RecordAnswers
from assistant.accounts.owners import Owners
from assistant.question import Question
from assistant.records.trace import Trace
from tests.assistant.accounts.conftest import ANA, BOB, TODAY, Shelf, chunk, table


def _paper(name, end, fee, mood, **known):
    facts = f"- Term ends: {end}\n- Rent a year: {fee}\n- Keeper: Nadia Ferris\n- Overall status: {mood}"
    return chunk(f"{name} pact", facts, title=f"Pact with {name}", **known)


def _sheet(name, value, **known):
    document, title = f"{name} sheet", f"Season sheet {name} Q3 2026"
    return [
        chunk(document, "A quarter.", title=title, **known),
        table(document, [["Reading", "Pledged", "Counted"], ["Hives that fly", "90 %", value]], title=title, **known),
    ]


GROWERS = [
    _paper("Stonefield Orchards", "31 October 2027", "61,200 EUR", "green", grower="Stonefield Orchards"),
    _paper("Lakeview Almonds", "31 January 2027", "188,000 EUR", "red", grower="Lakeview Almonds"),
    _paper("Pine Nursery", "31 March 2027", "9,000 EUR", "red", nursery="Pine Nursery"),
    *_sheet("Stonefield Orchards", "93 %", grower="Stonefield Orchards"),
    chunk("far pact", "- Term ends: 1 May 2027\n- Rent a year: 1 EUR\n- Keeper: X", grower="Far", allow=("group:far",)),
]
BY_ATTRIBUTE = AccountsFile.model_validate(
    {
        "metadata": {"customer": ["grower", "nursery"]},
        "facts": {"contract_value": ["Rent a year"], "contract_end": ["Term ends"]},
        "columns": {"figures": {"name": ["Reading"], "target": ["Pledged"], "value": ["Counted"]}},
    }
)


def _asked(question, chunks, file, user=ANA):
    words = Vocabulary(file)
    owners = Owners(words, Customers.of(chunks, "", file.metadata.customer, words.named_in_rows, words.owner_of))
    index = Shelf(chunks)
    names = sorted({name for c in index.documents(user) for name in owners.of(c)})
    records = RecordAnswers(SimpleNamespace(index=index), lambda _user: names, lambda: TODAY, lambda: owners)
    events = records.events(Question(question, user), Trace(question), lambda *_: None)
    return list(events)[-1] if events is not None else None


@pytest.mark.parametrize(
    ("question", "said", "unsaid"),
    [
        ("When does the term of Stonefield end?", ["31 October 2027"], []),
        ("How much does Lakeview pay?", ["188,000 EUR"], []),
        ("who is the keeper of the grower Stonefield?", ["Nadia Ferris"], []),
        ("hives that fly at Stonefield in Q3 2026", ["93"], []),
        ("which growers are red?", ["Lakeview"], ["Pine", "Stonefield"]),
        ("which nurseries are red?", ["Pine"], ["Lakeview"]),
        ("which growers renew in the next six months?", ["Lakeview"], ["Stonefield", "Pine", "Far"]),
        ("which grower pays most?", ["Lakeview"], ["Stonefield"]),
        ("which growers renew until the end of January 2027?", ["Lakeview"], ["Stonefield"]),
    ],
)
def test_the_companys_word_is_as_good_as_customer(question, said, unsaid):
    answer = _asked(question, GROWERS, BY_ATTRIBUTE)
    assert answer.outcome == "answered" and answer.route == "records"
    assert all(text in answer.text for text in said)
    assert not any(text in answer.text for text in unsaid)


def test_what_growers_do_in_general_is_searched_for():
    assert _asked("what do growers spray in May?", GROWERS, BY_ATTRIBUTE) is None


@pytest.mark.parametrize("by", ["line", "folder"])
def test_documents_that_are_a_customers_by_a_line_or_a_folder(by):
    text = "- Vertragsende: 30. Juni 2028\n- Jahresentgelt: 3.650 EUR\n- Kündigungsfrist: drei Monate"
    if by == "line":
        paper = chunk("plön", f"- Gemeinde: Christuskirche Plön\n{text}", title="Vertrag")
        file = AccountsFile.model_validate({"customers": {"lines": ["Gemeinde"]}})
    else:
        paper = chunk("plön", text, title="Vertrag", path="Gemeinden/Christuskirche Plön/vertrag.md")
        file = AccountsFile.model_validate({"customers": {"folders": ["Gemeinden"]}})
    assert "30. Juni 2028" in _asked("Wann endet der Vertrag von Plön?", [paper], file).text
    assert "Plön" in _asked("Welche Gemeinden laufen 2028 aus?", [paper], file).text
    assert _asked("Wann endet der Vertrag von Plön?", [paper], file, BOB) is None


def test_how_a_customer_is_doing_is_also_told_by_a_note_of_a_call():
    notes = chunk("call", "They want less noise.\n\nOverall status: red\n\nContract end: 1 May 2027", title="Call",
                  grower="Stonefield Orchards", document_type="call")  # fmt: skip
    assert "red" in _asked("what is the health of Stonefield?", [notes], BY_ATTRIBUTE).text
    assert _asked("when does the contract of Stonefield end?", [notes], BY_ATTRIBUTE) is None
