"""Both engines, so that each test of an index runs on each."""

import pytest
from qdrant_client import QdrantClient

from core.settings import ServerSettings
from retrieval.engines.aliases import AliasGenerations
from retrieval.engines.generations import FolderGenerations, Recipe
from tests.retrieval.fakes import DIM

RECIPE = Recipe("f1", "words", DIM)


def make_generations(engine, folder, recipe=RECIPE, client=None, keep=3):
    if engine == "edge":
        return FolderGenerations(folder, recipe, keep)
    return AliasGenerations(client or QdrantClient(":memory:"), ServerSettings(collection="t"), folder, recipe, keep)


@pytest.fixture(params=["edge", "server"])
def engine(request):
    return request.param


@pytest.fixture
def generations(engine, tmp_path):
    return make_generations(engine, tmp_path / "index")


@pytest.fixture
def index(generations):
    """An empty index that can be written and read."""
    with generations.write() as writer:
        yield writer.index


def pytest_collection_modifyitems(items):
    """Local mode says at each payload index that it doesn't need one."""
    for item in items:
        item.add_marker(pytest.mark.filterwarnings("ignore:Payload indexes have no effect"))
