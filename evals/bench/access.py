"""Who sees what, against a rule of its own: `python -m evals.bench.access [--pairs 10000] [--seed N] [--engine NAME]`.

Random people (in five spellings, some with groups of a token alone, some whose groups are unknown), nested groups with
circles, random access lists. Between four rounds lists change, members leave, documents are deleted. Each pair of a
person and a document is looked up by search, by id, in the pages' functions and in an export, on both engines.
The rule knows people and groups by number, and nothing of how addresses are written. Exit code 1 on a leak or a miss.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import yaml
from qdrant_client import QdrantClient

from assistant.records import Conversations
from core.arrays import FloatArray
from core.database import Engine, open_database
from core.identity import load_directory, save_memberships
from core.settings import AuthSettings, ServerSettings, Settings
from core.types import EVERYONE, UNKNOWN_GROUPS, Answer, Chunk, Citation, Passage, User
from ingestion.documents import find_documents, listed_documents, readable_counts, readable_ids
from ingestion.state import DocumentRecord, SyncState
from retrieval.engines.aliases import AliasGenerations
from retrieval.engines.generations import FolderGenerations, Generations, Recipe
from retrieval.query import Query
from retrieval.query.index import ChunkIndex

_PEOPLE, _GROUPS, _DOCUMENTS, _ROUNDS, _DIM = 60, 40, 300, 4, 16
_SOURCE = "s"
_ENGINES = ("embedded", "server")
# A principal of the rule: ("person", n), ("group", n), ("all", 0).
Who = tuple[str, int]
_ALL: Who = ("all", 0)


@dataclass
class World:
    """People, groups and documents by number, as the rule sees them.

    Attributes:
        members: Group → who is in it; a source or the users file says so.
        claimed: Person → groups that only the sign-in's token names.
        unknown: People whose token leaves groups out.
        lists: Document → (allow, deny).
    """

    chance: random.Random
    members: dict[int, set[Who]] = field(default_factory=dict)
    claimed: dict[int, set[int]] = field(default_factory=dict)
    unknown: set[int] = field(default_factory=set)
    lists: dict[int, tuple[frozenset[Who], frozenset[Who]]] = field(default_factory=dict)

    def fill(self) -> None:
        """Makes everything up."""
        c = self.chance
        for group in range(_GROUPS):
            people = {("person", c.randrange(_PEOPLE)) for _ in range(c.randrange(6))}
            inner = {("group", c.randrange(_GROUPS)) for _ in range(c.choice((0, 0, 1, 2)))}
            self.members[group] = people | inner
        for person in range(_PEOPLE):
            self.claimed[person] = {c.randrange(_GROUPS) for _ in range(c.choice((0, 0, 1, 3)))}
        self.unknown = set(c.sample(range(_PEOPLE), _PEOPLE // 10))
        for document in range(_DOCUMENTS):
            self.lists[document] = self.some_lists()

    def some_lists(self) -> tuple[frozenset[Who], frozenset[Who]]:
        """A random access list; every fifth denies somebody, every tenth is nobody's."""
        c = self.chance
        allow = frozenset(self._somebody() for _ in range(c.choice((0, 1, 1, 2, 2, 3, 3, 4, 5, 6))))
        deny = frozenset(self._somebody() for _ in range(c.choice((1, 2, 3)))) if c.random() < 0.35 else frozenset()
        return allow, deny - {_ALL} if c.random() < 0.9 else deny

    def _somebody(self) -> Who:
        kind = self.chance.choices(("person", "group", "all"), (40, 55, 5))[0]
        return (kind, self.chance.randrange({"person": _PEOPLE, "group": _GROUPS, "all": 1}[kind]))

    def change(self) -> list[int]:
        """Lists change, members leave and come, documents go; the documents whose lists are other ones."""
        c = self.chance
        for group in c.sample(range(_GROUPS), 10):
            if self.members[group]:
                self.members[group].discard(c.choice(sorted(self.members[group])))
            self.members[group] |= {("person", c.randrange(_PEOPLE))} if c.random() < 0.3 else set()
        for document in c.sample(sorted(self.lists), 10):
            del self.lists[document]
        changed = c.sample(sorted(self.lists), 60)
        for document in changed:
            self.lists[document] = self.some_lists()
        return changed

    def may_read(self, person: int, document: int) -> bool:
        """The rule: on the allow list by oneself, a group or everyone; and on no deny list."""
        if document not in self.lists:
            return False
        mine: set[Who] = {_ALL, ("person", person), *(("group", g) for g in self.claimed[person])}
        while more := {("group", g) for g, members in self.members.items() if members & mine} - mine:
            mine |= more
        allow, deny = self.lists[document]
        closed = bool(deny & mine) or (person in self.unknown and bool(deny))
        return bool(allow & mine) and not closed


def _address(person: int) -> str:
    return f"p{person}@{'partner' if person % 3 == 0 else 'home'}.example"


def _written(who: Who, chance: random.Random, *, deny: bool = False) -> str:
    """The principal as a source might write it."""
    kind, number = who
    if kind == "all":
        return EVERYONE
    if kind == "group":
        return f"group:Team-{number}" if not deny or chance.random() < 0.5 else f"group:TEAM-{number}"
    address = _address(number)
    spelled = [address, address.upper(), f"i:0#.f|membership|{address}", f"old-{address}"]
    if number % 3 == 0:
        spelled.append(f"{address.replace('@', '_')}#EXT#@host.example")
    return f"user:{chance.choice(spelled)}"


class Deployment:
    """The world in one engine, its state database and its users file."""

    def __init__(self, world: World, generations: Generations, folder: Path) -> None:
        self.world, self._generations, self.writes = world, generations, 0
        self.settings = self._settings = Settings(
            root=folder, auth=AuthSettings(mode="oidc", users_file=Path("users.yaml"))
        )
        self.engine: Engine = open_database(self._settings)
        self._state = SyncState(self.engine)
        self._conversations = Conversations(self.engine, lambda ids, user: readable_ids(self.engine, ids, user))

    @property
    def index(self) -> ChunkIndex:
        """What serves."""
        return self._generations.read()

    def write(self, changed: list[int] | None) -> None:
        """Brings index, state and groups up to the world; None writes everything."""
        self._write_groups()
        self.writes += 1
        with self._generations.write() as writer:
            gone = [r.id for r in self._state.records(outcome="indexed") if int(r.id[1:]) not in self.world.lists]
            writer.index.delete(gone)
            records = {n: self._record(n) for n in (self.world.lists if changed is None else changed)}
            for number, record in records.items():
                if changed is None:
                    writer.index.replace(record.id, [_chunk(record)], _vectors(number))
                else:
                    writer.index.set_access(record.id, record.allow, record.deny)
            writer.publish()
        self._state.commit(_SOURCE, records.values(), "c")
        self._state.blank(gone, "gone")

    def person(self, number: int) -> User:
        """The person as a sign-in has it."""
        spelled, claimed, unknown = self.told(number)
        groups = [*claimed, UNKNOWN_GROUPS] if unknown else claimed
        return load_directory(self._settings, self.engine).person(spelled, groups)

    def told(self, number: int) -> tuple[str, list[str], bool]:
        """(The person's address in some spelling, the groups of their token, whether it leaves some out)."""
        spelled = _written(("person", number), self.world.chance).removeprefix("user:")
        return spelled, [f"Team-{g}" for g in self.world.claimed[number]], number in self.world.unknown

    def exported(self, user: User, documents: list[int]) -> str:
        """A conversation with an answer that rests on each of the documents, as it is exported now."""
        conversation = self._conversations.start(user)
        for document in documents:
            quote = f"word{document} stands here."
            self._conversations.append(conversation, user, "What?", "What?", Answer(f"{quote} [1]", (
                Citation(1, f"d{document}", f"Title {document}", "", quote, 0, 1),
            )))  # fmt: skip
        text = self._conversations.export(conversation, user)
        self._conversations.delete(conversation, user)
        return text

    def _record(self, document: int) -> DocumentRecord:
        allow, deny = self.world.lists[document]
        return DocumentRecord(
            f"d{document}", _SOURCE, f"Title {document}", chunks=1,
            allow=tuple(_written(w, self.world.chance) for w in sorted(allow)),
            deny=tuple(_written(w, self.world.chance, deny=True) for w in sorted(deny)),
        )  # fmt: skip

    def _write_groups(self) -> None:
        chance = self.world.chance
        told = {g: [_written(w, chance) for w in sorted(m)] for g, m in self.world.members.items()}
        users = [{"email": _address(n), "aliases": [f"old-{_address(n)}"]} for n in range(_PEOPLE)]
        groups = {f"Team-{g}": {"members": members} for g, members in told.items() if g % 2}
        self._settings.path(Path("users.yaml")).write_text(yaml.safe_dump({"users": users, "groups": groups}))
        save_memberships(self.engine, _SOURCE, {f"Team-{g}": frozenset(m) for g, m in told.items() if not g % 2})


def _chunk(record: DocumentRecord) -> Chunk:
    number = record.id[1:]
    return Chunk(
        str(uuid.uuid5(uuid.NAMESPACE_URL, record.id)), record.id, 0, f"word{number} stands in this plan.",
        source=_SOURCE, title=record.title, allow=frozenset(record.allow), deny=frozenset(record.deny),
    )  # fmt: skip


def _vectors(document: int) -> FloatArray:
    vector = np.random.default_rng(document).standard_normal(_DIM).astype(np.float32)
    return (vector / np.linalg.norm(vector))[None, :]


def searched(index: ChunkIndex, document: int, user: User, limit: int = 20) -> list[Passage]:
    """What a search for the document's own words finds."""
    return index.search(Query(f"word{document} plan", _vectors(document)[0]), user, limit)


def looked_up(deployment: Deployment, number: int, documents: list[int]) -> Iterator[tuple[str, int, bool]]:
    """(Way, document, whether the person gets to see it that way) for each of the documents."""
    user, engine, index = deployment.person(number), deployment.engine, deployment.index
    listed = {d.id for d in listed_documents(engine)}
    readable = readable_ids(engine, [f"d{d}" for d in documents], user)
    text = deployment.exported(user, documents)
    for document in documents:
        name = f"d{document}"
        hits = searched(index, document, user)
        yield "search", document, any(hit.chunk.document_id == name for hit in hits)
        yield "by id", document, bool(index.document(name, user))
        yield "page: readable", document, name in readable and name in listed
        yield (
            "page: find",
            document,
            any(r.id == name for r in find_documents(engine, user, text=f"Title {document}", outcomes=["indexed"])),
        )
        yield "export", document, f"word{document} stands here" in text
    allowed = sum(deployment.world.may_read(number, document) for document in deployment.world.lists)
    counted = readable_counts(engine, user).get(_SOURCE, (0, 0))[0]
    yield "page: counts", -1, counted == allowed


# (Way, document, whether the person gets to see it that way) for a person and some documents.
Ways = Callable[[Deployment, int, list[int]], Iterator[tuple[str, int, bool]]]


def compare(deployment: Deployment, pairs: int, ways: Ways = looked_up) -> tuple[Counter[str], list[str]]:
    """(Counts of look-ups, leaks and misses; the first of them in words) of so many pairs in four rounds."""
    world, counts, wrong = deployment.world, Counter[str](), list[str]()
    each = pairs // _ROUNDS // _PEOPLE + 1
    for turn in range(_ROUNDS):
        deployment.write(world.change() if turn else None)
        for person in range(_PEOPLE):
            documents = world.chance.sample(range(_DOCUMENTS), each)
            for way, document, seen in ways(deployment, person, documents):
                right = world.may_read(person, document) if document >= 0 else True
                counts["look-ups"] += 1
                counts["pairs"] += way == "search"
                counts["allowed"] += right and way == "search"
                if seen != right:
                    kind = "leaks" if seen else "misses"
                    counts[kind] += 1
                    wrong.append(f"{kind}: round {turn}, person {person}, document {document}, {way}")
        told = ", ".join(f"{counts[name]:,} {name}" for name in ("pairs", "leaks", "misses"))
        print(f"round {turn + 1} of {_ROUNDS}: {told}", file=sys.stderr, flush=True)
    return counts, wrong[:10]


def _engines(folder: Path) -> Mapping[str, Generations]:
    recipe = Recipe("f", "m", _DIM)
    server = ServerSettings(collection="t")
    return {
        "embedded": FolderGenerations(folder / "index", recipe, 2),
        # Qdrant's own client in local mode: the conditions are those that go to a server.
        "server": AliasGenerations(QdrantClient(":memory:"), server, folder / "locks", recipe, 2),
    }


def main(ways: Ways = looked_up) -> None:
    """Prints for each engine how many pairs were looked up, and every leak and miss."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=int, default=10_000, help="on each engine")
    parser.add_argument("--seed", type=int, default=None, help="the same world again; default: a new one")
    # Qdrant's local mode looks at each point in Python: 10,000 pairs take most of an hour.
    parser.add_argument("--engine", choices=_ENGINES, help="only this one; default: both")
    given = parser.parse_args()
    seed = given.seed if given.seed is not None else random.SystemRandom().randrange(10**9)
    failed = False
    for name in [given.engine] if given.engine else _ENGINES:
        with tempfile.TemporaryDirectory() as folder:
            world = World(random.Random(seed))
            world.fill()
            begin = time.monotonic()
            counts, wrong = compare(Deployment(world, _engines(Path(folder))[name], Path(folder)), given.pairs, ways)
            print(
                f"{name}: seed {seed}, {counts['pairs']:,} pairs ({counts['allowed']:,} allowed), "
                f"{counts['look-ups']:,} look-ups, {counts['leaks']} leaks, {counts['misses']} misses, "
                f"{time.monotonic() - begin:.0f} s"
            )
            print("\n".join(wrong), end="\n" if wrong else "")
            failed = failed or bool(wrong)
    sys.exit(failed)


if __name__ == "__main__":
    main()
