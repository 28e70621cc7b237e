import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.errors import FilterError
from core.types import User
from retrieval.query.filters import All, AnyOf, Either, Exists, Not, Range, all_of, matches, names, parse_filter
from retrieval.query.index import Query
from tests.retrieval.conftest import make_generations
from tests.retrieval.fakes import make_chunk, vectors_of

ANA = User("ana@x.com")


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("customer=Acme", {"customer": "Acme"}),
        ("document_type in playbook, policy", {"document_type": ["playbook", "policy"]}),
        ("document_type in playbook,policy", {"document_type": {"in": ["playbook", "policy"]}}),
        ("size>=3 and size<9", {"size": {"from": 3, "below": 9}}),
        ("updated_at>=2026-01-01", {"updated_at": {"from": "2026-01-01"}}),
        ("exists renewal_date", {"renewal_date": {"exists": True}}),
        ("renewal_date exists and a=1", [{"renewal_date": {"exists": True}}, {"a": "1"}]),
        ("not exists renewal_date", {"renewal_date": {"exists": False}}),
        ("not status=superseded", {"status": {"not": "superseded"}}),
        ("status!=superseded", {"not": {"status": "superseded"}}),
        ("a=1 or b=2", {"any": [{"a": "1"}, {"b": "2"}]}),
        ("a=1 and (b=2 or c=3)", [{"a": "1"}, {"any": [{"b": "2"}, {"c": "3"}]}]),
    ],
)
def test_text_and_yaml_say_the_same(text, same):
    assert parse_filter(text) == parse_filter(same)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('customer="Smith and Sons"', "Smith and Sons"),
        ("customer='a=b'", "a=b"),
        ("customer=O'Brien", "O'Brien"),
        ("customer=Acme Corp", "Acme Corp"),
        ("customer=R&D!", "R&D!"),
        (r'customer="say \"hi\""', 'say "hi"'),
    ],
)
def test_values_with_spaces_quotes_and_signs(text, value):
    assert parse_filter(text) == AnyOf("customer", (value,))


def test_and_binds_closer_than_or_and_not_closest():
    parsed = parse_filter("not a=1 and b=2 or c=3")
    assert parsed == Either((All((Not(AnyOf("a", ("1",))), AnyOf("b", ("2",)))), AnyOf("c", ("3",))))
    assert names(parsed) == {"a", "b", "c"}


@pytest.mark.parametrize("nothing", [None, "", [], {}])
def test_nothing_is_no_filter(nothing):
    assert parse_filter(nothing) is None and matches(None, {})


@pytest.mark.parametrize(
    "wrong",
    ["customer", "=Acme", "a=1 and", "(a=1", "a=1)", "a>=soon", "a ~ b", "in a", 'a="x', {"a": {"near": 3}}, {"any": []}, 7,
     {"a": {"from": [1]}}],
)  # fmt: skip
def test_what_cannot_be_read_is_quoted_with_a_remedy(wrong):
    with pytest.raises(FilterError) as raised:
        parse_filter(wrong)
    assert len(str(raised.value)) > 30 and "Traceback" not in str(raised.value)


def test_joining():
    one, two = Exists("a"), Exists("b")
    assert all_of(None, None) is None and all_of(None, one) is one and all_of(one, two) == All((one, two))


ATTRIBUTES = ["a", "b.c", "d"]
scalars = st.one_of(
    st.sampled_from(
        ["Acme", "ACME", "x y", "2", "2.0", "true", "2026-01-05", "2026-01-05T12:00:00+00:00", "ß", "é" * 200]
    ),
    st.integers(-3, 3),
    st.sampled_from([0.5, 2.0]),
    st.booleans(),
)
values = st.one_of(scalars, st.lists(st.sampled_from(["Acme", "2", "x y"]), max_size=3).map(tuple))
metadata = st.dictionaries(st.sampled_from(ATTRIBUTES), values, max_size=3)
leaves = st.one_of(
    st.builds(AnyOf, st.sampled_from(ATTRIBUTES), st.lists(scalars, min_size=1, max_size=3).map(tuple)),
    st.builds(Exists, st.sampled_from(ATTRIBUTES)),
    st.builds(lambda a, n: Range(a, at_least=float(n)), st.sampled_from(ATTRIBUTES), st.integers(-3, 3)),
    st.builds(lambda a, n: Range(a, below=float(n)), st.sampled_from(ATTRIBUTES), st.integers(-3, 3)),
    st.sampled_from([parse_filter("a>=2026-01-05"), parse_filter("a>2026-01-05"), parse_filter("a=2026-01-05")]),
)
filters = st.recursive(
    leaves,
    lambda part: st.one_of(
        st.lists(part, min_size=1, max_size=3).map(lambda p: All(tuple(p))),
        st.lists(part, min_size=1, max_size=3).map(lambda p: Either(tuple(p))),
        part.map(Not),
    ),
    max_leaves=5,
)


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(documents=st.lists(metadata, min_size=1, max_size=6), condition=filters)
def test_each_engine_agrees_with_the_plain_rule(shared_index, documents, condition):
    shared_index.delete({c.document_id for c in shared_index.chunks()})
    for n, attributes in enumerate(documents):
        chunk = make_chunk(f"d{n}", 0, "plan", metadata={**attributes, "language": "en"})
        shared_index.replace(chunk.document_id, [chunk], vectors_of(["plan"]))
    hits = shared_index.search(Query("plan", filter=condition), ANA, 20)
    expected = {f"d{n}" for n, attributes in enumerate(documents) if matches(condition, attributes)}
    assert {p.chunk.document_id for p in hits} == expected


@pytest.fixture(scope="module", params=["edge", "server"])
def shared_index(request, tmp_path_factory):
    with make_generations(request.param, tmp_path_factory.mktemp(request.param)).write() as writer:
        yield writer.index
