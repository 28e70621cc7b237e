"""The real loading code, on tiny models that are made here: what they find is chance, how it is asked is not."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from core.errors import ModelError
from core.settings import VisionSettings
from vision.blueprint import Blueprint
from vision.detectors.opened import open_detector
from vision.detectors.zero_shot import ZeroShotDetector
from vision.shapes import Frame

WORDS = ["a", "red", "ball", "box", "blue", ".", "dog"]


def _owl(folder: Path) -> None:
    """A two-layer OWLv2 with random weights, and a tokenizer of single characters."""
    from transformers import CLIPTokenizer, Owlv2Config, Owlv2ForObjectDetection, Owlv2Processor
    from transformers.models.owlv2.image_processing_pil_owlv2 import Owlv2ImageProcessorPil

    signs = [chr(n) for n in range(33, 127)]
    vocab = {
        sign: n for n, sign in enumerate([*signs, *(f"{s}</w>" for s in signs), "<|startoftext|>", "<|endoftext|>"])
    }
    (folder / "vocab.json").write_text(json.dumps(vocab))
    (folder / "merges.txt").write_text("#version: 0.2\n")
    tokenizer = CLIPTokenizer(str(folder / "vocab.json"), str(folder / "merges.txt"), model_max_length=16)
    small = {"hidden_size": 32, "intermediate_size": 37, "num_hidden_layers": 2, "num_attention_heads": 4}
    config = Owlv2Config(
        text_config={**small, "vocab_size": len(vocab), "max_position_embeddings": 16},
        vision_config={**small, "image_size": 64, "patch_size": 16},
        projection_dim=32,
    )
    Owlv2ForObjectDetection(config).save_pretrained(folder)
    Owlv2Processor(Owlv2ImageProcessorPil(size={"height": 64, "width": 64}), tokenizer).save_pretrained(folder)


def _dino(folder: Path) -> None:
    """A Grounding DINO with random weights and a vocabulary of a few words."""
    from transformers import (
        BertTokenizerFast,
        GroundingDinoConfig,
        GroundingDinoForObjectDetection,
        GroundingDinoProcessor,
        SwinConfig,
    )
    from transformers.models.grounding_dino.image_processing_pil_grounding_dino import GroundingDinoImageProcessorPil

    (folder / "vocab.txt").write_text("\n".join(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *WORDS]))
    tokenizer = BertTokenizerFast(str(folder / "vocab.txt"))
    backbone = SwinConfig(
        image_size=64, embed_dim=16, depths=[1, 1, 1, 1], num_heads=[1, 1, 2, 2], window_size=4,
        out_features=["stage2", "stage3", "stage4"],
    )  # fmt: skip
    config = GroundingDinoConfig(
        backbone_config=backbone, d_model=32, num_queries=12, encoder_layers=2, decoder_layers=2,
        encoder_ffn_dim=32, decoder_ffn_dim=32, encoder_attention_heads=2, decoder_attention_heads=2, max_text_len=32,
        text_config={"model_type": "bert", "hidden_size": 32, "num_hidden_layers": 1, "num_attention_heads": 2,
                     "intermediate_size": 32, "vocab_size": 12, "max_position_embeddings": 64},
    )  # fmt: skip
    GroundingDinoForObjectDetection(config).save_pretrained(folder)
    images = GroundingDinoImageProcessorPil(size={"shortest_edge": 64, "longest_edge": 96})
    GroundingDinoProcessor(images, tokenizer).save_pretrained(folder)


@pytest.mark.parametrize("made", [_owl, _dino], ids=["owlv2", "grounding-dino"])
def test_a_model_by_its_folder_is_asked_by_words(tmp_path: Path, made) -> None:  # type: ignore[no-untyped-def]
    made(tmp_path)
    blueprint = Blueprint.model_validate({"name": "a", "fields": {"x": {"prompt": "a red ball"}}})
    open_detector(VisionSettings(), blueprint, str(tmp_path))
    detector = ZeroShotDetector(str(tmp_path))
    pixels = np.random.default_rng(3).integers(0, 255, (48, 80, 3), np.uint8)
    found = detector.find(Frame(0.0, pixels), ["a red ball", "a blue box"])
    assert found, "with random weights something is above the least confidence"
    for one in found:
        assert one.label in ("a red ball", "a blue box") and 0.05 <= one.confidence <= 1
        assert one.box.x >= 0 and one.box.x + one.box.width <= 80.001 and one.box.y + one.box.height <= 48.001


def test_what_is_no_such_model_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text('{"model_type": "bert"}')
    with pytest.raises(ModelError, match="can't be loaded as a zero-shot detector"):
        ZeroShotDetector(str(tmp_path))
