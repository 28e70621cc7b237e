"""What a run offers to write into other systems, and what an author may get wrong."""

from __future__ import annotations

from datetime import date

import pytest

from apps.kept import record_run, stored_result
from apps.run.context import Context
from apps.runner import finish
from core.database import open_sqlite
from core.errors import AppError
from core.types import User

ANA = User("ana@example.com", name="Ana")
APP = """
inputs:
  - {name: notes, type: long_text}
steps:
  - {id: meeting, use: extract_meeting, with: {source: "{{ notes }}"}}
outputs:
  - {name: result, kind: markdown, value: "{{ meeting.title }}"}
actions:
  - to: totango.task
    title: "{{ item.task }}"
    for_each: meeting.action_items
    fields: {title: "{{ item.task }}", due: "{{ item.due }}"}
    evidence: {title: "{{ item }}"}
  - to: jira.issue
    when: not meeting.action_items
    fields: {summary: Nothing to do}
"""
NOTES = (
    "Call of 2 March 2026\nPresent: Jo Field, Max Stern\nDecided: we go on.\nMax sends the contract by 10 March 2026."
)


def test_a_form_for_each_item_with_the_words_it_rests_on(app_of, tmp_path) -> None:
    app = app_of(APP)
    result = finish(app, {"notes": NOTES}, Context(ANA, today=date(2026, 11, 22)))
    (offer,) = result.offers
    assert offer.to == "totango.task"
    assert offer.fields["due"] == "2026-03-10"
    assert "sends the contract" in offer.evidence["title"][0].quote
    engine = open_sqlite(tmp_path / "state.sqlite")
    assert stored_result(engine, record_run(engine, result, ANA), ANA).offers == result.offers
    nothing = finish(app, {"notes": "Present: Jo Field\nThe weather was fine. We spoke about it."}, Context(ANA))
    assert [offer.to for offer in nothing.offers] == ["jira.issue"]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("to: totango.task", "to: totango.tsak", "did you mean 'task'"),
        ("to: totango.task", "to: nonsense", "to"),
        ("{title: \"{{ item.task }}\", due:", "{titel: \"{{ item.task }}\", due:", "did you mean 'title'"),
        ("evidence: {title:", "evidence: {dew:", "no field 'dew'"),
        ("for_each: meeting.action_items", "for_each: metting.action_items", "did you mean 'meeting'"),
    ],
)  # fmt: skip
def test_an_author_is_told_what_is_wrong_and_where(app_of, old, new, said) -> None:
    assert old in APP
    with pytest.raises(AppError, match=said) as told:
        app_of(APP.replace(old, new))
    assert "small.yaml" in str(told.value)
