"""Every test inside the library's files, over the sample documents and a real index of them."""

import pytest

from apps.publish.catalogue import LIBRARY
from apps.publish.load import load_app
from apps.publish.testing import Samples, run_test
from assistant.app_runs.samples import SampleIndexes
from core.settings import load_settings
from ingestion.enrich.chunk import chunk_document
from ingestion.parse import parse

# What is checked when an app is loaded is tested in language/test_spec.py; it would take seconds in every process here.
APPS = [load_app(file, packaged=True) for file in sorted(LIBRARY.glob("*.yaml"))]


@pytest.fixture(scope="module")
def samples(project_root, pytestconfig):
    # What was embedded by an earlier run of the tests is found again.
    settings = load_settings(project_root / "debrief.yaml").model_copy(
        update={"data_dir": pytestconfig.rootpath / ".pytest_cache" / "library"}
    )

    def cut(document, parsed, language):
        return chunk_document(document, parsed, settings.chunking, language)

    return Samples(project_root / "samples" / "workspace", parse, SampleIndexes(settings, cut))


@pytest.mark.parametrize(
    ("app", "test"), [(a, t) for a in APPS for t in a.tests], ids=[f"{a.name}: {t.name}" for a in APPS for t in a.tests]
)
def test_of_the_library(app, test, samples):
    assert run_test(app, test, samples).problems == ()
