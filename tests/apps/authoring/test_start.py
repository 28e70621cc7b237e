"""What an author begins with, the facts to choose from, and a test made of a run."""

from __future__ import annotations

import pytest

from apps.authoring.bad_run import checked_by, with_test
from apps.authoring.facts import fact_tree
from apps.authoring.mistakes import mistakes
from apps.authoring.start import blank_app, copied_app, described_app
from apps.language import AppFile
from apps.publish import parse_app
from apps.publish.catalogue import LIBRARY
from apps.publish.scripted import ScriptedModel
from apps.run import SourceQuote
from apps.runner import RunResult
from core.errors import AppError
from core.types import Parsed, Section

WEEKLY = (LIBRARY.parent / "examples" / "weekly_status.yaml").read_text(encoding="utf-8")
DECK = (LIBRARY.parent / "examples" / "qbr_deck.yaml").read_text(encoding="utf-8")
KNOWN = {"weekly_status": WEEKLY, "qbr_deck": DECK}
GOOD = WEEKLY.replace("title: Weekly status", "title: Friday lines")


def test_a_blank_app_asks_for_what_is_missing() -> None:
    app, wrong = mistakes(blank_app("a@x.com"))
    assert app is None
    assert {w.place for w in wrong} == {"title", "description", "prompt"}


def test_a_copy_has_its_own_name_and_leaves_the_requests_behind() -> None:
    app = parse_app(copied_app(WEEKLY, "b@x.com", [*KNOWN, "weekly_status_copy"]), "copy.yaml")
    assert (app.name, app.title, app.version, app.owner) == (
        "weekly_status_copy_2",
        "Weekly status (copy)",
        "0.1",
        "b@x.com",
    )
    assert app.routing.examples == ()


@pytest.mark.parametrize(
    ("replies", "title", "told"),
    [
        ([f"```yaml\n{GOOD}```"], "Friday lines", "A language model has drafted it"),
        (["Sure! Here it is.", GOOD], "Friday lines", "A language model has drafted it"),
        (["no", "no"], "Weekly status (copy)", "draft can't be used"),
        ([], "Weekly status (copy)", "no language model is set up"),
    ],
)
def test_a_description_becomes_an_app(replies: list[str], title: str, told: str) -> None:
    model = ScriptedModel(replies) if replies else None
    start = described_app("the weekly status of a customer on Friday", "b@x.com", KNOWN, model, None)
    app = parse_app(start.text, "made.yaml")
    assert app.title == title
    assert app.name not in KNOWN
    assert told in start.told


def test_too_little_is_refused() -> None:
    with pytest.raises(AppError, match="too little to go by"):
        described_app("a mail", "b@x.com", KNOWN, None, None)


def test_facts_are_a_tree_with_what_puts_them_into_a_prompt() -> None:
    tree = fact_tree(
        "account",
        {
            "customer": "Acme", "health": "", "metrics": [{"name": "Uptime", "last": {"value": 99.6}, "unit": "%"}] * 10,
            "facts": {"tier": "gold", "empty": ""}, "sources": [1],
        },
    )  # fmt: skip
    assert [(f.path, f.label) for f in tree] == [
        ("account.customer", "customer"),
        ("account.metrics", "figures"),
        ("account.facts", "other facts"),
        ("account.health", "health"),
    ]
    assert tree[1].rows[0] == "Uptime – last: (value: 99.6%)"
    assert (len(tree[1].rows), tree[1].more) == (8, 2)
    assert [(p.path, p.value) for p in tree[2].parts] == [("account.facts.tier", "gold")]
    assert tree[3].is_empty


def test_a_run_becomes_a_test() -> None:
    app = parse_app(WEEKLY, "weekly_status.yaml")
    result = RunResult("weekly_status", "1.0", "completed", evidence=(SourceQuote("Report", document_id="s3:r.docx"),))
    notes = AppFile("notes.txt", Parsed((Section("Hello."),)))
    given = {"customer": "Acme", "language": None, "notes": notes, "report": "s3:r.docx"}
    test = checked_by(app, result, given, must="99.6 %", must_not="on target")
    assert test == {
        "name": "Acme: 99.6 %",
        "inputs": {"customer": "Acme", "notes": {"name": "notes.txt", "text": "Hello."}, "report": "Report"},
        "indexed": ["s3:r.docx"],
        "expect": [{"output": "status", "contains": ["99.6 %"], "excludes": ["on target"]}],
    }
    del test["inputs"]["notes"], test["inputs"]["report"]
    text = with_test(with_test(WEEKLY, test), test)
    assert [t.name for t in parse_app(text, "weekly_status.yaml").tests][1:] == ["Acme: 99.6 %", "Acme: 99.6 % (2)"]
    assert text.startswith(WEEKLY.rstrip("\n"))
    with pytest.raises(AppError, match="Nothing is said"):
        checked_by(app, result, given)
