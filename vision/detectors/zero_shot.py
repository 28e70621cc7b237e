"""Objects by what they are called: OWLv2, OWL-ViT or Grounding DINO by name or path, through transformers.

Source: https://arxiv.org/abs/2306.09683 (OWLv2), https://arxiv.org/abs/2303.05499 (Grounding DINO)
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib.util import find_spec
from typing import Any

from core.errors import ModelError, Unsupported
from vision.shapes import Box, Detection, Frame

# Below it nothing is kept; a blueprint's threshold decides what counts.
_LEAST = 0.05


class ZeroShotDetector:
    """A model that reads the prompts and looks at the picture."""

    labels: tuple[str, ...] = ()

    def __init__(self, model: str) -> None:
        """`model` is a folder, or a name on a hub.

        Raises:
            Unsupported: the extra `vision` isn't installed.
            ModelError: it isn't there, or isn't such a model.
        """
        if find_spec("transformers") is None:
            raise Unsupported("To find objects by words, install the extra 'vision'.")
        from transformers import AutoModelForZeroShotObjectDetection, AutoProcessor

        try:
            processor: Any = AutoProcessor
            self._processor = processor.from_pretrained(model)
            self._model: Any = AutoModelForZeroShotObjectDetection.from_pretrained(model).eval()
        except (OSError, ValueError, KeyError, ImportError) as error:
            raise ModelError(
                f"{model!r} can't be loaded as a zero-shot detector ({str(error).splitlines()[0][:160]}); give a "
                "folder or the name of an OWLv2, OWL-ViT or Grounding DINO model, such as "
                "google/owlv2-base-patch16-ensemble."
            ) from error
        self._grounded = "dino" in str(self._model.config.model_type)
        self.name = f"zero-shot:{model}"

    def find(self, frame: Frame, prompts: Sequence[str]) -> list[Detection]:
        """What is seen, under the prompts as labels, in pixels of `frame`."""
        import torch

        # Grounding DINO reads all prompts as one text, in which a full stop ends each.
        asked = [prompt.replace(".", " ").strip().lower() for prompt in prompts] if self._grounded else list(prompts)
        inputs = self._processor(images=frame.pixels, text=[asked], return_tensors="pt")
        with torch.inference_mode():
            outputs = self._model(**inputs)
        extra = {"text_threshold": _LEAST} if self._grounded else {"text_labels": [asked]}
        (found,) = self._processor.post_process_grounded_object_detection(
            outputs, threshold=_LEAST, target_sizes=[frame.pixels.shape[:2]], **extra
        )
        height, width = frame.pixels.shape[:2]
        named = zip(found["text_labels"], found["scores"].tolist(), found["boxes"].tolist(), strict=True)
        detections = (
            Detection(prompts[number], float(score), Box(x, y, right - x, bottom - y).within(width, height))
            for label, score, (x, y, right, bottom) in named
            if (number := _which(str(label), asked)) is not None
        )
        return [one for one in detections if one.box.area > 0]


def _which(label: str, asked: Sequence[str]) -> int | None:
    """The prompt that a label stands for: Grounding DINO gives words of it, sometimes of two."""
    if label in asked:
        return asked.index(label)
    words = set(label.split())
    shares = [len(words & set(prompt.split())) / max(1, len(prompt.split())) for prompt in asked]
    best = max(range(len(asked)), key=shares.__getitem__)
    return best if shares[best] > 0 else None
