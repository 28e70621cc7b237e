"""Generations on a Qdrant server: collections "<name>-000001", …, and an alias "<name>" on the one that serves.

A server has no cheap copy of a collection. So a sync writes to the serving collection, document by document, each
of them replaced in one step; only a rebuild (another model, chunking or rules) fills a new collection, and publishing
switches the alias to it in one request. A sync that stops half-way is repeated from its last cursor.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from qdrant_client import QdrantClient, models

from core.errors import IndexDamaged, IndexMissing
from core.settings import ServerSettings
from retrieval.engines.files import locked
from retrieval.engines.generations import Generation, Recipe
from retrieval.engines.server import ServerIndex, asked, create_collection

log = logging.getLogger(__name__)


class AliasGenerations:
    """Generations of one alias. `folder` holds the writer's lock, which covers this machine."""

    in_place = True

    def __init__(
        self, client: QdrantClient, settings: ServerSettings, folder: Path, recipe: Recipe | None = None, keep: int = 3
    ) -> None:
        self._client = client
        self._settings = settings
        self._folder = folder
        self.recipe = recipe
        self.keep = keep
        self._reading: ServerIndex | None = None

    @property
    def alias(self) -> str:
        """The name under which the serving collection is searched."""
        return self._settings.collection

    @property
    def current(self) -> Generation | None:
        collection = self._serving()
        return None if collection is None else self._describe(collection)

    def needs_rebuild(self) -> bool:
        current = self.current
        return current is not None and self.recipe is not None and current.recipe != self.recipe

    def damage(self) -> str:
        # The server looks after its own collections.
        return ""

    @contextmanager
    def write(self, rebuild: bool = False) -> Iterator[AliasWriter]:
        if self.recipe is None:
            raise ValueError("writing needs a recipe; these generations were opened for reading")
        with locked(self._folder):
            writer = AliasWriter(self, self._client, self._settings, self.recipe, rebuild)
            try:
                yield writer
            finally:
                writer.discard()

    def history(self) -> list[Generation]:
        return [self._describe(name) for name in sorted(self._collections(), reverse=True)]

    def gc(self) -> list[str]:
        with locked(self._folder):
            return self.remove_old()

    def rollback(self, name: str | None = None) -> Generation:
        with locked(self._folder):
            names, serving = sorted(self._collections()), self._serving()
            older = [n for n in names if serving is not None and n < serving]
            wanted = name or (older[-1] if older else None)
            if wanted is None or wanted not in names:
                sought = name or "before the current one"
                raise IndexMissing(
                    f"There is no generation {sought} on the index server; kept are {', '.join(names) or 'none'}."
                )
            self.serve(wanted)
            return self._describe(wanted)

    def read(self) -> ServerIndex:
        if self._reading is None:
            if self._serving() is None:
                raise IndexMissing(f"The index server has no index {self.alias!r} yet; run `debrief sync`.")
            # It reads through the alias, so a switch needs no second look.
            self._reading = ServerIndex(self._client, self.alias)
        return self._reading

    def serve(self, collection: str) -> None:
        """Points the alias at `collection`, in one request."""
        operations: list[Any] = []
        if self._serving() is not None:
            operations.append(models.DeleteAliasOperation(delete_alias=models.DeleteAlias(alias_name=self.alias)))
        create = models.CreateAlias(collection_name=collection, alias_name=self.alias)
        operations.append(models.CreateAliasOperation(create_alias=create))
        asked(self._client.update_collection_aliases, operations)
        log.info("generation %(generation)s serves now", {"generation": collection})

    def next_name(self) -> str:
        """A collection name that isn't taken."""
        numbers = [int(name.rpartition("-")[2]) for name in self._collections()]
        return f"{self.alias}-{max(numbers, default=0) + 1:06d}"

    def remove_old(self) -> list[str]:
        """Drops all but the newest collections and the serving one; the caller holds the lock."""
        serving = self._serving()
        old = [name for name in sorted(self._collections())[: -self.keep] if name != serving]
        for name in old:
            asked(self._client.delete_collection, name)
        return old

    def _serving(self) -> str | None:
        aliases = asked(self._client.get_aliases).aliases
        return next((a.collection_name for a in aliases if a.alias_name == self.alias), None)

    def _collections(self) -> list[str]:
        found = asked(self._client.get_collections).collections
        start = f"{self.alias}-"
        return [c.name for c in found if c.name.startswith(start) and c.name[len(start) :].isdigit()]

    def _describe(self, collection: str) -> Generation:
        raw = asked(self._client.get_collection, collection).config.metadata or {}
        try:
            return Generation(**{**raw, "name": collection, "recipe": Recipe(**{"layout": 1, **raw["recipe"]})})
        except (TypeError, KeyError) as error:
            raise IndexDamaged(
                f"The collection {collection!r} on the index server doesn't say how it was made; "
                "delete it and run `debrief sync`."
            ) from error


class AliasWriter:
    """Writes to the serving collection, or fills a new one when rebuilding."""

    def __init__(
        self,
        generations: AliasGenerations,
        client: QdrantClient,
        settings: ServerSettings,
        recipe: Recipe,
        rebuild: bool,
    ) -> None:
        self._generations = generations
        self._client = client
        self._settings = settings
        self._recipe = recipe
        self._rebuild = rebuild
        self._generation: Generation | None = None
        self._index: ServerIndex | None = None
        self._new = False

    @property
    def index(self) -> ServerIndex:
        if self._index is None:
            current = self._generations.current
            self._new = current is None or self._rebuild
            if current is None or self._rebuild:
                current = Generation(self._generations.next_name(), _now(), self._recipe)
                create_collection(self._client, current.name, self._recipe.dim, self._settings, asdict(current))
            self._generation = current
            self._index = ServerIndex(self._client, current.name)
        return self._index

    def publish(self, note: str = "") -> Generation:
        index = self.index
        assert self._generation is not None
        index.close()
        generation = replace(
            self._generation,
            created_at=_now(),
            recipe=self._recipe,
            documents=index.document_count(),
            chunks=index.count(),
            note=note,
        )
        asked(self._client.update_collection, generation.name, metadata=asdict(generation))
        if self._new:
            self._generations.serve(generation.name)
            self._generations.remove_old()
        self._index = None
        return generation

    def discard(self) -> None:
        """Drops a new collection that wasn't published."""
        if self._index is not None and self._new and self._generation is not None:
            asked(self._client.delete_collection, self._generation.name)
        self._index = None


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
