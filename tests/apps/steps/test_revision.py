"""A model's translations: what is lost, added or wrapped is mended section by section."""

import pytest

from apps.run import Context, Tools
from apps.steps.revision import Reviser, unwrapped
from apps.steps.translate import Translate, translate
from core.errors import ModelError
from core.types import User

MAIL = """Subject: Follow-up

Hello Lena,

thank you for the meeting on 3 March. The 9th is fine with us.

## Next steps

| Who | What | By |
|---|---|---|
| Ana | Send the plan | 4 December |
| Ben | Check 12 licences | 9 December |

## Still open

- Who approves the budget of 4,500 euros?
- Where is the training? See https://docs.example/training [1]

Kind regards"""


def revised(reply: str) -> tuple[str, tuple[str, ...]]:
    revision = Reviser(MAIL, "en").revise(reply)
    return revision.text, tuple(map(str, revision.kept))


def test_a_better_wording_is_taken() -> None:
    reply = MAIL.replace("thank you for the meeting on 3 March.", "many thanks for the good meeting on 3 March.")
    assert revised(reply) == (reply, ())


@pytest.mark.parametrize(
    ("changed", "to", "said"),
    [
        ("| Ben | Check 12 licences | 9 December |\n", "", "lost"),
        ("12 licences", "21 licences", "the number 12"),
        ("4 December", "5 December", "the number 4"),
        ("is fine with us", "is not fine with us", "negation"),
        ("- Who approves the budget of 4,500 euros?\n", "", "lost"),
        ("See https://docs.example/training", "See https://evil.example/x", "the address"),
        ("Send the plan", "Send the plan to x@evil.example", "x@evil.example was added"),
        ("training [1]", "training", "the number 1 was lost"),
    ],
)
def test_a_section_that_loses_or_adds_something_stays_as_it_was(changed: str, to: str, said: str) -> None:
    reply = MAIL.replace(changed, to).replace("Hello Lena", "Dear Lena")
    text, kept = revised(reply)
    assert changed in text and any(said in one for one in kept), kept
    assert "Dear Lena" in text  # the rest is used


def test_a_section_that_was_left_out_comes_back() -> None:
    reply = MAIL[: MAIL.index("## Still open")].replace("Hello", "Dear")
    text, kept = revised(reply)
    assert "4,500 euros" in text and "Dear Lena" in text and kept == ("“Still open”: it was left out",)


@pytest.mark.parametrize(
    "wrapping",
    [
        "Here's the edited e-mail:\n\n{}",
        "```markdown\n{}\n```",
        "{}\n\nLet me know if you want changes!",
        "Sure!\n\n{}",
    ],
)
def test_wrapping_goes(wrapping: str) -> None:
    assert unwrapped(wrapping.format(MAIL), MAIL) == MAIL


GERMAN = (
    "## Beschluss\n\nWir schicken Ihnen jeden Ersten im Monat die Liste, und Sie bestätigen sie binnen drei Tagen.\n\n"
    "## Preis\n\nDas Paket kostet 1.452,40 Euro im Monat und enthält keine Schulung für Ihre Leute."
)


def translation(reply: str) -> tuple[str, tuple[str, ...]]:
    revision = Reviser(GERMAN, "en").revise(reply)
    return revision.text, tuple(map(str, revision.kept))


def test_a_translation_may_write_numbers_otherwise() -> None:
    reply = (
        "## Decision\n\nWe send you the list on the 1st of each month, and you confirm it within 3 days.\n\n"
        "## Price\n\nThe package costs 1,452.40 euros a month and doesn't include any training for your people."
    )
    assert translation(reply) == (reply, ())


@pytest.mark.parametrize(
    ("price", "said"),
    [
        ("The package costs 1,542.40 euros a month and includes no training for your people.", "1.452,40"),
        ("The package costs 1,452.40 euros a month and includes training for all your people.", "negation"),
        ("Das Paket kostet 1.452,40 Euro im Monat und enthält keine Schulung für Ihre Leute.", "another language"),
    ],
)
def test_only_the_wrong_section_of_a_translation_goes(price: str, said: str) -> None:
    reply = "## Decision\n\nWe send you the list on the first of each month, and you confirm it within three days."
    text, kept = translation(f"{reply}\n\n## Price\n\n{price}")
    assert "We send you the list" in text and "enthält keine Schulung" in text
    assert said in kept[0]


def test_an_echo_is_no_translation() -> None:
    assert not Reviser(GERMAN, "en").revise(GERMAN).changed


class Translator:
    """Gives one reply after the other, and keeps what it was asked to translate."""

    def __init__(self, *replies: str) -> None:
        self.replies, self.asked = list(replies), []

    def write(self, system: str, text: str, task: str = "write") -> tuple[str, int]:
        self.asked.append(text)
        if not self.replies:
            raise ModelError("No language model answered.")
        return self.replies.pop(0), 10


DECISION = "## Decision\n\nWe send you the list on the first of each month, and you confirm it within three days."
WRONG = "## Price\n\nThe package costs 1,542.40 euros a month and includes no training for your people."
PRICE = "## Price\n\nThe package costs 1,452.40 euros a month and includes no training for your people."


def translated(*replies: str) -> tuple[dict[str, object], Context, Translator]:
    model = Translator(*replies)
    context = Context(User("ana@example.com"), Tools(model=model))
    return translate(Translate(text=GERMAN, to="en"), context), context, model


def test_a_section_that_failed_is_asked_for_once_more_alone() -> None:
    found, context, model = translated(f"{DECISION}\n\n{WRONG}", PRICE)
    assert found["text"] == f"{DECISION}\n\n{PRICE}" and found["translated"] and context.notes == []
    assert len(model.asked) == 2 and "Beschluss" not in model.asked[1] and context.tokens == 20


def test_a_section_that_fails_twice_stays_as_it_was_and_is_told() -> None:
    found, context, model = translated(f"{DECISION}\n\n{WRONG}", WRONG)
    assert "We send you the list" in str(found["text"]) and "enthält keine Schulung" in str(found["text"])
    assert "Not translated into English" in context.notes[0] and len(model.asked) == 2


def test_if_no_model_answers_the_second_time_the_rest_stays() -> None:
    found, context, _ = translated(f"{DECISION}\n\n{WRONG}")
    assert "We send you the list" in str(found["text"]) and "Not translated" in context.notes[0]
