"""Publishing keeps what was published; verified is earned by a version's tests."""

import hashlib

import pytest
import sqlalchemy as sa

from apps.publish import versions
from apps.publish.load import AppText
from apps.publish.testing import TestResult
from core.database import open_database
from core.errors import AppError
from core.settings import Settings
from tests.apps.conftest import BODY, HEAD

GREEN = [TestResult("t", ())]
RED = [TestResult("t", ("no",))]
ONE = AppText(HEAD + BODY, "write the word\nnot: what is a word\n")
TWO = AppText(ONE.yaml.replace('"1"', '"2"').replace("Word:", "Wort:"), ONE.examples + "word, please\n")


@pytest.fixture
def engine(tmp_path):
    return open_database(Settings(data_dir=tmp_path))


def test_publish_then_roll_back(engine, person, tmp_path):
    assert versions.publish(engine, ONE, "small.yaml", GREEN, "me").verified
    versions.publish(engine, TWO, "small.yaml", GREEN, "me")
    settings = Settings(data_dir=tmp_path)
    assert versions.available_apps(settings, engine, person)["small"].app.version == "2"
    assert versions.rollback(engine, "small", "", "me").version == "1"
    assert versions.available_apps(settings, engine, person)["small"].app.version == "1"
    assert [(v.version, v.current) for v in versions.list_versions(engine, "small")] == [("2", False), ("1", True)]
    changed = versions.app_difference(ONE, TWO, ("1", "2"))
    assert "+    with" in changed
    assert "+word, please" in changed


def test_a_version_keeps_the_examples_that_it_was_published_with(engine, person, tmp_path):
    published = versions.publish(engine, ONE, "small.yaml", GREEN, "me")
    assert (published.written, published.load().routing.examples) == (ONE, ("write the word",))
    found = versions.available_apps(Settings(data_dir=tmp_path), engine, person)["small"].app
    assert found.routing.counter_examples == ("what is a word",)


def test_a_version_of_before_the_examples_had_a_file_is_published_again_as_it_was(engine):
    digest = hashlib.sha256(ONE.yaml.encode()).hexdigest()
    versions.publish(engine, AppText(ONE.yaml), "small.yaml", GREEN, "me")
    with engine.connect() as connection:
        assert connection.execute(sa.select(versions.versions.c.sha256)).scalar_one() == digest


def test_a_published_version_never_changes(engine):
    versions.publish(engine, ONE, "small.yaml", GREEN, "me")
    with pytest.raises(AppError, match="raise `version`"):
        versions.publish(engine, AppText(ONE.yaml.replace("Word:", "Other:"), ONE.examples), "small.yaml", GREEN, "me")
    with pytest.raises(AppError, match="raise `version`"):
        versions.publish(engine, AppText(ONE.yaml, TWO.examples), "small.yaml", GREEN, "me")


def test_failing_tests_keep_an_app_back_or_unverified(engine):
    with pytest.raises(AppError, match="the tests t fail"):
        versions.publish(engine, ONE, "small.yaml", RED, "me")
    assert not versions.publish(engine, ONE, "small.yaml", RED, "me", unverified=True).verified
    assert versions.publish(engine, ONE, "small.yaml", GREEN, "me").verified
