"""What a scripted model says of unknown labels: only what the index confirms gets into the draft."""

import json

import pytest
import yaml

from apps.accounts.draft import drafted
from apps.accounts.draft_text import draft_text
from apps.accounts.proposed import with_proposals
from apps.publish.scripted import ScriptedModel
from core.errors import ModelError
from core.settings import ChunkingSettings
from core.types import Document
from ingestion.enrich.chunk import chunk_document
from ingestion.parse import parse

SHEET = """# Ledger of {customer}

## Vista

The boilers ran through the winter.

## Papers

- Bond till: 31 March 2027
- Weather vane: Jana Roth

## Readings

| Dial | Promised | Read |
| --- | --- | --- |
| Warmth | 21 | {read} |
| Draught | 3 | 4 |

## Whereabouts

| Chore | Doer | By |
| --- | --- | --- |
| Sweep the flue | Rosa | 2026-12-04 |
"""


def chunks():
    for number, customer in enumerate(["Aldermoor House", "Brackley Baths"]):
        about = {"customer": customer, "document_type": "ledger"}
        document = Document(f"d{number}", "d", f"Ledger of {customer}", "", b"", metadata=about)
        text = SHEET.format(customer=customer, read=20 + number)
        yield from chunk_document(document, parse(text.encode(), "ledger.md"), ChunkingSettings(), "en")


class Asked(ScriptedModel):
    """Answers by label: what each means and which example it names, by the numbers that it was asked with."""

    def __init__(self, meant):
        super().__init__([])
        self.meant, self.system, self.text = meant, "", ""

    def write(self, system, text, task="write"):
        self.system, self.text = system, text
        rows = []
        for line in text.splitlines():
            number, _, rest = line.partition(". “")
            label = rest.partition("”")[0]
            if label in self.meant:
                means, example = self.meant[label]
                rows.append({"number": int(number), "means": means, "example": example})
        return json.dumps({"labels": [*rows, {"number": 99, "means": "facts.health", "example": "red"}]}), 7


def proposed(**meant):
    draft = drafted(chunks())
    model = Asked({label.replace("_", " "): said for label, said in meant.items()})
    return draft, with_proposals(draft, model.fill), model


def test_what_the_index_confirms_is_taken_and_said_to_be_the_models():
    before, after, model = proposed(Bond_till=("facts.contract_end", "31 March 2027"))
    assert "Bond till" in before.unknown["facts"] and "Bond till" not in after.unknown["facts"]
    assert after.file.facts["contract_end"] == ["Bond till"]
    text = draft_text(after)
    assert "# a language model took" in text and "Bond till" in text
    assert yaml.safe_load(text)["facts"]["contract_end"] == ["Bond till"]
    assert "31 March 2027" in model.text and "facts.contract_end: contract end" in model.system


@pytest.mark.parametrize(
    ("label", "means", "example"),
    [
        ("Bond_till", "facts.contract_end", "30 June 2031"),  # stands nowhere
        ("Weather_vane", "facts.contract_end", "Jana Roth"),  # is no day
        ("Bond_till", "facts.wealth", "31 March 2027"),  # is no notion
        ("Bond_till", "headings.summary", "31 March 2027"),  # is one of another section
        ("Nowhere", "facts.contract_end", "31 March 2027"),  # nobody asked for it
    ],
)
def test_what_the_index_does_not_confirm_is_left_out(label, means, example):
    before, after, _ = proposed(**{label: (means, example)})
    assert (after.file, after.proposed) == (before.file, ())


def test_a_heading_that_could_go_to_customers_is_left_to_a_person():
    before, after, _ = proposed(Vista=("headings.summary", "The boilers ran through the winter."))
    assert after.file == before.file
    assert "summary, says the model; it may go to customers" in draft_text(after)


def test_a_table_has_each_column_once_and_one_kind():
    before, after, _ = proposed(
        Dial=("figures.name", "Warmth"),
        Promised=("figures.target", "21"),
        Read=("risks.risk", "20"),
    )
    assert before.file.columns.figures == {} and after.file.columns.risks == before.file.columns.risks
    assert after.file.columns.figures == {"name": ["Dial"], "target": ["Promised"]}


def test_a_model_that_gives_no_json_is_an_error_of_the_model():
    with pytest.raises(ModelError):
        with_proposals(drafted(chunks()), ScriptedModel(["no", "no"]).fill)
