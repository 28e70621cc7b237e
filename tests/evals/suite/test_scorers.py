"""Every scorer can fail: for each metric a deliberately bad system gets a bad score, and the good one a good one."""

from dataclasses import replace

import pytest
import sqlalchemy as sa

from core.database import metadata
from core.types import Answer, Citation, User
from evals.suite.history import History
from evals.suite.leaks import leaks
from evals.suite.runner import Runner, summarise
from evals.suite.scorers import LOWER_IS_BETTER, Sample, citations
from evals.suite.subject import IndexedDocument, Observed, World
from tests.evals.systems import (
    ANA,
    CASES,
    EVERYONE,
    TEXTS,
    WORLD,
    Abstains,
    Good,
    InventedNumbers,
    NeverAbstains,
    NeverSure,
    NoCitations,
    OldPolicy,
    RandomRetrieval,
    UnrelatedQuotes,
    WrongCitations,
    WrongRoute,
    passage,
    quoted,
)  # fmt: skip


@pytest.fixture
def history(tmp_path):
    engine = sa.create_engine(f"sqlite:///{tmp_path / 'state.sqlite'}")
    metadata.create_all(engine)
    return History(engine)


def measured(system, history):
    run = history.start("suite", "test", {})
    return summarise(Runner(system, WORLD, history, threads=2).run(run.id, CASES).values())


GOOD = {
    "recall@5", "recall@10", "ndcg@10", "mrr", "fact_coverage", "no_contradiction", "citation_recall",
    "citation_precision", "source_correct", "source_current", "groundedness", "outcome", "routing", "no_leak",
    "assertions", "abstention_precision", "abstention_recall",
}  # fmt: skip


def test_a_good_system_gets_full_marks(history):
    summary = measured(Good(), history)
    assert {m: summary[m].value for m in GOOD} == dict.fromkeys(GOOD, 1.0)


@pytest.mark.parametrize(
    ("system", "metric", "at_most"),
    [
        (RandomRetrieval, "recall@5", 0),
        (RandomRetrieval, "recall@10", 0),
        (RandomRetrieval, "ndcg@10", 0),
        (RandomRetrieval, "mrr", 0),
        (WrongCitations, "citation_precision", 0),
        (WrongCitations, "source_correct", 0),
        (UnrelatedQuotes, "citation_precision", 0),
        (UnrelatedQuotes, "citation_recall", 0),
        (NoCitations, "citation_recall", 0),
        (NoCitations, "source_correct", 0),
        (InventedNumbers, "fact_coverage", 0),
        (InventedNumbers, "no_contradiction", 0),
        (InventedNumbers, "groundedness", 0),
        (InventedNumbers, "citation_precision", 0),
        (InventedNumbers, "assertions", 0.5),
        (OldPolicy, "source_current", 0),
        (OldPolicy, "no_contradiction", 0.5),
        (OldPolicy, "fact_coverage", 0),
        (WrongRoute, "routing", 0),
        (Abstains, "outcome", 0.5),
        (Abstains, "fact_coverage", 0),
        (Abstains, "abstention_precision", 0.5),
        (NeverSure, "answered_plainly", 0),
        (NeverAbstains, "outcome", 0.5),
        (NeverAbstains, "abstention_recall", 0),
    ],
)
def test_a_bad_system_is_found_out(system, metric, at_most, history):
    assert measured(system(), history)[metric].value <= at_most


def test_each_metric_has_a_bad_system_that_it_finds_out(history):
    (cases,) = test_a_bad_system_is_found_out.pytestmark
    found_out = {metric for _, metric, _ in cases.args[1]} | {"no_leak"}  # below
    effort = {*LOWER_IS_BETTER, "seconds_p50", "seconds_p95", "errors"}
    assert set(measured(Good(), history)) - effort <= found_out


BOARD = TEXTS["docs:board.md"]
LEAKS = {
    "text": Answer(BOARD[1], outcome="answered"),
    "part of the text": Answer(
        "I can't tell that the margin of the third quarter was 14.2 percent after the reorganisation."
    ),
    "title": Answer("You may not read the Board pack third quarter.", outcome="refused"),
    "citation": quoted("docs:board.md", BOARD[1]),
    "nearest": Answer("Nothing found.", outcome="no_evidence", nearest=(passage("docs:board.md"),)),
    "passages": Answer("Nothing found.", outcome="no_evidence", passages=(passage("docs:board.md"),)),
    "choices": Answer("Which one?", outcome="needs_input", choices=("Board pack third quarter",)),
    "notes": Answer("Nothing.", outcome="no_evidence", notes=(BOARD[1],)),
}


@pytest.mark.parametrize("answer", LEAKS.values(), ids=LEAKS)
def test_a_leak_is_found_wherever_it_is(answer):
    assert leaks(CASES[2], User(ANA), answer, (), WORLD)


def test_a_document_closed_to_the_person_is_a_leak_even_if_the_case_does_not_name_it():
    shown = Answer("Nothing found.", outcome="no_evidence", nearest=(passage("docs:board.md"),))
    assert leaks(CASES[3], User(ANA), shown, (), WORLD)
    assert not leaks(CASES[3], User(ANA, ("board",)), shown, (), WORLD)


def test_words_of_the_question_and_of_open_passages_are_no_leak():
    case = CASES[2].model_copy(update={"question": "What does the Board pack third quarter say?"})
    assert not leaks(case, User(ANA), Answer("I found no Board pack third quarter.", outcome="no_evidence"), (), WORLD)


def test_what_an_open_document_says_too_is_no_leak():
    shared = TEXTS["docs:retention.md"][1]
    case = CASES[0].model_copy(update={"forbidden_documents": ("docs:twin.md",), "expected_documents": ()})
    closed = IndexedDocument("Twin of it", shared, allow=frozenset({"group:board"}))
    world = World({**WORLD.documents, "docs:twin.md": closed}, WORLD.directory)
    cited = replace(quoted("docs:retention.md", shared), passages=())
    assert not leaks(case, User(ANA), cited, (), world)
    assert leaks(case, User(ANA), replace(cited, citations=()), (), world)


def test_words_that_meet_where_a_quote_ends_are_no_leak():
    quote, own = "The margin of the third quarter", "was 14.2 percent after the reorganisation of sales."
    answer = quoted("docs:retention.md", quote, text=f"{quote} [1] {own}")
    whole = quoted("docs:retention.md", f"{quote} {own}")
    for cited, found in ((answer, False), (whole, True)):
        # Neither half is in a run of seven words.
        closed = IndexedDocument("Board", f"{quote} {own[:28]}", allow=frozenset({"group:board"}))
        world = World({**WORLD.documents, "docs:closed.md": closed}, WORLD.directory)
        case = CASES[0].model_copy(update={"forbidden_documents": ("docs:closed.md",), "expected_documents": ()})
        assert bool(leaks(case, User(ANA), cited, (), world)) == found


def test_a_leak_makes_the_score_nought(history):
    class Leaking(Good):
        def observe(self, case, user):
            seen = super().observe(case, user)
            return replace(seen, answer=LEAKS["title"]) if case.id == "margin" else seen

    assert measured(Leaking(), history)["no_leak"].value == 0.75


def test_slow_and_costly_answers_show(history):
    class Slow(Good):
        def observe(self, case, user):
            return replace(super().observe(case, user), seconds=9.0, tokens=500, cost=0.02)

    summary = measured(Slow(), history)
    assert (summary["seconds"].value, summary["tokens"].value, summary["cost"].value) == (9.0, 500.0, 0.02)


def test_a_question_with_two_needed_documents_is_half_found_with_one(history):
    case = CASES[0].model_copy(
        update={"expected_documents": ("docs:retention.md", "docs:travel.md"), "documents_needed": "all"}
    )

    class OneFound(Good):
        def observe(self, case, user):
            return Observed(quoted("docs:retention.md", "Raw telemetry is kept for 90 days."), ("docs:retention.md",))

    result = Runner(OneFound(), WORLD, history).score(case)
    assert result.value("recall@5") == 0.5
    assert result.value("source_correct") == 0.0


@pytest.mark.parametrize(
    ("difference", "recall"),
    [("−1.8 (better)", 1.0), ("−2.9 (better)", 0.0)],
)
def test_a_difference_in_a_table_is_right_if_the_row_adds_up(difference, recall):
    row = f"| Click rate | 6.1% | 4.3% | {difference} |"
    text = f"Acme:\n\n| Figure | Q2 | Q3 | Change |\n| --- | --- | --- | --- |\n{row}"
    quote = "Click rate went from 6.1% to 4.3%."
    begin = text.index(row)
    citation = Citation(1, "d", "Report", "", quote, begin, begin + len(row))
    world = World({**WORLD.documents, "d": IndexedDocument("Report", quote, "", EVERYONE)}, WORLD.directory)
    sample = Sample(CASES[0], User(ANA), Observed(Answer(text, (citation,)), (), 0.1), world)
    assert next(s for s in citations(sample) if s.metric == "citation_recall").value == recall
