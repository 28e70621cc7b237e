"""Many people's inputs to one app: appended, read by who opened the collection, out as CSV."""

import pytest

from apps.kept import forms
from apps.run.inputs import InputsWrong
from core.database import open_database
from core.errors import AppError
from core.settings import Settings
from core.types import User
from tests.apps.conftest import BODY

BEN = User("ben@example.com", ("emea",), name="Ben")


@pytest.fixture
def engine(tmp_path):
    return open_database(Settings(data_dir=tmp_path))


@pytest.fixture
def app(app_of):
    return app_of(BODY)


@pytest.fixture
def survey(engine, app, person):
    return forms.open_collection(engine, app, "survey", person, "By Friday.")


def test_answers_are_appended_and_come_out_as_csv(engine, app, survey, person):
    forms.submit(engine, app, "survey", {"word": "=cmd()"}, BEN)
    forms.submit(engine, app, "survey", {"word": "fine, really"}, person)
    lines = forms.collected_csv(engine, app, "survey", person).lstrip("\ufeff").splitlines()
    assert lines[0] == "submitted_at,user,version,word"
    assert "'=cmd()" in lines[1] and "ben@example.com" in lines[1]
    assert lines[2].endswith('"fine, really"')
    (found,) = forms.collections_of(engine, app)
    assert (found.submissions, found.people, found.note, found.closed_at) == (2, 2, "By Friday.", None)


def test_only_who_opened_it_sees_everybodys_answers(engine, app, survey, person):
    forms.submit(engine, app, "survey", {"word": "mine"}, BEN)
    forms.submit(engine, app, "survey", {"word": "hers"}, person)
    assert [s.values["word"] for s in forms.submissions_of(engine, app, "survey", BEN)] == ["mine"]
    assert len(forms.submissions_of(engine, app, "survey", User("me@example.com"))) == 2  # the app's owner
    with pytest.raises(AppError, match="only they or me"):
        forms.close_collection(engine, app, "survey", BEN)
    with pytest.raises(AppError, match="use another name"):
        forms.open_collection(engine, app, "survey", BEN)


def test_a_closed_collection_takes_no_more(engine, app, survey, person):
    forms.close_collection(engine, app, "survey", person)
    with pytest.raises(AppError, match="was closed on"):
        forms.submit(engine, app, "survey", {"word": "late"}, BEN)
    forms.open_collection(engine, app, "survey", person)
    forms.submit(engine, app, "survey", {"word": "in time"}, BEN)


def test_what_does_not_fit_is_refused(engine, app, app_of, survey, person):
    with pytest.raises(InputsWrong, match="'word' is missing"):
        forms.submit(engine, app, "survey", {}, BEN)
    with pytest.raises(AppError, match="did you mean 'survey'"):
        forms.submit(engine, app, "survei", {"word": "x"}, BEN)
    with pytest.raises(AppError, match="use up to 60 letters"):
        forms.open_collection(engine, app, "../x", person)
    closed = app_of(BODY + "audience: [board]\n")
    with pytest.raises(AppError, match="not open to ben"):
        forms.submit(engine, closed, "survey", {"word": "x"}, BEN)


def test_a_later_version_with_another_owner_sees_nothing_of_what_came_in(engine, app_of):
    boss, eve = User("boss@example.com"), User("eve@example.com")
    first = app_of(BODY)
    forms.open_collection(engine, first, "salary", boss)
    forms.submit(engine, first, "salary", {"word": "secret"}, User("ana@example.com"))
    taken = first.model_copy(update={"owner": eve.email})
    assert forms.submissions_of(engine, taken, "salary", eve) == []
    with pytest.raises(AppError, match="only they or"):
        forms.close_collection(engine, taken, "salary", eve)
    for reader in (boss, User(first.owner)):
        assert len(forms.submissions_of(engine, taken, "salary", reader)) == 1
