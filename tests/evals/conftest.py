"""Fixtures of the evaluation's tests."""

import pytest
import sqlalchemy as sa

from core.database import metadata
from evals.suite.history import History


@pytest.fixture
def history(tmp_path):
    engine = sa.create_engine(f"sqlite:///{tmp_path / 'state.sqlite'}")
    metadata.create_all(engine)
    return History(engine)
