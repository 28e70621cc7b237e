"""Publishing keeps what was published; verified is earned by a version's tests."""

import pytest

from apps.publish import versions
from apps.publish.testing import TestResult
from core.database import open_database
from core.errors import AppError
from core.settings import Settings
from tests.apps.conftest import BODY, HEAD

GREEN = [TestResult("t", ())]
RED = [TestResult("t", ("no",))]
ONE, TWO = HEAD + BODY, (HEAD + BODY).replace('"1"', '"2"').replace("Word:", "Wort:")


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
    assert "+    with" in versions.difference(ONE, TWO, ("1", "2"))


def test_a_published_version_never_changes(engine):
    versions.publish(engine, ONE, "small.yaml", GREEN, "me")
    with pytest.raises(AppError, match="raise `version`"):
        versions.publish(engine, ONE.replace("Word:", "Other:"), "small.yaml", GREEN, "me")


def test_failing_tests_keep_an_app_back_or_unverified(engine):
    with pytest.raises(AppError, match="the tests t fail"):
        versions.publish(engine, ONE, "small.yaml", RED, "me")
    assert not versions.publish(engine, ONE, "small.yaml", RED, "me", unverified=True).verified
    assert versions.publish(engine, ONE, "small.yaml", GREEN, "me").verified
