"""A change in words after an edited result begins with the edited text, keeps both, and never loses what was edited."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from apps.run import Tools
from apps.run.context import Reviewed
from assistant.edited_results import EditedResults
from assistant.question import Question
from assistant.records.conversations import Conversations
from assistant.records.versions import Versions
from assistant.routing.router import changes_a_result
from core.database import open_database
from core.settings import Settings
from core.types import Answer, Citation, User

ANA = User("ana@x.example", name="Ana")
ANSWER = Answer("Rates are 100. [1]", (Citation(1, "rates", "Rates", "", "Rates are 100.", 0, 0),))
EDITED = "Rates are 100, dear Jo, and they stay so for the whole of the year."


class Model:
    """Writes what it was told to, and keeps what it was asked."""

    def __init__(self) -> None:
        self.asked = ""

    def write(self, system: str, text: str, task: str = "write") -> tuple[str, int]:
        self.asked = system + text
        return "Rates are 100, dear Jo.", 10


class Kept:
    def __init__(self, folder: Path, model: Model | None) -> None:
        engine = open_database(Settings(root=folder))
        self.stored, self.versions = Conversations(engine), Versions(engine)
        tools = Tools(model=model, review=lambda text, sources, prompt: Reviewed(text))
        self.results = EditedResults(engine, lambda person: tools, changes_a_result)
        self.id = self.stored.start(ANA)
        self.stored.append(self.id, ANA, "Rates?", "What are the rates?", ANSWER)

    def change(self, text: str, **more):
        asked = replace(Question(text, ANA, self.id), **more)
        return self.results.change(asked, self.stored.turns(self.id, ANA))


def test_the_change_is_made_of_what_was_edited_and_is_the_next_ones_base(tmp_path: Path) -> None:
    model = Model()
    kept = Kept(tmp_path, model)
    assert kept.change("shorter") is None  # nothing is edited: the usual way
    kept.versions.add(kept.id, 0, "", EDITED)
    change = kept.change("shorter")
    *_, answer = change.events()
    assert EDITED in model.asked and "Rates are 100." in model.asked
    assert (answer.text, answer.citations) == (
        ANSWER.text,
        ANSWER.citations,
    )  # the result again, to which the text belongs
    change.keep(kept.stored.append(kept.id, ANA, "shorter", "shorter", answer))
    made = kept.versions.of(kept.id)[1, ""]
    assert [version.text for version in made] == [EDITED, "Rates are 100, dear Jo."]
    again = kept.change("more formal")
    list(again.events())
    assert "Rates are 100, dear Jo." in model.asked


def test_a_form_is_filled_in_from_what_the_person_made_of_it(tmp_path: Path) -> None:
    kept = Kept(tmp_path, None)
    history = kept.stored.turns(kept.id, ANA)
    assert kept.results.as_edited(kept.id, history) is history and kept.results.as_edited(None, history) is history
    kept.versions.add(kept.id, 0, "", EDITED)
    (last,) = kept.results.as_edited(kept.id, history)
    assert (last.answer.text, last.answer.citations) == (EDITED, ANSWER.citations)


@pytest.mark.parametrize(
    ("text", "more"),
    [
        ("What does the premium plan cost?", {}),
        ("shorter", {"route": "search"}),
        ("shorter", {"conversation_id": None}),
        ("How long is the notice period of the contract", {}),
    ],
)
def test_what_orders_no_change_goes_its_usual_way(tmp_path: Path, text: str, more: dict) -> None:
    kept = Kept(tmp_path, Model())
    kept.versions.add(kept.id, 0, "", EDITED)
    assert kept.change(text, **more) is None


@pytest.mark.parametrize("route", ["search", "app:brief"])
def test_without_a_model_it_says_so_and_loses_nothing(tmp_path: Path, route: str) -> None:
    kept = Kept(tmp_path, None)
    kept.stored.append(kept.id, ANA, "Brief", "Brief", replace(ANSWER, route=route))
    kept.versions.add(kept.id, 1, "", EDITED)
    change = kept.change("more formal")
    *_, answer = change.events()
    assert answer.outcome == "needs_input" and "needs a language model" in answer.text
    assert answer.choices == ((route,) if route.startswith("app:") else ("Brief",))
    change.keep(kept.stored.append(kept.id, ANA, "more formal", "more formal", answer))
    assert list(kept.versions.of(kept.id)) == [(1, "")]
