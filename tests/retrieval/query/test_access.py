"""No passage that the rule refuses, none missing that it allows: on both engines, for random people and lists."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.identity import Directory, normalised
from core.types import UNKNOWN_GROUPS, User
from retrieval.query.access import may_read
from retrieval.query.filters import parse_filter
from retrieval.query.index import Query
from tests.retrieval.conftest import make_generations
from tests.retrieval.fakes import make_chunk, vector_of, vectors_of

EMAILS = ["ana@x.com", "bo@x.com", "Cy@X.com"]
GROUPS = ["board", "emea", "Emea", "sales", "sales-de"]
PRINCIPALS = [*(f"user:{e}" for e in EMAILS), *(f"group:{g}" for g in GROUPS), "everyone"]
TEXT = "the plan"

lists = st.frozensets(st.sampled_from(PRINCIPALS), max_size=4)
documents = st.lists(st.tuples(lists, lists), min_size=1, max_size=12)
# Group → its members; groups hold people and other groups, in circles too.
memberships = st.dictionaries(st.sampled_from(GROUPS), st.frozensets(st.sampled_from(PRINCIPALS[:-1]), max_size=3))


def test_the_rule():
    ana = User("Ana@x.com", ("emea",))
    assert may_read(ana, ["everyone"], [])
    assert may_read(ana, ["user:ANA@x.com"], [])
    assert not may_read(ana, [], [])
    assert not may_read(ana, ["group:EMEA"], [])  # groups that open are compared as they are written …
    assert not may_read(ana, ["everyone"], ["group:EMEA"])  # … and groups that close in any case
    assert not may_read(User("m\u00fc@x.com"), ["everyone"], ["user:mu\u0308@x.com"])
    assert not may_read(ana, ["user:ana@x.com"], ["group:emea"])
    assert not may_read(ana, ["everyone", "group:emea"], ["everyone"])


def test_who_may_be_in_a_denied_group_is_denied():
    overflowed = User("ana@x.com", ("emea", UNKNOWN_GROUPS))
    assert may_read(overflowed, ["group:emea"], [])
    assert not may_read(overflowed, ["everyone"], ["group:contractors"])


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(documents=documents, groups=memberships, email=st.sampled_from(EMAILS), later=documents, claimed=st.booleans())
def test_each_engine_shows_what_the_rule_allows(shared_index, documents, groups, email, later, claimed):
    index = shared_index
    index.delete({c.document_id for c in index.chunks()})
    directory = Directory(members={name: normalised(members) for name, members in groups.items()})
    user = User(email, directory.groups_of(email, [] if claimed else [UNKNOWN_GROUPS]))
    access = {}
    for n, (allow, deny) in enumerate(documents):
        chunk = make_chunk(
            f"d{n}", 0, TEXT, allow=allow, deny=deny, metadata={"kind_of": "even" if n % 2 == 0 else "odd"}
        )
        index.replace(chunk.document_id, [chunk], vectors_of([TEXT]))
        access[chunk.document_id] = (allow, deny)
    for n, (allow, deny) in enumerate(later[: len(documents)]):
        index.set_access(f"d{n}", allow, deny)
        access[f"d{n}"] = (allow, deny)
    allowed = {name for name, (allow, deny) in access.items() if may_read(user, allow, deny)}

    for query in (Query(TEXT, vector_of(TEXT)), Query(TEXT), Query("", vector_of(TEXT))):
        assert {p.chunk.document_id for p in index.search(query, user, 50)} == allowed
    # A filter never opens what the access list closes, however it is built.
    for text in (
        "kind_of=odd",
        "not kind_of=odd",
        "kind_of=odd or kind_of=even",
        "not (kind_of=odd and exists kind_of)",
    ):
        hits = index.search(Query(TEXT, vector_of(TEXT), filter=parse_filter(text)), user, 50)
        assert {p.chunk.document_id for p in hits} <= allowed
    assert {name for name in access if index.document(name, user)} == allowed


@pytest.fixture(scope="module", params=["edge", "server"])
def shared_index(request, tmp_path_factory):
    generations = make_generations(request.param, tmp_path_factory.mktemp(request.param))
    with generations.write() as writer:
        yield writer.index
