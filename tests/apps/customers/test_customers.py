"""Which customers a text names, and what of a passage may be told to one of them."""

from dataclasses import replace

import pytest

from apps.customers.mentions import Customers
from apps.run.context import Context, Tools
from apps.steps.retrieve import Retrieve, retrieve
from apps.steps.write import Write, write
from core.types import Chunk, Passage, User
from retrieval.query.filters import matches

USUAL = [
    Chunk(id=f"usual{n}", document_id="guide", ordinal=n, text="open a shell in the harbour at the same orange light")
    for n in range(3)
]


def chunk(text, customer="", title="Guide", **more):
    headings = more.pop("headings", ())
    metadata = {"customer": customer, **more} if customer else more
    return Chunk(
        id=text[:40], document_id=text[:40], ordinal=0, text=text, title=title, heading_path=headings, metadata=metadata
    )


@pytest.fixture(scope="module")
def known():
    names = [
        "Alpenbank AG",
        "Harbour & Lane Logistics",
        "Grupo Solera",
        "Maison Verlaine",
        "Shell plc",
        "Acme Security",
    ]
    records = [chunk(name, name, document_type="account", account_id=f"ACC-{n}") for n, name in enumerate(names)]
    incident = chunk("x", "Alpenbank AG", incident_id="INC-2026-0187")
    contacts = chunk("x", "Alpenbank AG", contacts=("Reto Zumstein, Head of IT, reto@bank.example", "it@bank.example"))
    return Customers.of([*records, incident, contacts, chunk("y", "internal"), *USUAL], "Acme Security")


@pytest.mark.parametrize(
    ("text", "customer"),
    [
        ("Alpenbank's coverage rose.", "Alpenbank AG"),
        ("ALPENBANK AG hat bestellt.", "Alpenbank AG"),
        ("die Filialen der alpenbank", "Alpenbank AG"),
        ("Alpenbanks Filialen", "Alpenbank AG"),
        ("das Alpenbankprojekt", "Alpenbank AG"),
        ("die Alpen-\nbank", "Alpenbank AG"),
        ("die Alp\u00aden\u200dbank", "Alpenbank AG"),
        ("el caso de So\u202alera", "Grupo Solera"),
        ("see ACC-0 in Totango", "Alpenbank AG"),
        ("as in INC-2026-0187", "Alpenbank AG"),
        ("Reto Zumstein asked for it", "Alpenbank AG"),
        ("j.montero@solera.example", "Grupo Solera"),
        ("el caso de Solera", "Grupo Solera"),
        ("the Solera group", "Grupo Solera"),
        ("chez Verlaine", "Maison Verlaine"),
        ("HARBOUR AND LANE", "Harbour & Lane Logistics"),
        ("bei Harbour und Lane", "Harbour & Lane Logistics"),
        ("At Harbour, the depots", "Harbour & Lane Logistics"),
        ("At Shell we did", "Shell plc"),
    ],
)
def test_a_customer_is_known_however_it_is_written(known, text, customer):
    assert known.named_in(text) == {customer}


@pytest.mark.parametrize(
    "text", ["open a web shell", "a safe harbour", "une maison", "logistics groups", "Acme Security helps", "the bank"]
)
def test_ordinary_words_and_ourselves_are_no_customer(known, text):
    assert known.named_in(text) == set()


def test_two_spellings_of_one_account_are_one_customer():
    known = Customers.of(
        [
            chunk("a", "Alpenbank"),
            chunk("b", "Alpenbank AG"),
            chunk("c", "Calder Bank"),
            chunk("d", "Calder Valley Trust"),
        ]
    )
    assert known.discretion("alpenbank").own == {"Alpenbank", "Alpenbank AG"}
    to_the_valley = known.discretion("Calder Valley Trust")
    assert to_the_valley.is_silent("Calder has 40 sites") and not to_the_valley.is_silent("Calder Bank has 40 sites")


def told(known, customer, passage):
    found = known.discretion(customer).told(Passage(passage, 1.0))
    return None if found is None else found.chunk.text


def test_a_passage_of_another_customer_or_under_its_name_goes_as_a_whole(known):
    general = "Agree four hours a week per site and keep them."
    assert told(known, "Alpenbank", chunk(general)) == general
    assert told(known, "Alpenbank", chunk(general, "Alpenbank AG")) == general
    assert told(known, "Alpenbank", chunk(general, "Grupo Solera")) is None
    assert told(known, "Alpenbank", chunk(general, title="Case study Solera")) is None
    assert told(known, "Alpenbank", chunk(general, headings=("Guide", "At Verlaine"))) is None


def test_the_sentence_that_names_another_goes_with_the_rest_of_its_paragraph(known):
    text = (
        "Agree four hours a week per site. Harbour & Lane had none. They fell from 91% to 78%.\n\n"
        "Keep the window short.\n- Ring 1 is for friends.\n- Solera takes two days.\n- Ring 3 takes a week."
    )
    left = told(known, "Alpenbank", chunk(text))
    assert len(left) == len(text)
    assert (
        left.split()
        == (
            "Agree four hours a week per site. Keep the window short. - Ring 1 is for friends. - Ring 3 takes a week."
        ).split()
    )
    assert "91%" in told(known, "Harbour & Lane", chunk(text))


def test_a_tables_rows_keep_no_more_than_its_text(known):
    def rows_told(text, *rows):
        table = replace(chunk(text), kind="table", rows=rows)
        return known.discretion("Alpenbank").told(Passage(table, 1.0)).chunk.rows

    header, quiet = ("Site", "Share of patches in time"), ("Zürich and Basel", "98%")
    text = "| Site | Share of patches in time |\n| --- | --- |\n| Zürich and Basel | 98% |"
    assert rows_told(text, header, quiet) == (header, quiet)
    named = rows_told(f"{text}\n| Harbour & Lane | 78% |", header, quiet, ("Harbour & Lane", "78%"))
    assert "Zürich and Basel" in str(named) and "Harbour" not in str(named) and "78%" not in str(named)
    # A later part of a table knows a header that its own text doesn't show.
    assert "Solera" not in str(rows_told("| Zürich and Basel | 98% |", ("Site", "Grupo Solera"), quiet))


def test_what_a_name_introduces_goes_too(known):
    text = "An example, Harbour & Lane:\n\nThey lost two depots for 31 hours.\n\nBackups were intact everywhere."
    assert told(known, "Alpenbank", chunk(text)).split() == "Backups were intact everywhere.".split()


class Shelf:
    """A search that finds everything, in order."""

    def __init__(self, chunks):
        self.chunks = chunks

    def search(self, search):
        found = [c for c in self.chunks if search.filters is None or matches(search.filters, c.metadata)]
        return [Passage(c, 1.0) for c in found][: search.limit]

    def document(self, document_id, user):
        return []


@pytest.fixture
def to_alpenbank(known):
    hostile = [
        chunk("Harbour & Lane had two ransomware incidents this year.", "Harbour & Lane Logistics"),
        chunk("HARBOUR AND LANE paid no ransom in any of them."),
    ]
    harmless = [chunk("Isolate the hosts first, then call the retainer."), chunk("Never switch them off, ever.")]
    shelf = Shelf(
        [replace(c, metadata={**c.metadata, "confidentiality": "public"}) for c in (*hostile, *harmless)]
        + [replace(chunk("Ransom is never advised; tell nobody."), metadata={"confidentiality": "internal"})]
        + [chunk("Ransom notes are kept in the vault.")]
    )
    return Context(User("ana@example.com"), Tools(search=shelf, customers=lambda: known))


def test_retrieve_fills_up_what_it_leaves_out_and_says_how_much(to_alpenbank):
    given = Retrieve(query="ransomware", k=2, for_customer=True, customer="Alpenbank")
    found = retrieve(given, to_alpenbank)
    assert [p["text"][:7] for p in found["passages"]] == ["Isolate", "Never s"]
    assert to_alpenbank.notes == [
        "2 passages, or parts of them, were left out, being about other customers or naming them."
    ]
    assert not any("Harbour" in e.quote for e in to_alpenbank.evidence)


def test_what_is_internal_or_has_no_label_isnt_for_customers(to_alpenbank):
    outside = retrieve(Retrieve(query="ransom", k=9, for_customer=True, customer="Alpenbank"), to_alpenbank)
    inside = retrieve(Retrieve(query="ransom", k=9), to_alpenbank)
    assert [p["text"][:7] for p in outside["passages"]] == ["Isolate", "Never s"]
    assert len(inside["passages"]) == 6


def test_a_text_for_the_house_keeps_everything(to_alpenbank):
    found = retrieve(Retrieve(query="ransomware", k=2), to_alpenbank)
    assert "Harbour" in found["passages"][0]["text"] and to_alpenbank.notes == []


def test_a_draft_loses_the_lines_that_name_another_customer(to_alpenbank):
    draft = "Hello,\n\n- Alpenbank sends the list.\n- As at Solera, we wait.\n\nRegards"
    text = write(Write(draft=draft, for_customer=True, customer="Alpenbank"), to_alpenbank)["text"]
    assert "Alpenbank" in text and "Solera" not in text
    assert "1 passage, or a part of it, was left out" in to_alpenbank.notes[0]


@pytest.mark.parametrize(
    ("about", "kept"),
    [
        ("Call with Alpenbank about the rollout", {"Alpenbank"}),
        ("Call about the rollout", set()),
        ("Call with Alpenbank, who asked about Solera", set()),
    ],
)
def test_whom_a_draft_is_for_is_told_by_its_material_if_that_is_clear(to_alpenbank, about, kept):
    draft = "- Alpenbank sends the list.\n- Solera sends the plan."
    text = write(Write(draft=draft, for_customer=True, about=about), to_alpenbank)["text"]
    assert {name for name in ("Alpenbank", "Solera") if name in text} == kept


@pytest.mark.parametrize("about", ["I spoke with Oda Brandt today.", "Ticket ACC-77 is open.", "Orlum called."])
@pytest.mark.parametrize(("readable", "told"), [((), False), (("Orlum Industries AG",), True)])
def test_the_remark_names_only_customers_that_the_person_may_know_of(about, readable, told):
    contact = ("Oda Brandt, CFO, oda@orlum.example",)
    known = Customers.of([chunk("x", "Orlum Industries AG", account_id="ACC-77", contacts=contact)])
    tools = Tools(customers=lambda: known, readable_customers=lambda user: readable)
    context = Context(User("eve@example.com"), tools)
    write(Write(draft="- Orlum sends it.", for_customer=True, about=about), context)
    assert ("Orlum Industries" in " ".join(context.notes)) is told


def test_of_several_customers_none_is_named_unless_all_may_be():
    known = Customers.of([chunk("x", "Orlum Industries AG"), chunk("y", "Besk GmbH")])
    for readable, told in ((("Besk GmbH",), False), (("Besk GmbH", "Orlum Industries AG"), True)):
        tools = Tools(customers=lambda: known, readable_customers=lambda user, names=readable: names)
        context = Context(User("eve@example.com"), tools)
        write(Write(draft="Hello", for_customer=True, about="Orlum met Besk."), context)
        assert context.notes[0].startswith("Several customers are named")
        assert ("(Besk GmbH, Orlum Industries AG)" in context.notes[0]) is told
