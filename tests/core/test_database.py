"""An older state file goes on being used: columns that a later version added are added to its tables."""

import pytest
import sqlalchemy as sa

import ingestion.state  # declares the tables of the sync
from core.database import metadata, open_database
from core.errors import SettingsError
from core.settings import Settings
from ingestion.state import SyncState


@pytest.fixture
def settings(tmp_path):
    return Settings(root=tmp_path)


def older(settings, drop):
    """A state file in which the table `sources` lacks a column, with one row in it."""
    engine = open_database(settings)
    with engine.begin() as connection:
        connection.execute(sa.text("INSERT INTO sources (name, cursor, unsettled) VALUES ('handbook', '{}', 0)"))
        connection.execute(sa.text(f"ALTER TABLE sources DROP COLUMN {drop}"))
    engine.dispose()


def test_a_column_added_since_gets_its_default_and_nothing_is_lost(settings):
    older(settings, "unsettled")
    engine = open_database(settings)
    assert SyncState(engine).is_unsettled("handbook") is False
    with engine.connect() as connection:
        assert connection.execute(sa.text("SELECT cursor FROM sources")).scalars().all() == ["{}"]


def test_a_file_of_this_version_is_left_alone(settings):
    open_database(settings).dispose()
    engine = open_database(settings)
    found = {column["name"] for column in sa.inspect(engine).get_columns("sources")}
    assert found == set(metadata.tables["sources"].columns.keys())


def test_a_column_that_old_rows_cannot_be_given_is_said_with_the_remedy(settings, monkeypatch):
    older(settings, "unsettled")
    monkeypatch.setattr(ingestion.state.sources.columns["unsettled"], "default", None)
    with pytest.raises(SettingsError, match=r"sources has no column unsettled.*move it away"):
        open_database(settings)
