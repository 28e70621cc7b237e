"""A run is counted without its content, and its result comes back to the person who ran it, to nobody else."""

from dataclasses import replace

import pytest
import sqlalchemy as sa

from apps.kept import runs
from apps.kept.usage import usage
from apps.run import SourceQuote
from apps.runner import finish
from core.database import open_database
from core.errors import AppError
from core.settings import Settings
from core.types import User
from tests.apps.conftest import BODY

OTHER = User("eve@example.com")
FILE = """\
inputs:
  - {name: word, type: text}
steps:
  - id: file
    use: render
    with: {format: docx, title: "About {{ word }}", body: "Said: {{ word }}"}
outputs:
  - {name: document, kind: docx, value: "{{ file.file }}"}
"""


@pytest.fixture
def engine(tmp_path):
    return open_database(Settings(data_dir=tmp_path))


def test_use_is_counted_by_version_without_inputs(engine, app_of, context, person):
    result = finish(app_of(BODY + "saves_minutes: 5\n"), {"word": "secret-word"}, context)
    run = runs.record_run(engine, result, person)
    runs.rate_run(engine, run, True, person)
    (found,) = usage(engine)
    assert (found.runs, found.completed, found.minutes_saved, found.useful) == (1, 1, 5.0, 1)
    with engine.connect() as connection:
        assert "secret-word" not in str(connection.execute(sa.select(runs.runs)).all())


def test_a_result_comes_back_as_it_was_shown(engine, app_of, context, person):
    result = finish(app_of(FILE), {"word": "tuning"}, context)
    run = runs.record_run(engine, result, person)
    again = runs.stored_result(engine, run, person)
    assert again.outputs == result.outputs
    assert again.outputs[0].content[:2] == b"PK"
    assert again.inputs == {"word": "tuning"}
    (line,) = runs.my_runs(engine, person)
    assert (line.id, line.subject, line.status, line.rating) == (run, "tuning", "completed", None)
    assert line.started_at.tzinfo is not None


def test_a_result_is_nobody_elses(engine, app_of, context, person):
    run = runs.record_run(engine, finish(app_of(BODY), {"word": "secret"}, context), person)
    assert runs.my_runs(engine, OTHER) == []
    for call in (runs.stored_result, runs.forget_result):
        with pytest.raises(AppError, match="There is no result"):
            call(engine, run, OTHER)
    with pytest.raises(AppError, match="rate a run of your own"):
        runs.rate_run(engine, run, True, OTHER)


def test_a_deleted_result_leaves_the_count(engine, app_of, context, person):
    first, second = (
        runs.record_run(engine, finish(app_of(BODY), {"word": w}, context), person) for w in ("one", "two")
    )
    runs.forget_result(engine, first, person)
    assert [r.id for r in runs.my_runs(engine, person, "small")] == [second]
    assert runs.forget_results_older_than(engine, 1) == 0
    assert runs.forget_results_older_than(engine, -1) == 1
    assert usage(engine)[0].runs == 2


def test_a_result_goes_with_the_documents_that_it_rests_on(engine, app_of, context, person):
    result = replace(
        finish(app_of(BODY), {"word": "x"}, context),
        evidence=(SourceQuote("A", document_id="a"), SourceQuote("B", document_id="b"), SourceQuote("Own file")),
    )
    run = runs.record_run(engine, result, person)
    assert runs.stored_result(engine, run, person, lambda ids, user: set(ids)).evidence == result.evidence
    with pytest.raises(runs.ResultWithheld, match="1 of the 2 documents"):
        runs.stored_result(engine, run, person, lambda ids, user: {"a"})
