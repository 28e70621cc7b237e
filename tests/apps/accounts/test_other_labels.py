"""A company of another language: the same facts of an account from its own field names, and from reports of its own."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from apps.accounts.records import Facts
from apps.run.context import Context, Tools
from apps.steps.account_facts import AccountFacts, account_facts
from connectors.redshift.rows import Comments, RowDocuments, attributes, render
from core.records import Figure, figures_of
from core.settings import ChunkingSettings, SourceSettings
from core.types import Document, User
from ingestion.enrich.prepare import Preparation
from ingestion.enrich.rules import RulesFile
from ingestion.parse import parse
from samples.stand_ins import totango
from tests.apps.accounts.test_account_facts import Shelf
from tests.connectors.harness import open_kind, run

CUSTOMER = "Klinikum Isartal"
CRM = {
    "Kundenbetreuung": "account_owner",
    "Vertragsende": "contract_end",
    "Jahreswert": "contract_value",
    "Währung": "currency",
    "Sprache": "customer_language",
    "Ampel": "health",
}
WAREHOUSE = {"kunde": "customer", "vorgang": "incident_id", "gemeldet": "opened_on", "kurztext": "subject"}
WAREHOUSE |= {"stufe": "severity", "ursache": "root_cause", "stunden": "contained_after_hours"}
REPORT = """# Servicebericht 2026-Q3

## Zusammenfassung

Die Verfügbarkeit ist wieder über dem Ziel.

## Kennzahlen

| Kennzahl | Ziel | Ergebnis |
| --- | --- | --- |
| Erkennungszeit | 20 | 12 |

## Risiken

| Risiko | Maßnahme |
| --- | --- |
| Alte Firmware | Nachts aktualisieren |

## Maßnahmen

| Was | Verantwortlich | Bis | Stand |
| --- | --- | --- | --- |
| Röhre bestellen | Pavel Novak | 2026-11-15 | offen |
"""


@pytest.fixture
def crm():
    """An account with two of its people, a task that is done and one that isn't, in German."""
    said = {
        "Kundenbetreuung": "Jana Roth",
        "Vertragsende": "31.03.2027",
        "Jahreswert": 412000,
        "Währung": "CHF",
        "Sprache": "German",
        "Ampel": "gelb",
    }
    with totango.start() as server:
        server.service.accounts.append(
            {
                "id": "K-7",
                "display_name": CUSTOMER,
                "attributes": {name: {"val": value} for name, value in said.items()},
                "metrics": {"Erkennungszeit (2026-Q1)": 18, "Erkennungszeit (2026-Q2)": 14.5},
            }
        )
        server.service.users.append(
            {
                "id": "j@k.example",
                "name": "j@k.example",
                "display_name": "Jonas Reindl",
                "account": {"id": "K-7"},
                "attributes": {"Title": {"val": "Technik"}},
            }
        )
        server.service.events += [
            {
                "id": f"t{number}",
                "type": "task",
                "timestamp": 1_790_000_000_000,
                "account": {"id": "K-7", "display_name": CUSTOMER},
                "title": title,
                "due_date": "2026-12-01",
                "status": status,
                "assignee": "pavel.novak@medivant.example",
            }
            for number, (title, status) in enumerate([("Röhre bestellen", "Offen"), ("Pumpen prüfen", "Erledigt")])
        ]
        found = run(
            open_kind(
                Path("/"),
                name="crm",
                kind="totango",
                app_token=totango.APP_TOKEN,
                endpoint_url=server.url,
                readers=["everyone"],
                done_statuses=["erledigt"],
            )
        )
        yield list(found.documents.values())


def rows_document(key, rows, **spec):
    """The document of a warehouse's rows."""
    how = RowDocuments(name=key, query="SELECT 1", id="kunde", title=f"{key} {{kunde}}", **spec)
    body = render(how, rows, CUSTOMER, Comments()).encode()
    return Document(f"dwh:{key}", "dwh", key, "", body, name=f"{key}.md", metadata=attributes(how, rows))


def warehouse():
    """Use by month, a contract and an incident, in German."""
    months = [{"kunde": CUSTOMER, "nummer": n, "monat": f"2026-0{n}-01", "aufnahmen": 900 + n} for n in (7, 8, 9)]
    incident = {"kunde": CUSTOMER, "vorgang": "SR-4502", "gemeldet": "2026-08-14", "kurztext": "Kaltkopf defekt"}
    incident |= {"stufe": "hoch", "stunden": 9.5, "ursache": "Verschleiß"}
    return [
        rows_document("nutzung", months, set={"record": "usage_report", "document_type": "nutzung"}),
        rows_document("stoerung", [incident], set={"record": "incident_record"}),
        rows_document("vertrag", [{"kunde": CUSTOMER, "frist": "drei Monate"}], set={"record": "contract"}),
    ]


def synced(documents):
    """The chunks of the documents as a sync cuts them under the sources' mappings and a rule for the reports."""
    sources = {
        "crm": SourceSettings(name="crm", kind="totango", mapping=CRM),
        "dwh": SourceSettings(name="dwh", kind="redshift", mapping=WAREHOUSE),
        "files": SourceSettings(name="files", kind="files"),
    }
    rules = RulesFile.model_validate(
        {
            "rules": [
                {
                    "name": "service reports are read as health checks",
                    "when": {"attribute": "document_type", "equals": "servicebericht"},
                    "then": [{"set": {"record": "health_check"}}],
                }
            ]
        }
    )
    read = Preparation(parse, rules, ChunkingSettings(), datetime(2026, 11, 28, tzinfo=UTC))
    return [chunk for d in documents for chunk in read.prepare(d, sources[d.source], 1).chunks]


def facts_of(documents):
    return account_facts(
        AccountFacts(customer=CUSTOMER), Context(User("a@x.com"), Tools(search=Shelf(synced(documents))))
    )


def test_facts_come_by_the_names_of_the_mapping_whatever_the_fields_are_called(crm):
    found = facts_of([*crm, *warehouse()])
    assert (found["health"], found["language"], found["owner"]) == ("yellow", "de", "Jana Roth")
    assert (found["renewal"], found["value"]) == ("2027-03-31", "412000 CHF")
    assert found["contacts"] == ["Jonas Reindl, Technik, j@k.example"]
    assert found["facts"]["frist"] == "drei Monate"
    (figure,) = found["metrics"]
    assert (figure["name"], figure["last"]["period"], figure["last"]["value"]) == ("Erkennungszeit", "2026-Q2", 14.5)
    assert [(t["task"], t["due"], t["owner"]) for t in found["tasks"]] == [
        ("Röhre bestellen", "2026-12-01", "Pavel Novak")
    ]
    (incident,) = found["incident_records"]
    del incident["number"]
    assert incident == {
        "incident": "SR-4502",
        "date": "2026-08-14",
        "severity": "hoch",
        "what_happened": "Kaltkopf defekt",
        "contained_after_hours": "9.5",
        "cause": "Verschleiß",
    }
    use = {m["name"]: [p["value"] for p in m["series"]] for m in found["usage"]}
    assert use["Aufnahmen"] == [907, 908, 909] and "Monat" not in use


def test_no_fact_of_an_account_is_read_from_its_text(crm):
    blank = [replace(document, body=b"# Akte\n\nNichts.\n") for document in crm]
    told, silent = facts_of(crm), facts_of(blank)
    assert told == silent


def test_a_report_of_other_words_is_read_by_the_file_of_words(crm):
    metadata = {"document_type": "servicebericht", "customer": CUSTOMER}
    report = Document("files:r", "files", "Servicebericht 2026-Q3", "", REPORT.encode(), name="r.md", metadata=metadata)
    found = facts_of([*crm, report])
    (figure,) = found["metrics"]
    assert [p["value"] for p in figure["series"]] == [18, 14.5, 12] and figure["target"] == 20
    assert [(r["risk"], r["mitigation"]) for r in found["risks"]] == [("Alte Firmware", "Nachts aktualisieren")]
    (agreed,) = found["recommendations"]
    assert (agreed["recommendation"], agreed["owner"], agreed["due"]) == (
        "Röhre bestellen",
        "Pavel Novak",
        "2026-11-15",
    )
    assert [s["text"] for s in found["summary"]] == ["Die Verfügbarkeit ist wieder über dem Ziel."]
    assert found["gaps"] == []


def test_figures_are_read_back_as_they_were_written():
    figures = [Figure("A (b): c", "2026-Q1", 1.25, "points of 5"), Figure("Größe", "2026-09", -3.0)]
    assert list(figures_of({"figures": tuple(map(str, figures))})) == figures
    assert list(figures_of({"figures": ("loose text", "A (2026): many")})) == []
    assert list(figures_of({})) == []


def test_a_note_of_several_paragraphs_is_told_as_a_whole():
    facts = Facts(CUSTOMER, Context(User("a@x.com"), Tools()), "")
    body = "# Besuch\n\n- Kunde: K\n- Ort: Bonn\n\nErst dies.\n\nDann " + "das " * 300 + "Ende."
    metadata = {"document_type": "touchpoint", "customer": CUSTOMER}
    parts = synced([Document("files:n", "files", "Besuch", "", body.encode(), name="n.md", metadata=metadata)])
    facts.add(parts[0], parts, 1)
    assert len(parts) > 1
    assert facts.lists["touchpoints"][0]["text"] == "Erst dies. Dann " + "das " * 300 + "Ende."
