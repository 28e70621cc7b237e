"""Contradictions and what else the documents' owners have to do."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from core.database import open_database
from core.identity import Directory
from core.settings import Settings
from core.types import Chunk, User
from ingestion.state import DocumentRecord, SyncState
from operations import worklist as lists
from operations.conflicts import conflicts
from operations.worklist import dismiss, restore_dismissed, worklist

ROOT = User("root@acme.example", ("admins",))


def chunk(document: str, text: str, title: str = "", **metadata: str) -> Chunk:
    return Chunk(id=f"{document}#0", document_id=document, ordinal=0, text=text, heading_path=(), page=None, locator="",
                 source="s", title=title, url="", allow=frozenset(), metadata=metadata)  # fmt: skip


@pytest.mark.parametrize(
    ("one", "other", "differ"),
    [
        ("Staff have 30 days of leave a year.", "Staff have 28 days of leave a year.", True),
        ("For all contracts, the notice period is 60 days.", "The notice period is 90 days for all contracts.", True),
        ("Die Frist beträgt drei Monate zum Quartal.", "Die Frist beträgt sechs Monate zum Quartal.", True),
        ("Backups are kept for two weeks on tape.", "Backups are kept for 14 days on tape.", False),
        (
            "Expenses over 500 EUR need approval by a director.",
            "Expenses over €500 need approval by a director.",
            False,
        ),
        ("Invoices for Acme are due in 30 days.", "Invoices for Bell are due in 14 days.", False),
        ("Backups are kept for 30 days.", "Logs of the firewall are kept for 90 days.", False),
        ("The desk answers within 2 hours on weekdays.", "The desk answers within 3 km on weekdays.", False),
        ("Annual fee: EUR 90", "Annual fee: EUR 120", False),
    ],
)
def test_sentences_that_say_the_same_with_other_figures_conflict(one: str, other: str, differ: bool) -> None:
    found = conflicts([chunk("a", one), chunk("b", other)], lambda _: True)
    assert [(c.sentence, c.other_sentence) for c in found] == ([(one, other)] if differ else [])


def test_other_periods_customers_versions_and_forms_do_not_conflict() -> None:
    one, other = "Staff have 30 days of leave a year.", "Staff have 28 days of leave a year."
    everyone = lambda _: True  # noqa: E731
    assert conflicts([chunk("a", one, "Handbook 2025"), chunk("b", other, "Handbook 2026")], everyone) == []
    assert conflicts([chunk("a", one, customer="Acme"), chunk("b", other, customer="Bell")], everyone) == []
    assert conflicts([chunk("a", one), chunk("b", other)], lambda document: document == "a") == []
    assert conflicts([chunk("a", f"{one}\n\n{other}"), chunk("b", other)], everyone) == [], "a says both"
    forms = [chunk(str(n), f"Staff have {n} days of leave a year.") for n in range(20, 30)]
    assert conflicts(forms, everyone) == [], "each of many has its own"


@dataclass
class Topic:
    topic: str
    kind: str
    count: int
    document: str


@pytest.fixture
def stored(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """A settings' database with some documents; the index has two that contradict each other."""
    settings = Settings(root=tmp_path)
    state = SyncState(open_database(settings))

    def record(name: str, **more: Any) -> DocumentRecord:
        attributes = {"owner": "Ana Keller", "updated_at": "2026-10-01", **more.pop("attributes", {})}
        return DocumentRecord(f"s:{name}", "s", name.title(), chunks=1, attributes=attributes, **more)

    records = [
        record("leave"),
        record("faq", attributes={"updated_at": "2026-02-01"}, url="https://docs.example/faq?x=1"),
        record(
            "old", vetting="expired", lacks=("Its review date 2025-01-01 has passed; review it and set a new date.",)
        ),
        record("copy", duplicate_of="s:leave"),
        record("stray", attributes={"owner": ""}),
        record("ancient", attributes={"updated_at": "2019-05-05"}),
    ]
    state.commit("s", records, "c1")

    class Index:
        def read(self) -> Index:
            return self

        def chunks(self) -> list[Chunk]:
            texts = {"s:leave": "Staff have 30 days of leave.", "s:faq": "Staff have 28 days of leave."}
            return [chunk(document, text) for document, text in texts.items()]

    monkeypatch.setattr(lists, "open_generations", lambda _settings: Index())
    return settings


def test_every_kind_of_work_is_listed_with_owner_mail_and_remedy(stored: Settings) -> None:
    engine = open_database(stored)
    directory = Directory({"ana@acme.example": User("ana@acme.example", (), {}, "Ana Keller")})
    missing = [Topic("Is there a gym?", "missing", 4, "s:leave"), Topic("Wrong?", "bad", 9, "s:leave")]
    found = worklist(stored, engine, directory, missing)
    assert [(t.kind, t.document) for t in found] == [
        ("contradiction", "s:faq"),
        ("asked for and missing", "s:leave"),
        ("out of date", "s:ancient"),
        ("out of date", "s:old"),
        ("nearly the same", "s:copy"),
        ("no owner", "s:stray"),
    ]
    first = found[0]
    assert first.wrong == "It says “Staff have 28 days of leave.”; Leave says “Staff have 30 days of leave.”"
    assert first.mail().startswith("mailto:ana@acme.example?subject=Faq%3A%20contradiction&body=Faq%0Ahttps")
    assert found[3].remedy == "Review it and set a new date."
    assert found[5].mail() == ""
    dismiss(engine, first, ROOT, "One is for contractors")
    assert worklist(stored, engine, directory, missing) == found[1:]
    assert restore_dismissed(engine, ROOT) == 1
    assert worklist(stored, engine, directory, missing) == found


def test_a_source_that_names_no_owners_is_one_line(stored: Settings) -> None:
    engine = open_database(stored)
    records = [DocumentRecord(f"t:{n}", "t", f"T {n}", chunks=1, attributes={}) for n in range(9)]
    SyncState(engine).commit("t", records, "c1")
    lines = [t for t in worklist(stored, engine, Directory(), []) if t.source == "t" and t.kind == "no owner"]
    assert [(t.title, t.times) for t in lines] == [("Source t", 9)]
