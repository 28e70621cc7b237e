"""How much may be asked and run, and the sentence to who is over it."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pytest

from assistant.ask import Assistant
from assistant.limits import UsageLimits
from assistant.question import Question
from core.errors import AppError, QuestionError
from core.settings import LimitSettings, Settings
from core.types import User
from retrieval.retriever import Retriever

OFF = LimitSettings(questions_per_person_minute=0, running_per_person=0)
ANA = User("ana@x.example", ("staff",))


def limits(**of: int) -> tuple[UsageLimits, list[float]]:
    now = [1_000.0]
    return UsageLimits(OFF.model_copy(update=of), lambda: now[0]), now


def ask(limited: UsageLimits, person: str = "ana") -> None:
    with limited.question(person):
        pass


def test_questions_of_one_person_in_a_minute() -> None:
    limited, now = limits(questions_per_person_minute=2)
    ask(limited)
    now[0] += 20
    ask(limited)
    with pytest.raises(QuestionError, match="sent 2 questions in a minute, and 2 is the limit; go on in 40 seconds"):
        ask(limited)
    ask(limited, "bo")
    now[0] += 40
    ask(limited)


def test_questions_of_all_in_a_minute() -> None:
    limited, now = limits(questions_per_minute=2)
    ask(limited, "ana")
    ask(limited, "bo")
    with pytest.raises(QuestionError, match="2 questions were asked in a minute"):
        ask(limited, "cy")
    now[0] += 60
    ask(limited, "cy")


def test_apps_that_run_at_once() -> None:
    limited, _ = limits(running_apps=3, running_per_person=2)
    with ExitStack() as running:
        for person in ("ana", "ana", "bo"):
            running.enter_context(limited.app(person))
        with pytest.raises(AppError, match="2 of your apps are running already"), limited.app("ana"):
            pass
        with pytest.raises(AppError, match="3 apps are running now"), limited.app("cy"):
            pass
        ask(limited, "ana")  # questions are counted by themselves
    with limited.app("ana"):
        pass


def test_an_assistant_refuses_and_goes_on_after_an_answer_that_nobody_read_to_its_end(
    retriever: Retriever, tmp_path: Path
) -> None:
    limited = UsageLimits(OFF.model_copy(update={"running_questions": 1}))
    assistant = replace(Assistant.over(retriever, Settings(root=tmp_path)), limits=limited)
    question = Question("How long is raw telemetry kept?", ANA)
    events = assistant.ask(question)
    next(events)
    with pytest.raises(QuestionError, match="1 questions are being answered now"):
        assistant.answer(question)
    events.close()
    assert assistant.answer(question).text
