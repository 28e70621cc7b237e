"""Quoted answers, end to end: a real index, the real model, no language model."""

from dataclasses import replace
from pathlib import Path

import pytest

from assistant.answers.quoting.shown import statement_of
from assistant.answers.reading.evidence import ScoredStatement
from assistant.ask import Assistant
from assistant.checks.guardrails import Guardrails, parse_guardrails
from assistant.events import Sentence, Stage
from assistant.question import Attachment, Question
from core.database import open_database
from core.errors import QuestionError
from core.settings import AnswerSettings, Settings
from core.text.sentences import Span
from core.types import Answer, Chunk, Passage, Section
from retrieval.models.tokens import TokenEncoder, TokenVectors
from retrieval.query.filters import parse_filter
from retrieval.retriever import Retriever
from tests.assistant.conftest import ANA, BEN
from tests.tables import table_section


@pytest.fixture
def assistant(retriever: Retriever, settings: Settings) -> Assistant:
    return Assistant.over(retriever, settings, engine=open_database(settings))


def test_the_answer_leads_with_the_sentence_that_answers_and_its_offsets_hold(assistant: Assistant) -> None:
    answer = assistant.answer(Question("How long is raw Watchtower telemetry kept?", ANA))
    first = answer.citations[0]
    assert answer.outcome == "answered"
    both = "Raw telemetry of Watchtower is kept for 90 days. Meeting recordings are deleted after 30 days."
    assert first.quote == both  # with the next sentence of the paragraph
    assert answer.text[first.begin : first.end] == first.quote
    assert (first.document_id, first.page, first.locator) == ("retention", 2, "page 2")
    chunk = next(c for c in assistant.path.retriever.document("retention", ANA) if c.id == first.chunk_id)
    assert chunk.text[first.quote_begin - chunk.begin : first.quote_end - chunk.begin] == first.quote


def test_the_events_are_stages_then_checked_sentences_then_the_answer(assistant: Assistant) -> None:
    events = list(assistant.ask(Question("When are meeting recordings deleted?", ANA)))
    kinds = [type(event) for event in events]
    assert kinds[0] is Stage and kinds[-1] is Answer and Sentence in kinds
    assert kinds.index(Sentence) > kinds.index(Stage)
    shown = [event.text for event in events if isinstance(event, Sentence)]
    assert all(text in events[-1].text for text in shown)


def test_a_table_row_is_read_out_with_its_headers(assistant: Assistant) -> None:
    answer = assistant.answer(Question("What is the price per month of the Premium plan?", ANA))
    assert "Plan: Premium – Price per month: $1,250; Seats: 50" in answer.text
    assert answer.citations[0].quote == "| Premium | $1,250 | 50 |"
    assert answer.citations[0].locator == "sheet Plans"


@pytest.mark.parametrize(
    "question", ["What is the capital of Mongolia?", "How many moons does Jupiter have?", "Who won the cup in 1998?"]
)
def test_without_evidence_it_says_so_and_names_the_nearest(assistant: Assistant, question: str) -> None:
    answer = assistant.answer(Question(question, ANA))
    assert (answer.outcome, answer.citations) == ("no_evidence", ())
    assert answer.nearest and answer.nearest[0].chunk.title in answer.text


def test_nobody_is_answered_from_what_they_may_not_read(assistant: Assistant) -> None:
    question = "Who is the success manager of Aurora Bank?"
    assert "Lena Vogt" in assistant.answer(Question(question, ANA)).text
    hidden = assistant.answer(Question(question, BEN))
    everything = repr(hidden)
    assert "Lena" not in everything and "Aurora Bank –" not in everything


def test_a_filter_limits_what_is_quoted(assistant: Assistant) -> None:
    only = parse_filter("document_type=price list")
    answer = assistant.answer(Question("How long is raw Watchtower telemetry kept?", ANA, filters=only))
    assert {p.chunk.document_id for p in (*answer.passages, *answer.nearest)} <= {"prices"}


def test_a_question_of_two_parts_is_answered_part_by_part(assistant: Assistant) -> None:
    answer = assistant.answer(Question("When are meeting recordings deleted? How many moons does Jupiter have?", ANA))
    assert "30 days" in answer.text
    assert any("Jupiter" in note for note in answer.notes)


def test_an_underspecified_question_is_asked_back_with_choices_from_the_documents(assistant: Assistant) -> None:
    assert assistant.conversations is not None
    conversation = assistant.conversations.start(ANA)
    asked = assistant.answer(Question("When does the customer's contract end?", ANA, conversation_id=conversation))
    assert (asked.outcome, set(asked.choices)) == ("needs_input", {"Aurora Bank", "Meridian Foods"})
    answer = assistant.answer(Question("Meridian Foods", ANA, conversation_id=conversation))
    assert "30 June 2027" in answer.citations[0].quote


def test_a_follow_up_knows_what_was_asked_before_even_after_a_restart(retriever: Retriever, settings: Settings) -> None:
    first = Assistant.over(retriever, settings, engine=open_database(settings))
    assert first.conversations is not None
    conversation = first.conversations.start(ANA)
    first.answer(Question("When does Aurora Bank's contract end?", ANA, conversation_id=conversation))
    second = Assistant.over(retriever, settings, engine=open_database(settings))
    answer = second.answer(Question("What about Meridian Foods?", ANA, conversation_id=conversation))
    assert "30 June 2027" in answer.citations[0].quote
    assert second.conversations is not None
    assert [t.standalone for t in second.conversations.turns(conversation, ANA)][1].startswith("When does Meridian")


def test_the_quotes_language_is_said_when_it_isnt_the_questions(assistant: Assistant) -> None:
    answer = assistant.answer(Question("Wie viele Tage Urlaub haben Mitarbeiter in Deutschland?", ANA))
    assert "30 Tage Urlaub" in answer.text and answer.notes == ()


def test_an_attachment_is_read_and_never_stored(assistant: Assistant) -> None:
    note = Attachment("minutes.txt", (Section("The steering committee moved the launch of Lumen to 9 November 2026."),))
    question = "When is the launch of Lumen?"
    answer = assistant.answer(Question(question, ANA, attachments=(note,)))
    assert "9 November 2026" in answer.text and answer.citations[0].title == "minutes.txt"
    assert "9 November" not in assistant.answer(Question(question, ANA)).text


def test_the_trace_says_what_happened(assistant: Assistant) -> None:
    answer = assistant.answer(Question("How long is raw Watchtower telemetry kept?", ANA))
    assert assistant.traces is not None
    trace = assistant.traces.load(answer.trace_id, ANA)
    assert trace["searched"] == ["How long is raw Watchtower telemetry kept?"]
    assert trace["passages"][0]["document_id"] == "retention" and "why" in trace["passages"][0]
    assert {"search", "answer"} <= set(trace["seconds"])
    assert trace["signals"]["passage_rare"] > 0 and trace["outcome"] == "answered"


@pytest.mark.parametrize("question", ["", "   \n", "x" * 200])
def test_a_question_that_cant_be_asked_is_refused_at_the_call(
    retriever: Retriever, tmp_path: Path, question: str
) -> None:
    settings = Settings(data_dir=tmp_path, answer=AnswerSettings(max_question_chars=100))
    with pytest.raises(QuestionError):
        Assistant.over(retriever, settings).ask(Question(question, ANA))


def test_limits_of_its_own_are_kept_to(retriever: Retriever, tmp_path: Path) -> None:
    question = Question("When are meeting recordings deleted?", ANA)
    never = AnswerSettings(min_confidence=1.0, partly_confidence=1.0)
    assert (
        Assistant.over(retriever, Settings(data_dir=tmp_path, answer=never)).answer(question).outcome == "no_evidence"
    )


def test_what_is_found_is_shown_where_it_is_not_sure(retriever: Retriever, tmp_path: Path) -> None:
    strict = Settings(data_dir=tmp_path, answer=AnswerSettings(min_confidence=1.0))
    answer = Assistant.over(retriever, strict).answer(Question("How long is raw Watchtower telemetry kept?", ANA))
    assert answer.outcome == "partly" and answer.found
    citation = answer.citations[0]
    assert citation.quote.startswith("Raw telemetry of Watchtower is kept for 90 days.")
    assert answer.text[citation.begin : citation.end] == f"- {citation.quote}"
    assert answer.text.startswith("What the documents say about this:\n- ")


def test_what_the_findings_lack_is_named(retriever: Retriever, tmp_path: Path) -> None:
    strict = Settings(data_dir=tmp_path, answer=AnswerSettings(min_confidence=1.0))
    answer = Assistant.over(retriever, strict).answer(Question("How long is raw telemetry kept in Antarctica?", ANA))
    assert "They don't say anything about: Antarctica." in answer.text


@pytest.mark.parametrize(
    ("said", "back"), [("hi!", "Hello"), ("Vielen Dank!", "Gern geschehen"), ("¿qué puedes hacer?", "Respondo")]
)
def test_small_talk_is_answered_without_a_search_of_it(assistant: Assistant, said: str, back: str) -> None:
    answer = assistant.answer(Question(said, ANA))
    assert (answer.outcome, answer.route, answer.citations) == ("answered", "talk", ())
    assert back in answer.text and (said != "hi!" or answer.choices)


def test_it_speaks_the_language_that_was_asked_in(assistant: Assistant) -> None:
    answer = assistant.answer(Question("¿Cuántas lunas tiene el planeta Júpiter en total?", ANA))
    assert answer.outcome in ("no_evidence", "partly") and "documentos" in answer.text


def test_a_table_of_pairs_is_read_out_without_its_empty_headers() -> None:
    text = "| Field | Value |\n|---|---|\n| Contract end | 2027-02-28 |"
    cells = (("Field", "Contract end"), ("Value", "2027-02-28"))
    row = ScoredStatement(Span("", 0, 0, "row"), Passage(Chunk("c", "d", 0, text), 1.0), 0, 1.0, cells=cells)
    assert statement_of(row) == "Contract end: 2027-02-28"
    named = replace(row, cells=(("Plan", "Basic"), ("Price", "$49")))
    assert statement_of(named) == "Plan: Basic – Price: $49"


TICKETS = Attachment(
    "tickets.csv",
    (
        table_section(
            "| Ticket | Status | Ward | Hours |\n|---|---|---|---|\n| T1 | open | Maternity | 2 |\n| T2 | closed | Surgery | 4.5 |\n"
            "| T3 | open | Surgery | 1 |"
        ),
    ),
)


def conversation_of(assistant: Assistant) -> str:
    assert assistant.conversations is not None
    return assistant.conversations.start(ANA)


def test_an_attached_table_is_asked_and_a_follow_up_changes_the_query(assistant: Assistant) -> None:
    identifier = conversation_of(assistant)
    answer = assistant.answer(Question("How many are open?", ANA, identifier, attachments=(TICKETS,)))
    assert (answer.text, answer.route) == ("2 – number of tickets, where ticket status is open.", "data")
    more = assistant.answer(Question("and in Surgery?", ANA, identifier, attachments=(TICKETS,)))
    assert more.text.startswith("1 – number of tickets, where ticket status is open and ticket ward is Surgery")
    # Without the file the words are about documents.
    assert assistant.answer(Question("and in Maternity?", ANA, identifier)).route != "data"


def test_a_value_that_no_row_has_is_said_with_those_that_rows_have(assistant: Assistant) -> None:
    answer = assistant.answer(Question("How many are cancelled?", ANA, attachments=(TICKETS,)))
    assert answer.outcome == "partly" and "“cancelled”" in answer.text and "status: open, closed" in answer.text


def test_files_are_answered_from_alone_until_the_documents_are_asked_for(assistant: Assistant) -> None:
    identifier = conversation_of(assistant)
    question = "How long is raw Watchtower telemetry kept?"
    alone = assistant.answer(Question(question, ANA, identifier, attachments=(TICKETS,)))
    assert alone.outcome == "no_evidence" and "tickets.csv" in alone.text and "90 days" not in alone.text
    accepted = assistant.answer(Question("yes", ANA, identifier, attachments=(TICKETS,)))
    assert "90 days" in accepted.text and accepted.understood == question
    named = Question("How long does our policy keep raw Watchtower telemetry?", ANA, attachments=(TICKETS,))
    assert "90 days" in assistant.answer(named).text


def test_a_transcript_tells_who_promised_what(assistant: Assistant) -> None:
    said = ("Pia Holm: Pia here. Otto is our customer.", "Otto Vries: I will send the keys by Friday.",
            "Pia Holm: I'll order the slates on Monday.")  # fmt: skip
    call = Attachment("call.vtt", tuple(Section(text, kind="turn") for text in said))
    answer = assistant.answer(Question("What did the customer promise?", ANA, attachments=(call,)))
    assert "keys" in answer.text and "slates" not in answer.text
    assert answer.citations[0].quote == "I will send the keys by Friday."
    assert "slates" in assistant.answer(Question("What did Pia promise?", ANA, attachments=(call,))).text


def test_typos_are_corrected_and_said(assistant: Assistant) -> None:
    answer = assistant.answer(Question("How long is raw Watchtower telemtry kept?", ANA))
    assert "90 days" in answer.text and answer.understood == "How long is raw Watchtower telemetry kept?"
    assert assistant.answer(Question("How long is raw Watchtower telemetry kept?", ANA)).understood == ""


def test_a_long_file_is_compared_in_a_bounded_part(assistant: Assistant) -> None:
    filler = " ".join(f"The pump number {n} was looked at and nothing was found." for n in range(6_000))
    long = Attachment("log.txt", (Section(f"{filler} The Kestrel valve was replaced in May. {filler}"),))
    encoder = CountingEncoder(assistant.path.encoder)
    own = replace(assistant, path=replace(assistant.path, encoder=encoder))
    answer = own.answer(Question("When was the Kestrel valve replaced?", ANA, attachments=(long,)))
    assert "May" in answer.text
    assert encoder.characters < 100_000


class CountingEncoder:
    """Counts what it is given to read."""

    def __init__(self, encoder: TokenEncoder) -> None:
        self.encoder, self.characters = encoder, 0

    def encode_tokens(self, texts: list[str], *, query: bool = False) -> list[TokenVectors]:
        self.characters += sum(map(len, texts))
        return self.encoder.encode_tokens(texts, query=query)


def test_yes_shows_what_comes_nearest_and_means_nothing_by_itself(assistant: Assistant) -> None:
    identifier = conversation_of(assistant)
    assert assistant.answer(Question("yes", ANA, identifier)).route == "talk"
    nothing = assistant.answer(Question("How many moons does Jupiter have?", ANA, identifier))
    assert nothing.outcome == "no_evidence"
    shown = assistant.answer(Question("yes please", ANA, identifier))
    assert shown.outcome == "partly" and {c.document_id for c in shown.citations} <= {
        p.chunk.document_id for p in nothing.nearest
    }


def test_what_a_typo_hides_from_the_guardrails_is_judged_as_understood(assistant: Assistant) -> None:
    text = "phrases: [{match: [telemetry], message: That isn't discussed here.}]"
    rules = parse_guardrails(text, Path("guardrails.yaml"))
    guarded = replace(assistant, guardrails=Guardrails(rules, None))
    answer = guarded.answer(Question("How long is raw Watchtower telemtry kept?", ANA))
    assert (answer.outcome, answer.text) == ("refused", "That isn't discussed here.")
