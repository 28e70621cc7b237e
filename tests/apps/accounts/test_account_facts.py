"""What is known of a customer, from records as Totango and Redshift give them."""

from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime

import pytest
import yaml

from apps.accounts.accounts_file import AccountsFile, ForCustomers
from apps.accounts.vocabulary import Vocabulary
from apps.customers.mentions import Customers
from apps.run.context import Context, Tools
from apps.steps.account_facts import FIELDS, AccountFacts, account_facts
from core.errors import AppError
from core.settings import load_settings
from core.types import Passage, User
from ingestion.enrich.prepare import Preparation
from ingestion.enrich.rules import RulesFile
from ingestion.parse import parse
from retrieval.query.filters import matches
from samples.stand_ins import redshift, totango
from tests.connectors.harness import open_kind


class Shelf:
    """A search that finds every chunk that the filter lets through."""

    def __init__(self, chunks):
        self.chunks = chunks

    def search(self, search):
        return [Passage(c, 1.0) for c in self.chunks if search.filters is None or matches(search.filters, c.metadata)]

    def document(self, document_id, user):
        return [c for c in self.chunks if c.document_id == document_id]


@pytest.fixture(scope="module")
def records(project_root):
    """The sample's accounts, tasks, touchpoints, contracts, use and incidents, as a sync cuts them."""
    settings = load_settings(project_root / "debrief.yaml")
    sources = {s["name"]: s for s in yaml.safe_load((project_root / "debrief.yaml").read_text())["sources"]}
    workspace = project_root / "samples" / "workspace"
    with ExitStack() as stack:
        accounts, warehouse = totango.start(workspace / "totango"), redshift.start(workspace / "redshift")
        stack.callback(accounts.stop)
        stack.callback(warehouse.stop)
        crm = {**sources["totango"], "endpoint_url": accounts.url, "app_token": totango.APP_TOKEN}
        rows = {**sources["redshift"], "port": warehouse.port, "password": "sample-password"}
        connectors = [open_kind(project_root, **{**kind, "requests_per_minute": 9_999}) for kind in (crm,)]
        connectors.append(open_kind(project_root, **rows))
        documents = [d for c in connectors for batch in c.changes(None) for d in batch.documents]
    read = Preparation(parse, RulesFile(), settings.chunking, datetime(2026, 11, 28, tzinfo=UTC))
    mapped = {source.name: source for source in settings.sources}
    return [c for d in documents for c in read.prepare(d, mapped[d.source], 1).chunks]


@pytest.fixture
def context(records):
    known = Customers.of(records)
    return Context(User("ana@example.com"), Tools(search=Shelf(records), customers=lambda: known))


def test_the_account_its_contract_use_and_incidents_are_told(context):
    found = account_facts(AccountFacts(customer="alpenbank"), context)
    assert set(found) == set(FIELDS)
    assert (found["customer"], found["language"], found["health"]) == ("Alpenbank AG", "de", "green")
    assert (found["owner"], found["renewal"], found["value"]) == ("Nils Weber", "2027-01-31", "684000 EUR")
    assert [c.split(",")[0] for c in found["contacts"]] == ["Monika Aeschbacher", "Reto Zumstein"]
    detect = next(m for m in found["metrics"] if m["name"] == "Mean time to detect")
    assert [(p["period"], p["value"]) for p in detect["series"]] == [("2026-Q1", 18), ("2026-Q2", 14), ("2026-Q3", 11)]
    month = next(m for m in found["usage"] if m["name"] == "Alerts triaged")
    assert (len(month["series"]), month["last"]["period"], month["last"]["value"]) == (10, "2026-10", 1325)
    newest = found["incident_records"][0]
    assert (newest["incident"], newest["contained_after_hours"]) == ("INC-2026-0224", "2.1")
    assert [t["owner"] for t in found["tasks"]] == ["Lukas Brandt", "Reto Zumstein", "Nils Weber"]
    assert found["gaps"] == ["a report with figures"]


def test_a_number_finds_the_account_and_the_focus_comes_first(context):
    found = account_facts(AccountFacts(customer="ACC-1003", focus="click"), context)
    assert found["customer"] == "Grupo Solera"
    assert found["charts"][0]["title"].startswith("Phishing click rate")


def test_records_name_no_other_customer_when_they_are_for_the_customer(context, records):
    note = next(c for c in records if c.title == "Preparation of the resilience exercise")
    hostile = replace(note, id="x", document_id="x", text=note.text + "\n\nAs at Harbour & Lane, we wait.")
    words = Vocabulary(AccountsFile(for_customers=ForCustomers(unlabelled_types=["touchpoint"])))
    context.tools = replace(context.tools, search=Shelf([*records, hostile]), words=lambda: words)
    inside = account_facts(AccountFacts(customer="Alpenbank"), context)
    outside = account_facts(AccountFacts(customer="Alpenbank", for_customer=True), context)
    assert "Harbour" in str(inside["touchpoints"]) and "Harbour" not in str(outside["touchpoints"])
    assert len(outside["touchpoints"]) == len(inside["touchpoints"]) - 1
    assert any("1 passage" in note for note in context.notes)
    missing = "an account record, figures over time, a report with figures"
    assert f"Not found in the documents that you may read: {missing}." in context.notes


def test_an_unknown_customer_is_refused_with_those_that_there_are(context):
    with pytest.raises(AppError, match="'Zenith Rockets'; there are documents about Alpenbank AG"):
        account_facts(AccountFacts(customer="Zenith Rockets"), context)


def test_nothing_found_stops_with_what_was_looked_for_and_where(context):
    with pytest.raises(AppError, match=r"Nothing may be told to Alpenbank AG: looked for figures in \d+ documents"):
        account_facts(AccountFacts(customer="Alpenbank", for_customer=True, needs=("metrics",)), context)
    with pytest.raises(AppError, match="Nothing was found on Alpenbank AG: looked for achievements"):
        account_facts(AccountFacts(customer="Alpenbank", needs=("wins",)), context)
