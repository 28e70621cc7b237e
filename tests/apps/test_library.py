"""Every test inside the library's files, over the sample documents."""

import pytest

from apps.catalogue import LIBRARY
from apps.spec import load_app
from apps.testing import run_test
from ingestion.parse import parse

APPS = [load_app(file) for file in sorted(LIBRARY.glob("*.yaml"))]


@pytest.mark.parametrize(
    ("app", "test"), [(a, t) for a in APPS for t in a.tests], ids=[f"{a.name}: {t.name}" for a in APPS for t in a.tests]
)
def test_of_the_library(app, test, project_root):
    result = run_test(app, test, project_root / "samples" / "workspace", parse, "Northgate Security Services")
    assert result.problems == ()
