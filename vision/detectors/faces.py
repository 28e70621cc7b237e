"""Faces by CenterFace (MIT), 7 MB, computed by OpenVINO: a closed set of one label, for machines without a hub.

It finds that somebody's face is seen, not whose. Source: https://arxiv.org/abs/1911.03599
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from core.errors import ModelError
from core.llm.local.store import models_folder
from vision.shapes import Box, Detection, Frame, overlap_free

FACE = "face"
FOLDER = "faces"
_STRIDE, _MULTIPLE = 4, 32
_LEAST, _OVERLAP = 0.2, 0.3


def faces_file() -> Path:
    """Where the model lies.

    Raises:
        ModelError: it isn't there.
    """
    file = models_folder() / FOLDER / "centerface.onnx"
    if not file.is_file():
        raise ModelError(f"The model of faces isn't there ({file}); fetch it with `make vision` in a checkout.")
    return file


class FaceDetector:
    """Finds faces, whatever is asked for; `open_detector` refuses other words."""

    name = "faces:centerface"
    labels: tuple[str, ...] = (FACE,)

    def __init__(self, file: Path) -> None:
        import openvino as ov

        self._core = ov.Core()
        self._model = self._core.read_model(file)
        self._compiled: dict[tuple[int, int], Any] = {}

    def find(self, frame: Frame, prompts: Sequence[str]) -> list[Detection]:
        """The faces, under each prompt, in pixels of `frame`."""
        height, width = frame.pixels.shape[:2]
        tall, wide = (-(-side // _MULTIPLE) * _MULTIPLE for side in (height, width))
        padded = np.zeros((1, 3, tall, wide), np.float32)
        padded[0, :, :height, :width] = frame.pixels.transpose(2, 0, 1)
        heat, size, offset = (np.asarray(part)[0] for part in self._run(padded))
        faces = [
            Detection(prompt, confidence, box.within(width, height))
            for confidence, box in _boxes(heat[0], size, offset)
            for prompt in prompts
        ]
        return [one for prompt in prompts for one in overlap_free([f for f in faces if f.label == prompt], _OVERLAP)]

    def _run(self, picture: Any) -> list[Any]:
        """The first three outputs: heat, size and offset of faces, on a grid of 4 pixels."""
        shape = (picture.shape[2], picture.shape[3])
        if shape not in self._compiled:
            self._model.reshape(list(picture.shape))
            self._compiled = {shape: self._core.compile_model(self._model, "CPU")}  # a video has one size
        result = self._compiled[shape](picture)
        return [result[number] for number in range(3)]


def _boxes(heat: Any, size: Any, offset: Any) -> list[tuple[float, Box]]:
    found = []
    for row, column in zip(*np.where(heat > _LEAST), strict=True):
        high, wide = (float(np.exp(size[axis, row, column])) * _STRIDE for axis in (0, 1))
        down, right = (float(offset[axis, row, column]) + 0.5 for axis in (0, 1))
        middle_x, middle_y = (column + right) * _STRIDE, (row + down) * _STRIDE
        found.append((float(heat[row, column]), Box(middle_x - wide / 2, middle_y - high / 2, wide, high)))
    return found
