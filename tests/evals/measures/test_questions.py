"""Everyday questions: what a person sees decides, tried with systems that answer badly on purpose."""

import json
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
import sqlalchemy as sa

from assistant.ask import Assistant
from assistant.question import Question
from assistant.records.conversations import Conversations, conversations
from assistant.records.trace import CONVERSATION, Traces, traces
from core.database import open_database
from core.errors import DatasetError, QuestionError
from core.settings import AuthSettings, Settings
from core.types import Answer, Citation, Parsed, Section
from evals.measures.corpus import READER, CorpusDocument, build_corpus
from evals.measures.question_file import EverydayQuestion, files_attached, load_questions, people_asking
from evals.measures.questions import ask_questions, question_figures, read_back
from retrieval.models.embed import open_embedder

KEPT = EverydayQuestion(
    id="kept", question="how long do we keep telemetry", kind="number", answerable=True,
    must=(("90 days", "three months"), ("telemetry",)), must_not=("180 days",),
)  # fmt: skip
LUNCH = EverydayQuestion(id="lunch", question="what's for lunch", kind="near_miss", answerable=False)
HELLO = EverydayQuestion(
    id="hello", question="hi", kind="small_talk", answerable=True, must_not=("couldn.t find|no documents",)
)
QUESTIONS = [KEPT, LUNCH, HELLO]
GOOD = {
    KEPT.question: Answer("Telemetry is kept for 90 Days. [1]"),
    LUNCH.question: Answer("Nothing in the documents concerns it.", outcome="no_evidence"),
    HELLO.question: Answer("Hello!"),
}


@dataclass(frozen=True)
class Scripted:
    """An assistant whose answers are written in the test; it keeps a conversation like the product."""

    answers: dict[str, Answer | Exception]
    conversations: Conversations | None = None
    traces: Traces | None = None

    def answer(self, question: Question) -> Answer:
        found = self.answers[question.text]
        if isinstance(found, Exception):
            raise found
        assert self.conversations is not None and question.conversation_id is not None
        self.conversations.append(question.conversation_id, question.user, question.text, question.text, found)
        return found


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data_dir=tmp_path / "data")


@pytest.fixture
def engine(settings: Settings) -> sa.Engine:
    return open_database(settings)


def cases(engine, answers, questions=QUESTIONS):
    return list(ask_questions(Scripted(answers), engine, questions, {"": READER}))


def verdict(engine, question, answer):
    return cases(engine, {question.question: answer}, [question])[0].verdict


def test_a_system_that_is_right_reaches_everything(engine):
    figures = question_figures(cases(engine, GOOD))
    assert (figures["n"], figures["n_answerable"]) == (3, 2)
    assert figures["answered_rightly"] == figures["answered_plainly"] == figures["precision"] == 1.0
    assert figures["abstained_rightly"] == 1.0
    assert figures["wrong"] == figures["abstained_though_answerable"] == figures["wrongly_answered"] == 0.0
    assert 0 <= figures["median_s"] <= figures["p95_s"]
    assert set(figures["by_kind"]) == {"number", "near_miss", "small_talk"}
    assert figures["by_kind"]["near_miss"]["answered_rightly"] is None


def test_a_system_that_is_silent_is_right_about_the_unanswerable_only(engine):
    silent = {q.question: Answer("I couldn't find it.", outcome="no_evidence") for q in QUESTIONS}
    figures = question_figures(cases(engine, silent))
    assert (figures["answered_rightly"], figures["abstained_though_answerable"]) == (0.0, 1.0)
    assert (figures["abstained_rightly"], figures["wrong"], figures["precision"]) == (1.0, 0.0, None)


def test_a_system_that_answers_everything_with_one_sentence_is_caught(engine):
    figures = question_figures(cases(engine, {q.question: GOOD[KEPT.question] for q in QUESTIONS}))
    assert (figures["wrongly_answered"], figures["abstained_rightly"]) == (1.0, 0.0)
    assert figures["precision"] == pytest.approx(2 / 3, abs=1e-3)


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (Answer("Telemetry is kept for three months."), "right"),
        (Answer("Telemetry is kept for 90 days.", outcome="partly"), "right_partly"),
        (Answer("Telemetry is kept for 180 days, alerts for 90 days."), "wrong"),
        (Answer("Telemetry is kept."), "wrong"),
        (Answer("Alerts are kept for 90 days.", outcome="partly"), "partly_without_it"),
        (Answer("Telemetry is kept for 90 days.", outcome="no_evidence"), "abstained"),
        (Answer("Customer brief needs: Customer.", outcome="needs_input", route="app:brief"), "abstained"),
        (Answer("This isn't for you.", outcome="refused"), "abstained"),
        (QuestionError("The question is too long; shorten it."), "error"),
    ],
)  # fmt: skip
def test_an_answerable_question_needs_its_fact_and_nothing_forbidden(engine, answer, expected):
    assert verdict(engine, KEPT, answer) == expected


@pytest.mark.parametrize("outcome", ["no_evidence", "refused", "needs_input", "partly"])
def test_any_outcome_but_answered_is_right_where_there_is_no_answer(engine, outcome):
    assert verdict(engine, LUNCH, Answer("Soup is on Mondays.", outcome=outcome)) == "rightly_abstained"
    assert verdict(engine, LUNCH, Answer("Soup is on Mondays.")) == "wrong"


def test_quotes_are_shown_and_count_like_the_text(engine):
    quote = Citation(1, "docs:r.md", "Retention", "", "Raw telemetry: 90 days", 0, 5)
    assert verdict(engine, KEPT, Answer("See [1].", (quote,))) == "right"
    stale = replace(quote, quote="Raw telemetry: 90 days (180 days until 2023)")
    assert verdict(engine, KEPT, Answer("Telemetry: 90 days [1]", (stale,))) == "wrong"


def test_a_right_sentence_under_a_refusal_is_told_from_other_ways_of_not_answering(engine):
    answer = replace(GOOD[KEPT.question], outcome="no_evidence")
    figures = question_figures(cases(engine, {**GOOD, KEPT.question: answer}))
    assert figures["abstained_over_the_fact"] == figures["abstained_though_answerable"] == 0.5


def test_a_form_is_told_from_other_ways_of_not_answering(engine):
    form = Answer("Customer brief needs: Customer.", outcome="needs_input")
    figures = question_figures(cases(engine, {**GOOD, KEPT.question: form}))
    assert figures["asked_back"] == figures["abstained_though_answerable"] == 0.5
    assert figures["abstained_over_the_fact"] == 0.0


def test_an_error_is_counted_and_the_rest_is_asked(engine):
    found = cases(engine, {**GOOD, KEPT.question: QuestionError("Too long; shorten it.")})
    figures = question_figures(found)
    assert (figures["errors"], figures["answered_rightly"]) == (1, 0.5)
    assert found[0].as_json()["text"] == "Too long; shorten it."


def test_the_last_turn_is_scored_and_the_conversation_is_gone_afterwards(engine):
    asked = EverydayQuestion(id="t", turns=("first", "then"), answerable=True, must=(("second",),))
    (case,) = cases(engine, {"first": Answer("the first answer"), "then": Answer("the second answer")}, [asked])
    assert (case.verdict, case.as_json()["question"]) == ("right", "then")
    (case,) = cases(engine, {"first": Answer("the second answer"), "then": Answer("no")}, [asked])
    assert case.verdict == "wrong"
    with engine.connect() as connection:
        assert connection.execute(sa.select(sa.func.count()).select_from(conversations)).scalar() == 0


def test_the_product_over_a_tiny_index_keeps_the_subject_and_leaves_nothing_among_peoples_traces(
    engine, settings, tmp_path
):
    texts = {"r": "Raw telemetry is kept for 90 days.", "t": "A hotel in Vienna may cost EUR 180 a night."}
    documents = [CorpusDocument(i, "", (Section(text),), "en") for i, text in texts.items()]
    retriever = build_corpus(documents, settings, open_embedder(settings), tmp_path / "index")
    asked = [
        EverydayQuestion(
            id="hotel", turns=("How long is raw telemetry kept?", "What may a hotel in Vienna cost?"),
            answerable=True, must=(("EUR 180",),),
        ),
        EverydayQuestion(id="no", question="Who won the football match in Cardiff yesterday?", answerable=False),
    ]  # fmt: skip
    found = list(ask_questions(Assistant.over(retriever, settings, engine=engine), engine, asked, {"": READER}))
    assert [case.verdict for case in found] == ["right", "rightly_abstained"]
    assert found[0].as_json()["cited"] == ["t"] and found[0].as_json()["found"][0] == "t" and found[0].seconds > 0
    with engine.connect() as connection:
        assert set(connection.execute(sa.select(traces.c.conversation_id)).scalars()) == {CONVERSATION}


GOOD_LINE = {"id": "a", "question": "how long", "answerable": True, "must": [["90 days"]]}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"answerable": None}, r":2: answerable: found 'None'"),
        ({"id": ""}, r":2: id: found ''"),
        ({"question": ""}, r":2: question: give either"),
        ({"turns": ["b"]}, r":2: question: give either"),
        ({"question": "", "turns": ["b", " "]}, r":2: turns\.1: it is empty; write"),
        ({"must": ["90 days"]}, r":2: must\.0: found '90 days'.*write a list of lists"),
        ({"must": [["90 days"], []]}, r":2: must\.1: it is empty"),
        ({"must": [["(90"]]}, r":2: must\.0\.0: '\(90' is no regular expression .*; mend it\."),
        ({"must_not": [""]}, r":2: must_not\.0: it is empty"),
        ({"must": []}, r":2: must: 'b' is answerable, and any answer would be right"),
        ({"mustnot": []}, r":2: mustnot: an unknown field; did you mean 'must_not'\?"),
        ({"id": "a"}, r":2: id: 'a' stands on line 1 already"),
    ],
)  # fmt: skip
def test_a_wrong_line_is_named_with_its_field_and_what_to_do(tmp_path, change, message):
    file = tmp_path / "q.jsonl"
    file.write_text(f"{json.dumps(GOOD_LINE)}\n{json.dumps({**GOOD_LINE, 'id': 'b', **change})}\n")
    with pytest.raises(DatasetError, match=message):
        load_questions(file)


def test_a_line_without_a_field_a_lost_file_and_an_empty_one_are_said(tmp_path):
    file = tmp_path / "q.jsonl"
    with pytest.raises(DatasetError, match=r"There is no file .*q\.jsonl; name one"):
        load_questions(file)
    file.write_text("\n")
    with pytest.raises(DatasetError, match="holds no question; write"):
        load_questions(file)
    file.write_text('{"id": "a", "question": "how long"}\n')
    with pytest.raises(DatasetError, match=r"q\.jsonl:1: answerable: the field is missing; add it"):
        load_questions(file)


def test_fields_for_readers_are_left_alone(tmp_path):
    file = tmp_path / "q.jsonl"
    file.write_text(json.dumps({**GOOD_LINE, "written_by": "somebody", "language": "en"}))
    ((line, question),) = load_questions(file)
    assert (line, question.id, question.asked) == (1, "a", ("how long",))


def test_who_asks_is_the_line_the_option_or_the_settings_and_somebody_known(tmp_path, settings, engine):
    lines = [(1, KEPT), (2, KEPT.model_copy(update={"user": "bo@x.example"}))]
    users = tmp_path / "users.yaml"
    users.write_text("users: [{email: ana@x.example}, {email: bo@x.example}]")
    known = settings.model_copy(update={"auth": AuthSettings(development_user="ana@x.example", users_file=users)})
    people = people_asking(Path("q.jsonl"), lines, known, engine)
    assert (people[""].email, people["bo@x.example"].email) == ("ana@x.example", "bo@x.example")
    assert people_asking(Path("q.jsonl"), lines, known, engine, "bo@x.example")[""].email == "bo@x.example"
    stranger = [*lines, (3, KEPT.model_copy(update={"user": "cy@x.example"}))]
    with pytest.raises(DatasetError, match=r"q\.jsonl:3: user: There is no user 'cy@x\.example'; "):
        people_asking(Path("q.jsonl"), stranger, known, engine)


@pytest.mark.parametrize(("name", "count"), [("sample", 70), ("handbook", 45), ("medical", 35)])
def test_the_questions_of_other_hands_can_be_read(project_root, name, count):
    questions = [q for _, q in load_questions(project_root / "evals" / "datasets" / "everyday" / f"{name}.jsonl")]
    assert len({q.id for q in questions}) == len(questions) == count
    assert all(q.must for q in questions if q.answerable and q.kind != "small_talk")
    assert 0.25 < sum(not q.answerable for q in questions) / count < 0.4


@pytest.mark.parametrize(("name", "count"), [("records_sample", 70), ("records_medical", 18)])
def test_the_questions_about_records_can_be_read(project_root, name, count):
    questions = [q for _, q in load_questions(project_root / "evals" / "datasets" / "everyday" / f"{name}.jsonl")]
    assert len({q.id for q in questions}) == len(questions) == count
    assert all(q.must for q in questions if q.answerable)
    assert any(not q.answerable for q in questions)


def test_files_go_along_with_every_turn_and_a_lost_one_is_said(tmp_path):
    (tmp_path / "boats.csv").write_text("Boat,Fee")
    question = KEPT.model_copy(update={"attachments": ("boats.csv",)})
    files = files_attached(tmp_path / "q.jsonl", [(1, question)], lambda body, name: Parsed((Section(body.decode()),)))
    assert [s.text for s in files["boats.csv"].sections] == ["Boat,Fee"]
    with pytest.raises(DatasetError, match=r"q\.jsonl:4: attachments: there is no file .*lost\.csv; correct the path"):
        files_attached(
            tmp_path / "q.jsonl", [(4, KEPT.model_copy(update={"attachments": ("lost.csv",)}))], lambda *_: Parsed(())
        )


@pytest.mark.parametrize("name", ["talk_sample", "talk_handbook", "retyped_sample"])
def test_the_conversations_can_be_read_with_their_files(project_root, name):
    file = project_root / "evals" / "datasets" / "everyday" / f"{name}.jsonl"
    questions = [q for _, q in load_questions(file)]
    assert len({q.id for q in questions}) == len(questions)
    assert all((file.parent / attached).is_file() for q in questions for attached in q.attachments)


def test_a_case_that_was_written_is_read_back_with_its_verdict(engine):
    answers = {**GOOD, HELLO.question: QuestionError("Too long.")}
    asked = cases(engine, answers)
    again = [read_back(one.question, json.loads(json.dumps(one.as_json()))) for one in asked]
    assert [one.verdict for one in again] == [one.verdict for one in asked] == ["right", "rightly_abstained", "error"]
    # Files keep rounded seconds.
    figures = [{**question_figures(some), "median_s": None, "p95_s": None} for some in (again, asked)]
    assert figures[0] == figures[1]


def test_calls_tokens_and_claims_of_a_model_are_counted(engine):
    (one, *_) = cases(engine, GOOD)
    call = {"task": "answer", "input_tokens": 100, "output_tokens": 20}
    claims = ({"sentence": "a", "outcome": "passed"}, {"sentence": "b", "outcome": "left out"})
    figures = question_figures([replace(one, calls=(call, call), claims=claims), one])
    assert (figures["calls"], figures["tokens"]) == (1.0, 120)
    assert (figures["claims"], figures["claims_left_out"]) == (2, 0.5)
    assert "calls" not in question_figures([one])


@pytest.mark.parametrize("name", ["sample", "medical"])
def test_the_questions_for_a_local_model_can_be_read(project_root, name):
    found = [q for _, q in load_questions(project_root / f"evals/datasets/local_model/{name}.jsonl")]
    assert len(found) == 30 and sum(not q.answerable for q in found) == 10
