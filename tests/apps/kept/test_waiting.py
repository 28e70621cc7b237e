"""A run that asks is kept, goes on after a restart with what it had read, and belongs to one person."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from apps.kept import my_runs, overdue_runs, record_resumed, record_run, runs, waiting_run
from apps.kept.waiting import packed, unpacked, waiting
from apps.language.expressions import Skipped
from apps.run import InputsWrong, SourceQuote
from apps.runner import RunResult, finish, resume
from core.database import open_database, utc_now
from core.errors import AppError
from core.settings import Settings
from core.types import User

ASKS = """\
saves_minutes: 7
inputs:
  - {name: notes, type: file}
steps:
  - {id: first, use: write, with: {draft: "{{ notes.title }}: {{ notes.text }}"}}
  - {id: never, use: write, when: "1 == 2", with: {draft: x}}
  - id: you
    use: ask
    with:
      say: "Read {{ first.text }}"
      questions: [{name: day, type: date}, {name: why, type: text, required: false}]
  - {id: last, use: write, with: {draft: "{{ first.text }} on {{ you.answers.day }}{{ never.text or '' }}"}}
outputs:
  - {name: result, kind: markdown, value: "{{ last.text }} {{ notes.name }}"}
"""


@pytest.fixture
def settings(tmp_path):
    return Settings(data_dir=tmp_path)


def test_it_goes_on_after_a_restart(settings, app_of, context, person, file_of):
    asked = finish(app_of(ASKS), {"notes": file_of("notes.md", "Call them.")}, context)
    assert (asked.status, asked.saved_minutes, asked.outputs) == ("waiting", 0.0, ())
    assert asked.error == "Read notes.md: Call them." and [i.name for i in asked.asks] == ["day", "why"]
    run = record_run(open_database(settings), asked, person)

    engine = open_database(settings)
    app, waits = waiting_run(engine, run, person)
    assert my_runs(engine, person)[0].status == "waiting"
    with pytest.raises(InputsWrong, match="'soon', which is no date"):
        resume(app, waits, {"day": "soon"}, context)
    assert waiting_run(engine, run, person)[1].asks == waits.asks

    *_, done = resume(app, waits, {"day": "2026-12-01"}, context)
    record_resumed(engine, run, done)
    assert isinstance(done, RunResult) and (done.status, done.saved_minutes) == ("completed", 7.0)
    found = runs.stored_result(engine, run, person)
    assert found.output("result").text == "notes.md: Call them. on 2026-12-01 notes.md"
    with pytest.raises(AppError, match=r"No run .* waits"):
        waiting_run(engine, run, person)


def test_nobody_else_may_answer(settings, app_of, context, person, file_of):
    engine = open_database(settings)
    run = record_run(engine, finish(app_of(ASKS), {"notes": file_of("n.md", "Secret.")}, context), person)
    with pytest.raises(AppError, match="No run"):
        waiting_run(engine, run, User("eve@example.com"))
    runs.forget_result(engine, run, person)
    with engine.connect() as connection:
        assert connection.execute(sa.select(waiting)).all() == []


def test_sources_and_markers_go_on_counting(app_of, context, person, settings, file_of):
    context.evidence.append(SourceQuote("Before"))
    asked = finish(app_of(ASKS), {"notes": file_of("n.md", "x")}, context)
    engine = open_database(settings)
    _, waits = waiting_run(engine, record_run(engine, asked, person), person)
    assert [e.title for e in waits.evidence] == ["Before"]


def test_what_a_run_has_comes_back_as_it_was(file_of):
    value = {
        "a": [1, "x", None, True],
        "file": file_of("n.md", "| A |\n| - |\n| 1 |"),
        "b": b"\x00",
        "s": Skipped(("t",)),
    }
    back = unpacked(packed(value))
    assert (
        back == value
        and not back["s"]
        and back["file"].parsed.sections[0].rows == value["file"].parsed.sections[0].rows
    )
    with pytest.raises(AppError, match="can't wait: a step gave a object"):
        packed({"x": object()})


def test_asking_in_a_loop_is_refused(app_of):
    looped = ASKS.replace("    use: ask\n", "    use: ask\n    for_each: '[1]'\n")
    with pytest.raises(AppError, match="a step that asks stops the run once"):
        app_of(looped)


LATE = ASKS.replace(
    "      questions:", "      within: 2d\n      otherwise: {day: 2026-12-24}\n      questions:"
).replace("on {{ you.answers.day }}", "on {{ you.answers.day }}{{ ' by itself' if you.late }}")


def test_without_an_answer_in_time_it_knows_what_then(settings, app_of, context, person, file_of):
    engine = open_database(settings)
    asked = finish(app_of(LATE), {"notes": file_of("notes.md", "Call them.")}, context)
    assert "Without an answer within 2 days this goes on with day: 2026-12-24, why: –." in asked.error
    run = record_run(engine, asked, person)
    assert overdue_runs(engine, utc_now() + timedelta(days=1)) == []
    assert overdue_runs(engine, utc_now() + timedelta(days=3)) == [(run, person.email)]
    app, waits = waiting_run(engine, run, person)
    *_, done = resume(app, waits, waits.otherwise, context, late=True)
    assert done.output("result").text == "notes.md: Call them. on 2026-12-24 by itself notes.md"
    *_, done = resume(app, waits, {"day": "2026-12-01"}, context)
    assert done.output("result").text == "notes.md: Call them. on 2026-12-01 notes.md"


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("within: 2d", "lacks day"),
        ("within: 2d\n      otherwise: {day: 2026-12-24, who: me}", "who, which isn't asked"),
        ("within: soon", "within"),
    ],
)
def test_what_then_must_fit_what_is_asked(app_of, written, said):
    with pytest.raises(AppError, match=said):
        app_of(ASKS.replace("      questions:", f"      {written}\n      questions:"))
