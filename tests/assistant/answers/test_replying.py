"""What a model's reply is before it is checked: a thought, another language, cut off, gone on with."""

from pathlib import Path
from typing import Any

import pytest

from assistant.answers.writing import replying
from assistant.answers.writing.replying import other_language
from assistant.ask import Assistant
from assistant.events import Sentence, Stage
from assistant.question import Question
from core.database import open_database
from core.llm import open_chat_models
from core.settings import AnswerSettings, LlmSettings, Settings
from core.types import Answer
from retrieval.retriever import Retriever
from tests.assistant.conftest import ANA, BEN
from tests.fakes import ScriptedChatModel, scripted_models
from tests.integration.openai_stand_in import Script, cut, openai_stand_in, orphan_thinking

QUESTION = "How long is raw Watchtower telemetry kept?"
RIGHT = "Raw telemetry of Watchtower is kept for 90 days [1]."
GERMAN = "Die Rohdaten von Watchtower werden insgesamt für 90 Tage gespeichert und danach von uns gelöscht [1]."


def assistant_with(retriever: Retriever, folder: Path, *replies: Any) -> tuple[Assistant, ScriptedChatModel]:
    models, model = scripted_models(*replies)
    settings = Settings(data_dir=folder, answer=AnswerSettings())
    return Assistant.over(retriever, settings, engine=open_database(settings), models=models), model


@pytest.fixture(autouse=True)
def forgetful() -> None:
    replying._thinking_first.clear()


def test_another_language_than_was_asked_in_is_asked_for_once_more(retriever: Retriever, tmp_path: Path) -> None:
    assistant, model = assistant_with(retriever, tmp_path, GERMAN, RIGHT)
    events = list(assistant.ask(Question(QUESTION, ANA)))
    assert events[-1].text == "Raw telemetry of Watchtower is kept for 90 days. [1]"
    assert not any("Rohdaten" in e.text for e in events if isinstance(e, Sentence))
    assert str(model.seen[1][-1].content).endswith("You began to answer in German. Answer in English, all of it.")


def test_a_model_that_stays_with_its_language_is_not_shown(retriever: Retriever, tmp_path: Path) -> None:
    assistant, model = assistant_with(retriever, tmp_path, GERMAN, GERMAN)
    answer = assistant.answer(Question(QUESTION, ANA))
    assert answer.citations[0].quote.startswith("Raw telemetry of Watchtower is kept for 90 days.")
    assert len(model.seen) == 2
    assert "the language model did not write in English" in answer.notes[-1]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (GERMAN, "de"),
        ("90 Tage.", ""),  # too short to tell
        ("The policy says: “Die Rohdaten von Watchtower werden für 90 Tage gespeichert und dann gelöscht.”", ""),
        ("The raw telemetry of the product is kept for ninety days and then it is deleted by the team [1].", ""),
    ],
)
def test_quotations_and_short_texts_tell_no_language(text: str, found: str) -> None:
    assert other_language(text, "How long is the raw telemetry kept?", "en") == found


def test_a_question_whose_own_language_isnt_clear_is_answered_in_any() -> None:
    assert other_language(GERMAN, "Watchtower 90?", "en") == ""


def test_a_thought_without_its_opening_tag_is_taken_back(retriever: Retriever, tmp_path: Path) -> None:
    thought = "Meeting recordings are deleted after 30 days [1]. But that isn't what is asked.\n"
    assistant, _ = assistant_with(retriever, tmp_path, f"{thought}</think>\n\n{RIGHT}", f"Hm.\n</think>\n{RIGHT}")
    events = list(assistant.ask(Question(QUESTION, ANA)))
    assert events[-1].text == "Raw telemetry of Watchtower is kept for 90 days. [1]"
    again = [n for n, e in enumerate(events) if isinstance(e, Stage) and e.name == "again"]
    shown = [n for n, e in enumerate(events) if isinstance(e, Sentence) and "recordings" in e.text]
    assert shown and again and shown[-1] < again[0]
    # The next time it is known that this model thinks first.
    events = list(assistant.ask(Question(QUESTION, BEN)))
    assert [e.text for e in events if isinstance(e, Sentence)] == [events[-1].text] and "Hm" not in events[-1].text


def test_a_text_about_the_tag_is_shown(retriever: Retriever, tmp_path: Path) -> None:
    assistant, _ = assistant_with(retriever, tmp_path, f"{RIGHT}\n\nThe tag </think> ends a thought [1].", "{}")
    assert "90 days" in assistant.answer(Question(QUESTION, ANA)).text


@pytest.mark.integration
def test_an_orphan_thought_over_the_wire(retriever: Retriever, tmp_path: Path) -> None:
    with openai_stand_in() as server:
        server.scripts = [orphan_thinking(f"\n\n{RIGHT}", "Let me see [2].\n")]
        llm = LlmSettings(model="openai:any", base_url=server.url, api_key="x")
        assistant = Assistant.over(retriever, Settings(data_dir=tmp_path, llm=llm), models=open_chat_models(llm))
        answer = assistant.answer(Question(QUESTION, ANA))
    assert answer.text == "Raw telemetry of Watchtower is kept for 90 days. [1]"


@pytest.mark.integration
@pytest.mark.parametrize("said", ["Continue", "weiter", "go on please"])
def test_an_answer_that_was_cut_is_gone_on_with(retriever: Retriever, tmp_path: Path, said: str) -> None:
    with openai_stand_in() as server:
        server.scripts = [
            cut(f"{RIGHT} Meeting recor"),
            cut(""),
            Script("Meeting recordings are deleted after 30 days [1]."),
        ]
        llm = LlmSettings(model="openai:any", base_url=server.url, api_key="x")
        settings = Settings(data_dir=tmp_path, llm=llm)
        engine = open_database(settings)
        assistant = Assistant.over(retriever, settings, engine=engine, models=open_chat_models(llm))
        assert assistant.conversations is not None
        conversation = assistant.conversations.start(ANA)  # type: ignore[attr-defined]
        first = assistant.answer(Question(QUESTION, ANA, conversation))
        assert first.unfinished and "recor" not in first.text and "ends early" in first.notes[-1]
        assert assistant.conversations.turns(conversation, ANA)[0].answer.unfinished
        rest = assistant.answer(Question(said, ANA, conversation))
        sent = str(server.requests[-1]["messages"])
    assert rest.text == "Meeting recordings are deleted after 30 days. [1]" and not rest.unfinished
    assert "Go on exactly where it stops" in sent and "is kept for 90 days" in sent and f"Question: {QUESTION}" in sent


def test_continue_after_a_whole_answer_is_a_message_like_any_other(retriever: Retriever, tmp_path: Path) -> None:
    assistant, model = assistant_with(retriever, tmp_path, RIGHT, "NO_EVIDENCE", "NO_EVIDENCE", "NO_EVIDENCE")
    assert assistant.conversations is not None
    conversation = assistant.conversations.start(ANA)  # type: ignore[attr-defined]
    assert not assistant.answer(Question(QUESTION, ANA, conversation)).unfinished
    assert isinstance(assistant.answer(Question("Continue", ANA, conversation)), Answer)
    assert "Go on exactly" not in str(model.seen[-1])


def test_only_a_gap_that_was_asked_about_is_a_no(retriever: Retriever, tmp_path: Path) -> None:
    said = "The sources don't say how many moons Jupiter has."
    assistant, _ = assistant_with(retriever, tmp_path / "a", said)
    assert assistant.answer(Question("How many moons does Jupiter have?", ANA)).outcome == "no_evidence"
    # Nobody asked that: it is the model's failure and says nothing of the documents, so they are quoted.
    assistant, _ = assistant_with(retriever, tmp_path / "b", "The sources don't say who approves it.")
    answer = assistant.answer(Question(QUESTION, ANA))
    assert answer.outcome == "answered" and "90 days" in answer.text and "could not be confirmed" in answer.notes[-1]
