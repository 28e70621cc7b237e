"""Two companies for the example apps: the sample, and one that this project didn't write."""

import subprocess
import sys
from datetime import date

import pytest

from apps.publish.testing import sample_files
from apps.run import Context
from assistant.app_runs.samples import SampleIndexes
from core.settings import load_settings
from core.types import User
from ingestion.enrich.chunk import chunk_document
from ingestion.parse import parse

PERSON = User("ana@example.com", ("all-staff",), name="Ana")


@pytest.fixture(scope="session")
def indexes(project_root, pytestconfig):
    settings = load_settings(project_root / "debrief.yaml").model_copy(
        update={"data_dir": pytestconfig.rootpath / ".pytest_cache" / "library"}
    )

    def cut(document, parsed, language):
        return chunk_document(document, parsed, settings.chunking, language)

    return SampleIndexes(settings, cut)


@pytest.fixture(scope="session")
def sample(project_root, indexes):
    """Tools over the sample's reports, notes and guides."""
    patterns = ("s3/health-checks/*/*", "s3/notes/*", "s3/incidents/*", "files/playbooks/*")
    return indexes(sample_files(project_root / "samples" / "workspace", patterns, parse))


@pytest.fixture(scope="session")
def foreign(shared_data, indexes, tmp_path_factory):
    """Tools over a company for medical devices."""
    made = shared_data / "worlds" / "medivant" / "make.py"
    if not made.is_file():
        pytest.skip(f"{made} is not on this machine")
    folder = tmp_path_factory.mktemp("foreign")
    subprocess.run([sys.executable, str(made)], cwd=folder, check=True)
    return indexes(sample_files(folder, ("docs/*",), parse))


@pytest.fixture
def surroundings():
    """(tools) → a run's context for the same person on the same day."""
    return lambda tools: Context(PERSON, tools, today=date(2026, 11, 22), company="Our company")
