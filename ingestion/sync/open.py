"""Puts the write path together from the settings."""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime

from connectors.registry import check_sources, open_source
from core.database import Engine, held_alone, open_database
from core.errors import DebriefError, IndexLocked, SettingsError
from core.nearest import nearest
from core.settings import Settings, SourceSettings
from core.types import Connector
from ingestion.enrich import RulesFile, load_rules
from ingestion.enrich.prepare import Preparation
from ingestion.parse import ParserPool
from ingestion.recordings import forget_recordings, recordings_folder
from ingestion.state import SyncState
from ingestion.sync.source_sync import SyncContext, SyncOptions
from retrieval.engines import Recipe, open_generations
from retrieval.models import CachedEmbedder, open_embedder

Pairs = Sequence[tuple[SourceSettings, Connector | DebriefError]]

log = logging.getLogger(__name__)
# The advisory lock of whoever writes the index; any number that nothing else in the database uses.
_WRITER = 0x6465_6272_6966


@contextmanager
def open_sync(settings: Settings, names: Sequence[str], options: SyncOptions) -> Iterator[tuple[SyncContext, Pairs]]:
    """What `sync_sources` needs for the sources `names` (none named: all of them).

    Raises:
        SettingsError: an unknown source, or settings of a source that its connector doesn't accept.
    """
    chosen = choose_sources(settings, names)
    check_sources(settings)
    rules = load_rules(settings)
    engine = open_database(settings)
    embedder = open_embedder(settings)
    generations = open_generations(settings, recipe(settings, rules, embedder))
    if damage := generations.damage():
        log.warning("the index is built anew: %(damage)s", {"damage": damage})
    if generations.needs_rebuild():
        # Another model, chunking or rule set changes every document, so every source takes part.
        chosen = list(settings.sources)
    pairs: list[tuple[SourceSettings, Connector | DebriefError]] = []
    for source in chosen:
        try:
            pairs.append((source, open_source(source, settings)))
        except DebriefError as error:
            pairs.append((source, error))
    state = SyncState(engine)
    with _the_only_writer(engine), ParserPool(settings.parsing, kept=recordings_folder(settings)) as pool:
        yield (
            SyncContext(
                engine=engine,
                state=state,
                generations=generations,
                embedder=embedder,
                preparation=Preparation(pool.parse, rules, settings.chunking, datetime.now(UTC)),
                limits=settings.sync,
                options=options,
                configured=frozenset(source.name for source in settings.sources),
                parse_workers=settings.parsing.workers,
            ),
            pairs,
        )
    forget_recordings(settings, state)


@contextmanager
def _the_only_writer(engine: Engine) -> Iterator[None]:
    """Alone on all machines that share the state; on one machine the index's own lock sees to it.

    Raises:
        IndexLocked: another sync is at work.
    """
    with ExitStack() as held:
        if engine.dialect.name == "postgresql":
            try:
                held.enter_context(held_alone(engine, _WRITER))
            except BlockingIOError as error:
                raise IndexLocked(f"The index is being written by {error}; try again when that has ended.") from error
        yield


def choose_sources(settings: Settings, names: Sequence[str]) -> list[SourceSettings]:
    """The named sources, or all.

    Raises:
        SettingsError: there are none, or a name isn't in the settings.
    """
    if not settings.sources:
        raise SettingsError(f"{settings.file} lists no sources; add one under `sources:` (see docs/connectors.md).")
    known = {source.name: source for source in settings.sources}
    for name in names:
        if name not in known:
            hint = nearest(name, known, "sources")
            raise SettingsError(f"There is no source named {name!r} in {settings.file}; {hint}")
        if known[name].paused:
            raise SettingsError(f"The source {name} is paused; run `debrief sources resume {name}` first.")
    return [known[name] for name in names] or [source for source in settings.sources if not source.paused]


# Raised where parsing or enrichment reads more of the same files than before: then everything is read anew.
_READING = 2


def recipe(settings: Settings, rules: RulesFile, embedder: CachedEmbedder) -> Recipe:
    """What a generation depends on besides the documents; with another one it must be rebuilt."""
    parts = {
        "reading": _READING,
        "model": embedder.name,
        "chunking": settings.chunking.model_dump(),
        "rules": rules.model_dump(mode="json"),
        "mappings": {source.name: source.mapping for source in settings.sources if source.mapping},
        "unvetted": {source.name: source.unvetted for source in settings.sources if source.unvetted != "index"},
    }
    digest = hashlib.sha256(json.dumps(parts, sort_keys=True, default=str).encode()).hexdigest()
    return Recipe(digest[:16], embedder.name, embedder.dim)
