"""Work on a question belongs to the server: whoever looks sees it, and nothing of it is lost."""

import threading
from pathlib import Path
from types import SimpleNamespace

import pytest

from assistant.events import Sentence, Stage
from assistant.question import Question
from assistant.records.conversations import Conversations
from assistant.records.pending import PendingQuestions
from chat_ui.chat.work import STOPPED, Works
from core.database import open_database
from core.errors import ModelError, QuestionError
from core.settings import Settings
from core.types import Answer, User

ANA = User("ana@x.example")
WHOLE = [Stage("search"), Sentence("It costs 480."), Answer("It costs 480.")]


class Kept:
    """The rows of one conversation, and an assistant that goes on when it is told to."""

    def __init__(self, folder: Path) -> None:
        engine = open_database(Settings(root=folder))
        self.stored, self.pending = Conversations(engine), PendingQuestions(engine)
        self.works = Works(self.pending, self.stored)
        self.id = self.stored.start(ANA)
        self.go, self.asked, self.ends = threading.Event(), 0, WHOLE

    def ask(self, question: Question):
        self.asked += 1
        for event in self.ends:
            if isinstance(event, Exception):
                raise event
            if isinstance(event, Answer):
                self.stored.append(self.id, ANA, question.text, question.text, event)
            yield event
            assert self.go.wait(10)

    def begin(self, text: str = "Cost?"):
        return self.works.begin(SimpleNamespace(ask=self.ask), Question(text, ANA, self.id), text)

    def answers(self) -> list[str]:
        return [turn.answer.text for turn in self.stored.turns(self.id, ANA)]


@pytest.fixture
def kept(tmp_path: Path) -> Kept:
    return Kept(tmp_path)


def test_two_pages_follow_one_answer_that_is_asked_and_stored_once(kept: Kept) -> None:
    first = kept.begin()
    assert [one.question for one in kept.pending.of(kept.id)] == ["Cost?"]
    second = kept.begin()
    assert second is first is kept.works.of(kept.id)
    with pytest.raises(QuestionError, match="Another window"):
        kept.begin("And support?")
    kept.go.set()
    assert list(first.follow(int)) == WHOLE == list(second.follow(int))
    assert (kept.asked, kept.answers(), kept.pending.of(kept.id)) == (1, ["It costs 480."], [])
    assert kept.works.of(kept.id) is None


@pytest.mark.parametrize(
    ("ends", "answers", "problem"),
    [
        ([Stage("search"), ModelError("The model is away; ask again.")], [], "The model is away; ask again."),
        ([Stage("search"), ValueError("secret")], [], "Something went wrong; ask again."),
        ([Sentence("It costs 480."), ModelError("The model is away; ask again.")], ["It costs 480."], ""),
        ([Sentence("A thought."), Stage("again"), ModelError("Away; ask again.")], [], "Away; ask again."),
    ],
)
def test_what_had_come_stays_when_it_breaks_off(kept: Kept, ends: list, answers: list, problem: str) -> None:
    kept.ends = ends
    kept.go.set()
    work = kept.begin()
    list(work.follow(int))
    assert work.error is ends[-1]
    assert kept.answers() == answers
    assert [one.problem for one in kept.pending.of(kept.id)] == ([problem] if problem else [])


def test_what_is_stopped_keeps_what_had_come(kept: Kept) -> None:
    for ends, answers in (([Stage("search"), *WHOLE], []), ([WHOLE[1], *WHOLE], ["It costs 480."])):
        kept.ends = ends
        kept.go.clear()
        work = kept.begin()
        work.stop()
        kept.go.set()
        list(work.follow(int))
        assert kept.answers() == answers
    assert kept.stored.turns(kept.id, ANA)[0].answer.notes == (STOPPED,)


def test_a_page_that_is_told_to_end_leaves_the_work(kept: Kept) -> None:
    work = kept.begin()

    def leave() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        list(work.follow(leave))
    kept.go.set()
    assert list(work.follow(int))[-1] == WHOLE[-1]
