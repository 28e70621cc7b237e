"""Voices of utterances → who speaks: those that sound alike are one speaker, numbered by their first words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from ingestion.parse.recording.turns import Utterance

if TYPE_CHECKING:
    from numpy.typing import NDArray

# Two groups whose voices differ more on average (1 - cosine) are two people; chosen on two meetings that
# espeak-ng spoke and the speech model heard, at two seconds of what is clear.
APART = 0.22
# Shorter ones say little of a voice: they go to the speaker that they are most alike.
_CLEAR_S = 2.0
# A speaker who says less in all is taken for another one's cough or laughter.
_LEAST_S = 2.5
# Of so many the groups are found, of the longest ones: the rest goes to the nearest.
_MOST = 1_500


def with_speakers(said: Sequence[Utterance], voices: NDArray[np.float32]) -> list[Utterance]:
    """The utterances as those of "Speaker 1", "Speaker 2", …; as they are when only one voice is heard.

    Args:
        voices: (n, dim) float32, L2-normalised; a row of zeros where no voice could be told.
    """
    numbers = speaker_numbers(voices, [utterance.end_s - utterance.begin_s for utterance in said])
    if max(numbers, default=1) < 2:
        return list(said)
    return [replace(u, speaker=f"Speaker {number}") for u, number in zip(said, numbers, strict=True)]


def speaker_numbers(voices: NDArray[np.float32], lengths_s: Sequence[float]) -> list[int]:
    """The number of each utterance's speaker, from 1 on in the order of their first word."""
    groups = _groups(voices, np.asarray(lengths_s))
    order: dict[int, int] = {}
    return [order.setdefault(group, len(order) + 1) for group in groups]


def _groups(voices: NDArray[np.float32], lengths: NDArray[np.float64]) -> list[int]:
    from sklearn.cluster import AgglomerativeClustering

    heard = np.linalg.norm(voices, axis=1) > 0.5 if len(voices) else np.zeros(0, bool)
    clear = np.flatnonzero(heard & (lengths >= _CLEAR_S))
    clear = np.sort(clear[np.argsort(-lengths[clear], kind="stable")][:_MOST])
    if len(clear) < 2:
        return [0] * len(voices)
    grouping = AgglomerativeClustering(None, metric="cosine", linkage="average", distance_threshold=APART)
    found = grouping.fit_predict(voices[clear])
    kept = [g for g in np.unique(found) if lengths[clear][found == g].sum() >= _LEAST_S]
    if not kept:
        return [0] * len(voices)
    middles = np.stack([voices[clear][found == group].mean(axis=0) for group in kept])
    middles /= np.maximum(np.linalg.norm(middles, axis=1, keepdims=True), 1e-9)
    nearest = np.argmax(voices @ middles.T, axis=1)
    return _carried(nearest, heard)


def _carried(nearest: NDArray[np.int64], heard: NDArray[np.bool_]) -> list[int]:
    """What can't be told is said by who spoke before."""
    groups: list[int] = []
    for group, told in zip(nearest, heard, strict=True):
        groups.append(int(group) if told or not groups else groups[-1])
    return groups
