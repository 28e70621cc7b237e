"""What the router has learned is kept on disk, and learned anew when it is damaged or the apps are others."""

import shutil
from pathlib import Path

import numpy as np
import pytest

from apps.publish.catalogue import find_app
from assistant.routing import learned
from assistant.routing.learned import learn
from core.settings import Settings

MESSAGES = ("Write an e-mail to the customer about the outage", "Who owns it?", "Fasse das Gespräch zusammen")


@pytest.fixture(scope="module")
def apps():
    return [find_app(name, Settings()) for name in ("follow_up_email", "meeting_summary")]


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    return tmp_path_factory.mktemp("kept") / "new" / "router.npz"


@pytest.fixture(scope="module")
def fitted(apps, embedder, file):
    """What was learned, and is kept in `file`."""
    return learn(apps, embedder, file)


@pytest.fixture
def kept(fitted, file, tmp_path):
    """A copy of the kept file, for a test to spoil."""
    return Path(shutil.copy(file, tmp_path))


@pytest.fixture
def fits(monkeypatch):
    """How often something was learned."""
    counted = []
    fit = learned._fitted
    monkeypatch.setattr(learned, "_fitted", lambda *given: counted.append(1) or fit(*given))
    return counted


def decisions(known, embedder):
    vectors = np.stack([embedder.encode_query(m) for m in MESSAGES])
    return [c.decide_all(MESSAGES, vectors, {"app": 0.1}) for c in (known.work, known.which)]


def test_what_was_kept_decides_as_what_was_learned(apps, embedder, fitted, fits, file):
    again = learn(apps, embedder, file)
    assert len(fits) == 0
    assert again.shown == fitted.shown
    for ours, theirs in zip(decisions(again, embedder), decisions(fitted, embedder), strict=True):
        assert [(d.label, d.nearest) for d in ours] == [(d.label, d.nearest) for d in theirs]
        np.testing.assert_allclose([d.confidence for d in ours], [d.confidence for d in theirs], rtol=1e-6)
    assert [f.name for f in file.parent.iterdir()] == ["router.npz"]


@pytest.mark.parametrize("damage", ["cut", "overwritten", "empty"])
def test_a_damaged_file_is_learned_anew(apps, embedder, fits, kept, damage):
    whole = kept.read_bytes()
    middle = len(whole) // 2
    kept.write_bytes({"cut": whole[:middle], "overwritten": whole[:middle] + b"x" * middle, "empty": b""}[damage])
    learn(apps, embedder, kept)
    assert len(fits) == 1
    learn(apps, embedder, kept)
    assert len(fits) == 1


def test_another_example_is_learned(apps, embedder, fits, kept):
    routing = apps[0].routing.model_copy(update={"examples": (*apps[0].routing.examples, "Draft a reply to the bank")})
    changed = [apps[0].model_copy(update={"routing": routing}), apps[1]]
    assert "Draft a reply to the bank" in learn(changed, embedder, kept).shown.values()
    assert len(fits) == 1


def test_a_folder_that_cannot_be_written_is_no_error(apps, embedder, tmp_path):
    (tmp_path / "file").write_text("")
    assert learn(apps, embedder, tmp_path / "file" / "router.npz").which.labels == (
        "follow_up_email",
        "meeting_summary",
    )
