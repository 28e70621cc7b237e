"""Generations of the index: a sync writes to a copy, publishing switches a pointer, readers follow it.

    .debrief/index/
        CURRENT                 the name of the generation that serves
        LOCK                    held by the one process that writes
        generation-000007/      generation.json and the engine's files; never written to again
        work/                   the copy being written; whatever is left of it after a crash is thrown away

The pointer is replaced by a rename, which is atomic: a reader sees the old generation or the new one, never half of
one. Rolling back points at an older one.
"""

from __future__ import annotations

import json
import logging
import os
import re
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

from core.errors import IndexDamaged, IndexMissing
from core.files import write_atomically
from retrieval.engines.edge import EdgeIndex
from retrieval.engines.files import content_hash, copy_tree, locked, make_durable, require_room, tree_size
from retrieval.query.index import ChunkIndex

log = logging.getLogger(__name__)

# Raised when what is stored of a chunk changes: an index of another layout is rebuilt by the next sync.
LAYOUT = 5

_CURRENT = "CURRENT"
_WORK = "work"
_METADATA = "generation.json"
_SHARD = "shard"
_NAME = re.compile(r"generation-(\d{6,})")


@dataclass(frozen=True)
class Recipe:
    """What an index depends on besides the documents.

    Attributes:
        fingerprint: Hash over model, chunking and rules; another one means that everything is to be indexed anew.
        model: The embedding model's name.
        dim: Length of its vectors.
        layout: How a chunk is stored, see LAYOUT.
    """

    fingerprint: str
    model: str
    dim: int
    layout: int = LAYOUT


@dataclass(frozen=True)
class Generation:
    """One published state of the index.

    Attributes:
        files: `content_hash` of each file of the engine when it was published; none on a server.
    """

    name: str
    created_at: str
    recipe: Recipe
    documents: int = 0
    chunks: int = 0
    note: str = ""
    files: dict[str, str] = field(default_factory=dict)


class GenerationWriter(Protocol):
    """A working copy. Leaving `Generations.write` without `publish` discards it."""

    @property
    def index(self) -> ChunkIndex:
        """Where to write. The copy is made at the first use, so a sync that changes nothing copies nothing."""
        ...

    def publish(self, note: str = "") -> Generation:
        """Makes what was written so far serve, atomically; the writer is done then."""
        ...


class Generations(Protocol):
    """The published states of one index; `FolderGenerations` here, `AliasGenerations` on a server.

    Attributes:
        in_place: A sync writes to the generation that serves, so that what it writes is seen before it publishes.
    """

    in_place: bool

    @property
    def current(self) -> Generation | None:
        """The generation that serves; None before the first sync."""
        ...

    def needs_rebuild(self) -> bool:
        """Whether the current generation was made by another recipe than the settings' one, or is damaged."""
        ...

    @contextmanager
    def write(self, rebuild: bool = False) -> Iterator[GenerationWriter]:
        """A writer on a copy of the current generation, or on an empty one. One at a time.

        Raises:
            IndexLocked: another one is at work.
        """
        ...

    def damage(self) -> str:
        """What is wrong with the generation that serves, in a sentence; empty when nothing is known to be."""
        ...

    def history(self) -> list[Generation]:
        """All generations that are kept, the newest first."""
        ...

    def gc(self) -> list[str]:
        """Removes all but the newest generations and the serving one, and what a crash left; what was removed."""
        ...

    def rollback(self, name: str | None = None) -> Generation:
        """Makes an older generation serve: the named one, or the one before the current.

        Raises:
            IndexMissing: there is none.
        """
        ...

    def read(self) -> ChunkIndex:
        """The index that serves now, opened once and again after each switch.

        Raises:
            IndexMissing: nothing has been published yet.
        """
        ...


class FolderGenerations:
    """Generations of the embedded engine in one folder."""

    in_place = False

    def __init__(self, folder: Path, recipe: Recipe | None = None, keep: int = 3) -> None:
        self.folder = folder
        self.recipe = recipe
        self.keep = keep
        self._open: tuple[str, EdgeIndex] | None = None
        self._whole = ""
        self._opening = threading.Lock()

    @property
    def current(self) -> Generation | None:
        name = self._current_id()
        return None if name is None else self._describe(name)

    def needs_rebuild(self) -> bool:
        current = self.current
        return (
            current is not None and self.recipe is not None and (current.recipe != self.recipe or bool(self.damage()))
        )

    def damage(self) -> str:
        """What is wrong with the generation that serves, in a sentence; empty when it holds what was published."""
        current = self.current
        if current is None:
            return ""
        try:
            found = self.read().count()
        except IndexDamaged as error:
            return str(error)
        if found != current.chunks:
            what = f"holds {found:,} chunks and {current.chunks:,} were written"
        elif changed := self._changed(current):
            what = f"isn't as it was written ({changed})"
        else:
            return ""
        return (
            f"The index {self.folder / current.name} {what}; run `debrief sync`, which builds it anew, or go back "
            "with `debrief index rollback`."
        )

    def _changed(self, generation: Generation) -> str:
        """The first file that has other content than was published; read once a generation, not at each question."""
        if self._whole == generation.name:
            return ""
        shard = self.shard(generation.name)
        for name, digest in generation.files.items():
            if not (shard / name).is_file() or content_hash(shard / name) != digest:
                return name
        self._whole = generation.name
        return ""

    @contextmanager
    def write(self, rebuild: bool = False) -> Iterator[FolderWriter]:
        if self.recipe is None:
            raise ValueError("writing needs a recipe; these generations were opened for reading")
        with locked(self.folder):
            work = self.folder / _WORK
            shutil.rmtree(work, ignore_errors=True)  # a crashed writer's
            writer = FolderWriter(self, work, self.recipe, rebuild)
            try:
                yield writer
            finally:
                writer.discard()

    def history(self) -> list[Generation]:
        return [self._describe(name) for name in sorted(self._names(), key=_number, reverse=True)]

    def gc(self) -> list[str]:
        if not self.folder.is_dir():
            return []
        with locked(self.folder):
            removed = self._remove_old()
            for left in [*self.folder.glob(_WORK), *self.folder.glob("removed-*")]:
                shutil.rmtree(left, ignore_errors=True)
                removed.append(left.name)
            return removed

    def rollback(self, name: str | None = None) -> Generation:
        if self._current_id() is None:
            raise self._missing()
        with locked(self.folder):
            names = sorted(self._names(), key=_number)
            current = self._current_id()
            older = [n for n in names if current is not None and _number(n) < _number(current)]
            wanted = name or (older[-1] if older else None)
            if wanted is None or wanted not in names:
                sought = name or "before the current one"
                raise IndexMissing(
                    f"There is no generation {sought} in {self.folder}; kept are {', '.join(names) or 'none'}."
                )
            self._serve(wanted)
            return self._describe(wanted)

    def read(self) -> EdgeIndex:
        name = self._current_id()
        if name is None:
            raise self._missing()
        opened = self._open
        if opened is not None and opened[0] == name:
            return opened[1]
        with self._opening:
            if self._open is None or self._open[0] != name:
                # The old index isn't closed here: searches in other threads may still be using it. It goes
                # when the last of them lets go of it.
                self._open = (name, EdgeIndex.load(self.folder / name / _SHARD))
            return self._open[1]

    def publish(self, work: Path, generation: Generation) -> None:
        """Moves the finished working copy into place and makes it serve; for `FolderWriter`."""
        write_atomically(work / _METADATA, json.dumps(asdict(generation), indent=2))
        make_durable(work)
        os.replace(work, self.folder / generation.name)
        self._serve(generation.name)
        self._remove_old()

    def next_name(self) -> str:
        """A name that no kept generation has."""
        return f"generation-{max(map(_number, self._names()), default=0) + 1:06d}"

    def shard(self, name: str) -> Path:
        """The folder of a generation's engine files."""
        return self.folder / name / _SHARD

    def _serve(self, name: str) -> None:
        write_atomically(self.folder / _CURRENT, name)
        log.info("generation %(generation)s serves now", {"generation": name})

    def _missing(self) -> IndexMissing:
        return IndexMissing(f"There is no index in {self.folder} yet; run `debrief sync`.")

    def _remove_old(self) -> list[str]:
        serving = self._current_id()
        old = [name for name in sorted(self._names(), key=_number)[: -self.keep] if name != serving]
        for name in old:
            # Renamed first: a reader that lets go of it late would put a file back into a half-removed folder.
            gone = self.folder / f"removed-{name}"
            os.replace(self.folder / name, gone)
            shutil.rmtree(gone, ignore_errors=True)
        return old

    def _names(self) -> list[str]:
        return [p.name for p in self.folder.glob("generation-*") if _NAME.fullmatch(p.name)]

    def _current_id(self) -> str | None:
        try:
            name = (self.folder / _CURRENT).read_text(encoding="utf-8").strip()
        except FileNotFoundError:
            return None
        if not _NAME.fullmatch(name):
            raise IndexDamaged(
                f"{self.folder / _CURRENT} says {name[:40]!r}, which is no generation; go back with "
                "`debrief index rollback`, or delete the folder and run `debrief sync`."
            )
        return name

    def _describe(self, name: str) -> Generation:
        path = self.folder / name / _METADATA
        try:
            raw = json.loads(path.read_text(encoding="utf-8"))
            return Generation(**{**raw, "recipe": Recipe(**{"layout": 1, **raw["recipe"]})})
        except (OSError, ValueError, TypeError, KeyError) as error:
            raise IndexDamaged(
                f"{path} can't be read ({error}); go back with `debrief index rollback`, "
                "or delete that generation and run `debrief sync`."
            ) from error


class FolderWriter:
    """A working copy in a folder beside the generations."""

    def __init__(self, generations: FolderGenerations, work: Path, recipe: Recipe, rebuild: bool) -> None:
        self._generations = generations
        self._work = work
        self._recipe = recipe
        self._rebuild = rebuild
        self._index: EdgeIndex | None = None

    @property
    def index(self) -> EdgeIndex:
        self._generations.folder.mkdir(parents=True, exist_ok=True)
        require_room(self._generations.folder)
        if self._index is None:
            current = self._generations.current
            shard = self._work / _SHARD
            if current is None or self._rebuild:
                self._index = EdgeIndex.create(shard, self._recipe.dim)
            else:
                if current.recipe.dim != self._recipe.dim:
                    raise ValueError(f"vectors of {self._recipe.dim} dimensions into an index of {current.recipe.dim}")
                # The copy, and once more what putting its parts together takes.
                require_room(self._generations.folder, 2 * tree_size(self._generations.shard(current.name)))
                copy_tree(self._generations.shard(current.name), shard)
                self._index = EdgeIndex.load(shard)
        return self._index

    def publish(self, note: str = "") -> Generation:
        index = self.index
        index.optimize()
        generation = Generation(
            name=self._generations.next_name(),
            created_at=datetime.now(UTC).isoformat(timespec="seconds"),
            recipe=self._recipe,
            documents=index.document_count(),
            chunks=index.count(),
            note=note,
        )
        index.close()
        self._index = None
        shard = self._work / _SHARD
        # The first load after a write folds the engine's journals in and removes them. Done here, before anybody
        # reads, it leaves files that no later load changes: readers and copies then don't disturb each other.
        EdgeIndex.load(shard).close()
        files = {p.relative_to(shard).as_posix(): content_hash(p) for p in sorted(shard.rglob("*")) if p.is_file()}
        generation = replace(generation, files=files)
        self._generations.publish(self._work, generation)
        return generation

    def discard(self) -> None:
        """Throws away what wasn't published."""
        if self._index is not None:
            self._index.close()
            self._index = None
        shutil.rmtree(self._work, ignore_errors=True)


def _number(name: str) -> int:
    return int(name.rpartition("-")[2])
