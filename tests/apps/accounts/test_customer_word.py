"""What firms call their customers, out of their own papers: by an attribute, a line or folders; nothing in a handbook."""

import pytest

from apps.accounts.accounts_file import load_accounts
from apps.accounts.draft import drafted
from apps.accounts.draft_text import draft_text
from apps.accounts.vocabulary import Vocabulary
from apps.customers import Customers
from core.settings import ChunkingSettings
from core.types import Document, Passage
from ingestion.enrich.chunk import chunk_document
from ingestion.parse import parse

COMPANY = "Tidewell Baths"


def paper(path, text, **about):
    """The chunks of a document, its title the first line."""
    title = text.splitlines()[0].strip("# ")
    document = Document(f"files:{path}", "files", title, "", b"", metadata={"path": path, **about})
    return chunk_document(document, parse(text.encode(), "paper.md"), ChunkingSettings(), "en")


def papers(names, path, line="", **attribute):
    """A contract and two reports for each name; `path` and `line` have a place for the name, attributes a label."""
    for name in names:
        about = dict.fromkeys(attribute, name)
        top = f"- {line}: {name}\n" if line else ""
        terms = f"# Terms {name}\n\n{top}- Runs out: 31 March 2027\n- Fee: 4,200 EUR\n\nAgreed for {name}.\n"
        yield from paper(path.format(name=name, file="terms.md"), terms, **about)
        for month in ("May", "June"):
            report = f"# Pool report {name}, {month} 2026\n\n{top}\nThe water at {name} was clear.\n"
            yield from paper(path.format(name=name, file=f"{month}.md"), report, **about)


ADVICE = "# Chlorine\n\nOur {} get it in tins. Store it dry.\n"


def attribute():
    yield from papers(["Ashby Lido", "Marl House"], "{name} {file}", bather="")
    yield from paper("advice.md", ADVICE.format("bathers"))


def line():
    yield from papers(["St. Anna Soest", "Haus am Wald"], "{name} {file}", line="Heim")
    yield from paper("rat.md", "# Chlor\n\nUnsere Heime lagern es trocken.\n")


def folders():
    yield from papers(["Les Embruns", "Villa Marine"], "curistes/{name}/{file}")
    yield from paper("conseils/chlore.md", "# Chlore\n\nNos curistes le gardent au sec.\n")


def two_kinds():
    yield from papers(["Ashby Lido", "Marl House"], "{name} {file}", lido="")
    yield from papers(["Hotel Brine", "The Groyne"], "{name} {file}", hotel="")
    yield from paper("advice.md", ADVICE.format("lidos") + "\nOur hotels get it in bags.\n")


def handbook():
    yield from papers(["Platform", "Growth"], "teams/{name}/{file}", line="Squad", department="")
    yield from paper("advice.md", ADVICE.format("teams") + "\nOur customers read this.\n", author="Rosa Vidal")


@pytest.mark.parametrize(
    ("firm", "metadata", "places", "names"),
    [
        (attribute, ["customer", "bather"], {"lines": [], "folders": []}, {"Ashby Lido", "Marl House"}),
        (line, ["customer"], {"lines": ["Heim"], "folders": []}, {"St. Anna Soest", "Haus am Wald"}),
        (folders, ["customer"], {"lines": [], "folders": ["curistes"]}, {"Les Embruns", "Villa Marine"}),
        (
            two_kinds,
            ["customer", "lido", "hotel"],
            {"lines": [], "folders": []},
            {"Ashby Lido", "Marl House", "Hotel Brine", "The Groyne"},
        ),
        (handbook, ["customer"], {"lines": [], "folders": []}, set()),
    ],
)
def test_the_word_for_customers_is_found_where_it_stands(tmp_path, firm, metadata, places, names):
    draft = drafted(firm(), company=COMPANY)
    assert draft.file.metadata.customer == metadata
    assert draft.file.customers.model_dump() == places
    assert set(draft.survey.customers) == names
    text = draft_text(draft)
    (tmp_path / "accounts.yaml").write_text(text)
    assert load_accounts(tmp_path / "accounts.yaml") == draft.file
    assert (" names in " in text) == bool(names)
    words = Vocabulary(draft.file, drafted=True)
    known = Customers.of(firm(), COMPANY, metadata, words.named_in_rows, words.owner_of)
    assert set(known.known) == names


def test_a_word_with_one_sign_is_offered_and_not_used():
    draft = drafted(papers(["Ashby Lido", "Marl House"], "{name} {file}", bather=""), company=COMPANY)
    assert draft.file.metadata.customer == ["customer"] and not draft.survey.customers
    text = draft_text(draft)
    assert "attribute bather: 2 names in 6 documents (Ashby Lido, Marl House); a day and a sum" in text
    assert "not sure" in text


def test_our_own_name_and_persons_who_come_together_are_no_customers():
    ours = papers([COMPANY, "Marl House"], "{name} {file}", bather="")
    both = [
        paper(f"{n}.md", f"# Rota {n}\n\nAnna Holm and Ben Roth clean.\n", keeper=n) for n in ("Anna Holm", "Ben Roth")
    ]
    assert drafted(ours, company=COMPANY).customers == []
    assert drafted([chunk for _ in (1, 2) for found in both for chunk in found], company=COMPANY).customers == []


def test_what_lies_in_anothers_folder_is_kept_out_of_a_customers_text():
    draft = drafted(folders(), company=COMPANY)
    words = Vocabulary(draft.file)
    silent = next(iter(paper("curistes/Villa Marine/x.md", "# Notes\n\nThe pump leaks and nobody has paid.\n")))
    known = Customers.of([*folders(), silent], COMPANY, ["customer"], words.named_in_rows, words.owner_of)
    assert known.discretion("Les Embruns").told(Passage(silent, 1.0)) is None
    assert known.discretion("Villa Marine").told(Passage(silent, 1.0)) is not None
    assert known.documents_of("Villa Marine")[-1] == silent.document_id


def test_an_attribute_that_may_say_for_whom_papers_are_opens_nothing():
    marked = list(papers(["Ashby Lido", "Marl House"], "{name} {file}", bather=""))
    marked += paper("rules.md", ADVICE.format("bathers"), reach="bather")
    marked += paper("wages.md", "# Wages\n\nThey rise in May.\n", reach="house")
    file = drafted(marked, company=COMPANY).file
    assert file.metadata.confidentiality == ["confidentiality", "reach"]
    assert file.for_customers.labels == [] and not Vocabulary(file).is_open(marked[-2])
