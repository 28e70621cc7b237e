"""A small real index with the packaged model, shared by the tests of answering."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest

from core.settings import Settings
from core.types import EVERYONE, Document, Parsed, Section, User
from ingestion.enrich.chunk import chunk_document, embedding_text
from retrieval.engines.generations import FolderGenerations, Recipe
from retrieval.models.embed import Embedder, open_embedder
from retrieval.query.weights import Weights
from retrieval.retriever import Retriever
from tests.tables import table_section

ANA = User("ana@example.com", ("delivery",))
BEN = User("ben@example.com")

PAGES: list[tuple[str, str, dict[str, object], tuple[Section, ...], frozenset[str]]] = [
    (
        "retention",
        "Data retention policy",
        {"document_type": "policy", "updated_at": "2026-04-01"},
        (
            Section(
                "Raw telemetry of Watchtower is kept for 90 days. Meeting recordings are deleted after 30 days. "
                "The data protection officer is Ines Calvo. Customers may order longer periods in writing.",
                ("Retention periods",),
                page=2,
                locator="page 2",
            ),
        ),
        frozenset({EVERYONE}),
    ),
    (
        "prices",
        "Price list 2026",
        {"document_type": "price list"},
        (
            table_section(
                "| Plan | Price per month | Seats |\n|---|---|---|\n| Basic | $49 | 5 |\n| Premium | $1,250 | 50 |\n"
                "| Enterprise | $4,900 | 500 |",
                ("Plans",),
                locator="sheet Plans",
            ),
        ),
        frozenset({EVERYONE}),
    ),
    (
        "aurora",
        "Aurora Bank – renewal pack",
        {"document_type": "renewal", "customer": "Aurora Bank"},
        (Section("The contract of Aurora Bank ends on 31 March 2027. Its success manager is Lena Vogt."),),
        frozenset({"group:delivery"}),
    ),
    (
        "meridian",
        "Meridian Foods – renewal pack",
        {"document_type": "renewal", "customer": "Meridian Foods"},
        (Section("The contract of Meridian Foods ends on 30 June 2027. Its success manager is Paul Weiss."),),
        frozenset({"group:delivery"}),
    ),
    (
        "urlaub",
        "Urlaubsrichtlinie",
        {"document_type": "policy", "language": "de"},
        (Section("Mitarbeiter in Deutschland haben 30 Tage Urlaub im Jahr. Der Antrag geht an die Teamleitung."),),
        frozenset({EVERYONE}),
    ),
    (
        "cooking",
        "Canteen",
        {},
        (Section("The canteen serves lunch from noon. On Fridays there is fish. Coffee is free for everyone."),),
        frozenset({EVERYONE}),
    ),
    (
        "travel",
        "Travel policy",
        {"document_type": "policy"},
        (Section("Train journeys are booked in second class. Hotels cost at most 140 euros a night in Europe."),),
        frozenset({EVERYONE}),
    ),
]


@pytest.fixture(scope="session")
def learned_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder for all tests of answering, in every process: what one embedded or learned, the next finds."""
    base = tmp_path_factory.getbasetemp()
    # A worker's folder lies in that of the whole run.
    folder = (base.parent if os.environ.get("PYTEST_XDIST_WORKER") else base) / "learned"
    folder.mkdir(exist_ok=True)
    return folder


@pytest.fixture(scope="session")
def embedder(learned_folder: Path) -> Embedder:
    """The packaged model, opened once a process."""
    return open_embedder(Settings(data_dir=learned_folder))


@pytest.fixture(scope="session")
def retriever(tmp_path_factory: pytest.TempPathFactory, embedder: Embedder) -> Retriever:
    folder = tmp_path_factory.mktemp("answering")
    settings = Settings(data_dir=folder)
    generations = FolderGenerations(folder / "index", Recipe("test", embedder.name, embedder.dim))
    with generations.write() as writer:
        for identifier, title, metadata, sections, allow in PAGES:
            document = Document(identifier, "test", title, f"https://docs.example/{identifier}.pdf", b"")
            document = replace(document, allow=allow, metadata=metadata)
            language = str(metadata.get("language", "en"))
            chunks = chunk_document(document, Parsed(sections), settings.chunking, language)
            writer.index.replace(identifier, chunks, embedder.encode_texts([embedding_text(c) for c in chunks]))
        writer.publish()
    return Retriever(generations, embedder, settings.retrieval, Weights())


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data_dir=tmp_path)
