"""A job's name, and what its form says is missing."""

import re

from chat_ui.tasks.make import _missing
from review.make import name_of


def test_names_are_made_of_titles() -> None:
    assert name_of("Are these answers right?", []) == "are-these-answers-right"
    assert name_of("Größe?", ["grosse"]) == "grosse-2"
    names = [name_of(title, ["job"]) for title in ("??", "42", "日本語", "A" * 120)]
    assert all(re.fullmatch(r"[a-z][a-z0-9_-]{1,58}[a-z0-9]", name) for name in names)


def test_what_is_missing_is_said_in_words() -> None:
    given = {"title": "Ok?", "instructions": "Say.", "label": {"kind": "choice", "values": ["a", "a"]}, "people": []}
    assert _missing({**given, "leads": ["x@y"]}) == ["instructions of a sentence", "2 different values", "who labels"]
