import numpy as np
import pytest

from core.errors import IdentityError
from core.types import User
from retrieval.query.filters import parse_filter
from retrieval.query.index import Query
from retrieval.query.weights import parse_weights
from tests.retrieval.conftest import make_generations
from tests.retrieval.fakes import make_chunk, vector_of, vectors_of

ANA = User("Ana@X.com", ("emea",))


def put(index, document_id, *texts, **fields):
    chunks = [make_chunk(document_id, n, text, **fields) for n, text in enumerate(texts)]
    index.replace(document_id, chunks, vectors_of(list(texts)))


def ask(index, text, user=ANA, limit=10, **options):
    return index.search(Query(text, vector_of(text), **options), user, limit)


def found(passages):
    return [(p.chunk.document_id, p.chunk.ordinal) for p in passages]


def fill(index):
    put(
        index,
        "a",
        "the price of the premium plan",
        "renewal terms of the plan",
        source="wiki",
        title="Plans",
        heading_path=("Prices", "Premium"),
        page=4,
        metadata={
            "customer": "Acme",
            "updated_at": "2026-01-05T10:00:00+00:00",
            "size": 3,
            "ok": True,
            "tags": ("x", "Y"),
        },
    )
    put(index, "b", "premium plan price list", metadata={"customer": "Beta", "size": 40, "updated_at": "2025-06-01"})
    put(index, "c", "holidays in august", metadata={"document_type": "policy"})


@pytest.fixture
def plans(index):
    fill(index)
    return index


@pytest.fixture(scope="module", params=["edge", "server"])
def read_only_plans(request, tmp_path_factory):
    generations = make_generations(request.param, tmp_path_factory.mktemp(request.param))
    with generations.write() as writer:
        fill(writer.index)
        yield writer.index


def test_a_passage_has_its_chunk_and_every_score_that_made_it(read_only_plans):
    best = ask(read_only_plans, "premium plan price list")[0]
    assert found([best]) == [("b", 0)]
    why = best.why
    assert why.text > 0 and why.vector == pytest.approx(1, abs=1e-3) and why.fused == why.final == best.score
    assert best.vector_similarity == pytest.approx(1, abs=1e-3)
    chunk = next(p.chunk for p in ask(read_only_plans, "renewal terms") if p.chunk.ordinal == 1)
    assert (chunk.source, chunk.title, chunk.heading_path, chunk.page) == ("wiki", "Plans", ("Prices", "Premium"), 4)
    assert chunk.metadata["tags"] == ("x", "Y") and chunk.allow == {"everyone"}


def test_a_table_comes_back_with_its_rows_also_after_a_change_of_metadata(plans):
    rows = (("Plan", "Note"), ("Basic|S", ""), ("Größe", "5 \\"))
    put(plans, "t", "| Plan | Note |", kind="table", rows=rows)
    plans.set_metadata("t", {"customer": "Gamma"})
    plans.set_access("t", ["everyone"], [])
    (chunk,) = plans.document("t", ANA)
    assert (chunk.rows, chunk.metadata["customer"]) == (rows, "Gamma")
    assert plans.document("c", ANA)[0].rows == ()


def test_a_hit_of_the_text_search_alone_has_a_cosine_too(index):
    for n in range(15):
        put(index, f"near{n}", f"storage storage storage volume {n}")
    put(index, "far", "zebra unrelated words entirely about animals on the savanna and their food chain")
    query = Query("zebra", vector_of("storage storage volume"), prefetch=10)
    passage = next(p for p in index.search(query, ANA, 10) if p.chunk.document_id == "far")
    assert passage.why.vector is None
    expected = float(vector_of("storage storage volume") @ vector_of(passage.chunk.text))
    assert passage.vector_similarity == pytest.approx(expected, abs=1e-4)


def test_text_alone_and_vector_alone_search_too(read_only_plans):
    by_text = read_only_plans.search(Query("holidays"), ANA, 5)
    assert found(by_text) == [("c", 0)] and by_text[0].why.vector is None
    by_vector = read_only_plans.search(Query("", vector_of("holidays in august")), ANA, 1)
    assert found(by_vector) == [("c", 0)] and by_vector[0].why.text is None
    assert read_only_plans.search(Query("  "), ANA, 5) == []
    assert read_only_plans.search(Query("the of"), ANA, 5) == []  # stop words alone


def test_search_without_a_user_is_refused(read_only_plans):
    for nobody in (None, User("")):
        with pytest.raises(IdentityError):
            ask(read_only_plans, "premium", user=nobody)
        with pytest.raises(IdentityError):
            read_only_plans.document("a", nobody)


def test_replacing_a_document_leaves_no_old_chunk(plans):
    put(plans, "a", "only the renewal now")
    assert [c.text for c in plans.document("a", ANA)] == ["only the renewal now"]
    assert plans.count() == 3
    put(plans, "a")
    assert plans.document("a", ANA) == [] and plans.count() == 2


def test_writing_the_same_twice_leaves_one(plans):
    put(plans, "b", "premium plan price list")
    put(plans, "b", "premium plan price list")
    assert plans.count() == 4


def test_delete_takes_documents_and_ignores_unknown_ones(plans):
    plans.delete(["a", "nothing"])
    assert {c.document_id for c in plans.chunks()} == {"b", "c"}


def test_access_changes_without_embedding(plans):
    plans.set_access("b", ["user:BO@x.com"], ["group:emea"])
    assert "b" not in {d for d, _ in found(ask(plans, "premium plan price list"))}
    assert found(ask(plans, "premium plan price list", user=User("bo@X.com")))[0] == ("b", 0)
    assert ask(plans, "premium plan price list", user=User("bo@x.com", ("emea",)))[0].chunk.document_id != "b"
    plans.set_access("b", [], [])
    assert plans.document("b", ANA) == []


def test_metadata_changes_without_embedding(plans):
    plans.set_metadata("b", {"customer": "Gamma", "tier": 2})
    assert found(ask(plans, "price", filter=parse_filter("customer=gamma and tier=2"))) == [("b", 0)]
    assert ask(plans, "price", filter=parse_filter("customer=Beta or exists size and document_id=b")) == []


@pytest.mark.parametrize(
    ("text", "documents"),
    [
        ("customer=acme", "a"),
        ("customer!=acme", "bc"),
        ("customer in Beta, ACME", "ab"),
        ("updated_at>=2026-01-05", "a"),
        ("updated_at>2026-01-05", ""),
        ("updated_at=2026-01-05", "a"),
        ("updated_at<=2026-01-05", "ab"),
        ("updated_at<2026-01-05", "b"),
        ("size=3", "a"),
        ("size>3", "b"),
        ("size>=3 and size<40", "a"),
        ("ok=true", "a"),
        ("ok=false", ""),
        ("tags=y", "a"),
        ("exists document_type", "c"),
        ("not exists document_type", "ab"),
        ("source=wiki", "a"),
        ("page=4", "a"),
        ("(customer=Beta or size=3) and not source=wiki", "b"),
        ("updated_at>=today-36500d", "ab"),
    ],
)
def test_filters(read_only_plans, text, documents):
    hits = ask(read_only_plans, "premium plan price renewal holidays", filter=parse_filter(text))
    assert {d for d, _ in found(hits)} == set(documents)


def test_an_attribute_with_values_of_many_types(index):
    put(index, "text", "plan", metadata={"version": "2.1 beta"})
    put(index, "number", "plan", metadata={"version": 2})
    put(index, "spelled", "plan", metadata={"version": "2"})
    put(index, "odd", "plan", metadata={"a.b [c]": "ü"})
    assert {d for d, _ in found(ask(index, "plan", filter=parse_filter("version=2")))} == {"number", "spelled"}
    assert {d for d, _ in found(ask(index, "plan", filter=parse_filter({"version": "2.1 BETA"})))} == {"text"}
    assert {d for d, _ in found(ask(index, "plan", filter=parse_filter({"a.b [c]": "Ü"})))} == {"odd"}


def test_weights_reorder_and_neither_admit_nor_hide(read_only_plans):
    plain = ask(read_only_plans, "premium plan price")
    weights = parse_weights({"customer": {"acme": "very_high", "beta": "-very_high"}})
    weighted = ask(read_only_plans, "premium plan price", weights=weights)
    assert set(found(plain)) == set(found(weighted))
    assert found(weighted)[0][0] == "a"
    why = weighted[0].why
    assert [(b.attribute, b.value, b.factor) for b in why.boosts] == [("customer", "Acme", 2.0)]
    assert why.final == pytest.approx(why.fused * 2) == weighted[0].score


def test_german_and_english_are_stemmed_by_their_own_rules(index):
    put(index, "de", "Die Kündigungen müssen schriftlich eingereicht werden", metadata={"language": "de"})
    put(index, "en", "Cancellations must be submitted in writing", metadata={"language": "en"})
    german = Query("Kündigung schriftlich einreichen", None, languages=("de",))
    assert found(index.search(german, ANA, 5)) == [("de", 0)]
    english = Query("how is a cancellation submitted?", None)
    assert found(index.search(english, ANA, 5)) == [("en", 0)]
    assert set(index.languages()) == {"de", "en"}


def test_a_vector_of_wrong_count_is_refused(index):
    with pytest.raises(ValueError, match="1 chunks, 2 vectors"):
        index.replace("x", [make_chunk("x", 0, "a")], np.zeros((2, 64), dtype=np.float32))


def test_documents_are_listed_once_each_for_who_may_read_them(index):
    fill(index)
    put(index, "closed", "the board's minutes", allow=("group:board",), metadata={"customer": "Acme"})
    put(index, "denied", "a first page", "a second one", deny=("user:ana@x.com",), metadata={"customer": "Acme"})

    def listed(user, filters=None):
        return sorted((c.document_id, c.ordinal) for c in index.documents(user, filters))

    assert listed(ANA) == [("a", 0), ("b", 0), ("c", 0)]
    assert listed(ANA, parse_filter({"customer": "acme"})) == [("a", 0)]
    assert listed(User("bo@x.com", ("board",)), parse_filter({"customer": "Acme"})) == [
        ("a", 0),
        ("closed", 0),
        ("denied", 0),
    ]
    assert {c.document_id for c in index.chunks(parse_filter("customer != acme"))} == {"b", "c"}
