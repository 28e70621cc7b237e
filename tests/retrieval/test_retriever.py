import threading

import pytest

from core.errors import IndexDamaged, IndexMissing
from core.settings import RetrievalSettings, Settings
from core.types import Passage, User
from retrieval.engines.generations import FolderGenerations, Recipe
from retrieval.query.search import Search
from retrieval.query.weights import Weights, parse_weights
from retrieval.retriever import Retriever, diversified, group_by_document, open_retriever, without_copies
from tests.retrieval.conftest import RECIPE
from tests.retrieval.fakes import WordEmbedder, make_chunk, vectors_of

ANA = User("ana@x.com")


def publish(generations, documents):
    with generations.write() as writer:
        for name, texts in documents.items():
            chunks = [make_chunk(name, n, text, metadata={"name_of": name}) for n, text in enumerate(texts)]
            writer.index.replace(name, chunks, vectors_of(texts))
        writer.publish()


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    generations = FolderGenerations(tmp_path_factory.mktemp("index"), RECIPE)
    publish(
        generations,
        {
            "plans": ["the premium plan costs ten", "the basic plan costs five", "the trial costs nothing"],
            "other": ["the premium plan costs ten dollars", "holidays in august"],
        },
    )
    return generations


@pytest.fixture
def retriever(shared):
    return Retriever(shared, WordEmbedder(), RetrievalSettings(), Weights())


def test_weights_of_a_search_override_the_house_by_attribute(retriever):
    retriever.weights = parse_weights({"name_of": {"other": "very_high"}})
    assert retriever.search(Search("premium plan costs ten", ANA))[0].chunk.document_id == "other"
    override = parse_weights({"name_of": {"plans": "very_high"}})
    assert retriever.search(Search("premium plan costs ten", ANA, weights=override))[0].chunk.document_id == "plans"


def test_neighbours_are_the_section_around(retriever):
    middle = retriever.document("plans", ANA)[1]
    assert [c.ordinal for c in retriever.neighbours(middle, ANA)] == [0, 1, 2]
    assert [c.ordinal for c in retriever.neighbours(middle, ANA, before=0, after=5)] == [1, 2]


def test_grouping_keeps_the_order_of_each_documents_best(retriever):
    passages = retriever.search(Search("premium plan costs ten dollars", ANA, 10))
    groups = group_by_document(passages, per_document=2)
    assert next(iter(groups)) == passages[0].chunk.document_id
    assert all(len(group) <= 2 for group in groups.values())


def test_copies_are_shown_once_and_what_differs_stays():
    def passage(document_id, text, **metadata):
        return Passage(make_chunk(document_id, 0, text, metadata=metadata), 1.0)

    report, copy = passage("q3", "Usage was 81 %"), passage("q3-copy", "usage  was 81 %", duplicate_of="q3")
    older, other = passage("q2", "Usage was 74 %", duplicate_of="q3"), passage("else", "Usage was 81 %")
    assert without_copies([report, copy, older, other]) == [report, older, other]
    assert without_copies([copy, report]) == [copy], "a reader of the copy alone still finds it"


def test_diversity_prefers_a_different_passage_to_a_copy(retriever):
    passages = retriever.search(Search("premium plan costs ten", ANA, 10))
    assert {p.chunk.text for p in passages[:2]} == {"the premium plan costs ten", "the premium plan costs ten dollars"}
    chosen = diversified(passages, WordEmbedder(), 2, balance=0.3)
    assert len({p.chunk.text for p in chosen} & {p.chunk.text for p in passages[:2]}) == 1
    assert diversified(passages, WordEmbedder(), 3, balance=1)[0] == passages[0]
    assert diversified([], WordEmbedder(), 3) == []


def test_opening_before_the_first_sync_and_an_index_of_another_layout(tmp_path):
    settings = Settings(data_dir=tmp_path)
    with pytest.raises(IndexMissing, match="debrief sync"):
        open_retriever(settings)
    publish(FolderGenerations(tmp_path / "index", Recipe("f", "words", 64, layout=1)), {"a": ["x"]})
    with pytest.raises(IndexDamaged, match="another version"):
        open_retriever(settings)


def test_threads_search_while_generations_change(retriever):
    failures, stop = [], threading.Event()

    def ask():
        while not stop.is_set():
            try:
                assert retriever.search(Search("premium plan", ANA, 3))
                stop.wait(0.01)
            except Exception as error:
                failures.append(error)
                return

    threads = [threading.Thread(target=ask) for _ in range(2)]
    for thread in threads:
        thread.start()
    for n in range(2):
        publish(retriever.generations, {f"new{n}": ["the premium plan again"]})
    stop.set()
    for thread in threads:
        thread.join()
    assert failures == []
    assert {"new0", "new1"} <= {p.chunk.document_id for p in retriever.search(Search("premium plan again", ANA, 20))}
