"""A stretch of speech → a vector of the voice: the speaker encoder of Resemblyzer (Apache-2.0), computed with numpy.

Source: Wan and others, "Generalized End-to-End Loss for Speaker Verification", https://arxiv.org/abs/1710.10467
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from faster_whisper.feature_extractor import FeatureExtractor
from safetensors.numpy import load_file

from ingestion.parse.recording.sound import RATE

if TYPE_CHECKING:
    from numpy.typing import NDArray

DIM = 256
_WINDOW, _HOP, _BANDS = 400, 160, 40  # samples, samples, mel bands
_FRAMES, _STEP = 160, 80  # a piece of 1.6 s every 0.8 s
_LAYERS = 3
_LOUDNESS = 10 ** (-30 / 20)  # what quiet speech is raised to
_BATCH = 64
_MOST = 24  # pieces of one utterance; more say nothing new


class VoiceEncoder:
    """Tells voices apart: the cosine of two vectors is high when one person speaks."""

    def __init__(self, file: Path) -> None:
        self._weights = load_file(file)
        self._mel = FeatureExtractor.get_mel_filters(RATE, _WINDOW, _BANDS).astype(np.float32)

    def encode(self, sounds: Sequence[NDArray[np.float32]]) -> NDArray[np.float32]:
        """The voice in each of `sounds` (samples at `RATE`): (n, 256) float32, L2-normalised; zeros for silence."""
        pieces = [self._pieces(sound) for sound in sounds]
        belongs = np.repeat(np.arange(len(sounds)), [len(some) for some in pieces])
        every = np.concatenate([np.zeros((0, _FRAMES, _BANDS), np.float32), *pieces])
        voices = np.zeros((len(sounds), DIM), np.float32)
        for begin in range(0, len(every), _BATCH):
            hidden = self._read(every[begin : begin + _BATCH])
            raw = np.maximum(hidden @ self._weights["linear.weight"].T + self._weights["linear.bias"], 0.0)
            np.add.at(voices, belongs[begin : begin + _BATCH], _unit(raw))
        return _unit(voices)

    def _pieces(self, sound: NDArray[np.float32]) -> NDArray[np.float32]:
        """(n, 160 frames, 40 bands); what is shorter than a piece is said again until it fills one."""
        loud = float(np.sqrt(np.mean(sound**2))) if len(sound) else 0.0
        if loud < 1e-5:
            return np.zeros((0, _FRAMES, _BANDS), np.float32)
        sound = sound * max(1.0, _LOUDNESS / loud)
        least = _FRAMES * _HOP
        if len(sound) < least:
            sound = np.tile(sound, -(-least // len(sound)))
        padded = np.pad(sound, _WINDOW // 2)
        frames = np.lib.stride_tricks.sliding_window_view(padded, _WINDOW)[::_HOP]
        power = np.abs(np.fft.rfft(frames * np.hanning(_WINDOW + 1)[:-1].astype(np.float32), axis=1)) ** 2
        bands = (power @ self._mel.T).astype(np.float32)
        starts = range(0, len(bands) - _FRAMES + 1, _STEP)[:_MOST]
        return np.stack([bands[start : start + _FRAMES] for start in starts])

    def _read(self, pieces: NDArray[np.float32]) -> NDArray[np.float32]:
        """The last hidden state of three LSTM layers; gates in torch's order: input, forget, cell, output."""
        inputs = pieces.swapaxes(0, 1)
        for layer in range(_LAYERS):
            into, over, *biases = (
                self._weights[f"lstm.{name}_l{layer}"] for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
            )
            driven = inputs @ into.T + (biases[0] + biases[1])
            state = memory = np.zeros((pieces.shape[0], DIM), np.float32)
            outputs = []
            for now in driven:
                i, f, g, o = np.split(now + state @ over.T, 4, axis=1)
                memory = _sigmoid(f) * memory + _sigmoid(i) * np.tanh(g)
                state = _sigmoid(o) * np.tanh(memory)
                outputs.append(state)
            inputs = np.stack(outputs)
        last: NDArray[np.float32] = inputs[-1]
        return last


def _sigmoid(values: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.divide(1.0, 1.0 + np.exp(-np.clip(values, -60.0, 60.0)), dtype=np.float32)


def _unit(rows: NDArray[np.float32]) -> NDArray[np.float32]:
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    units: NDArray[np.float32] = np.divide(rows, np.maximum(lengths, 1e-9), dtype=np.float32)
    return units
