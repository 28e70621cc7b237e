"""Voices → speakers, and what people change of them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from core.errors import QuestionError
from ingestion.parse.recording.names import SpeakerChange, change, changes, renamed, undo
from ingestion.parse.recording.speakers import speaker_numbers, with_speakers
from ingestion.parse.recording.turns import Utterance, paragraphs, speakers_of
from ingestion.parse.recording.voices import VoiceEncoder


def _voices(*kinds: int) -> np.ndarray:
    """Rows near one of some directions; -1 is a row in which nothing was heard."""
    noise = np.random.default_rng(7).normal(0, 0.02, (len(kinds), 8))
    rows = np.array([np.eye(8)[kind] if kind >= 0 else np.zeros(8) for kind in kinds])
    rows = np.where(rows.any(axis=1, keepdims=True), rows + noise, 0)
    return (rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9)).astype(np.float32)


@pytest.mark.parametrize(
    ("kinds", "lengths", "numbers"),
    [
        ((3, 1, 3, 1), (4, 4, 4, 4), [1, 2, 1, 2]),
        ((3, 1, -1, 3), (4, 4, 4, 4), [1, 2, 2, 1]),  # what can't be told is said by who spoke before
        ((3, 1, 3, 1), (4, 4, 0.5, 0.5), [1, 2, 1, 2]),  # short ones go to whom they are most alike
        ((3, 3, 3), (4, 4, 4), [1, 1, 1]),
        ((3, 1, 3), (4, 1.5, 4), [1, 1, 1]),  # somebody of one and a half seconds is nobody
        ((), (), []),
        ((-1, -1), (4, 4), [1, 1]),
    ],
)
def test_alike_voices_are_one_speaker(kinds: tuple[int, ...], lengths: tuple[float, ...], numbers: list[int]) -> None:
    voices = _voices(*kinds) if kinds else np.zeros((0, 8), np.float32)
    assert speaker_numbers(voices, lengths) == numbers


def test_one_voice_alone_has_no_name() -> None:
    said = [Utterance(0.0, 4.0, "One."), Utterance(4.0, 8.0, "Two.")]
    assert speakers_of(with_speakers(said, _voices(1, 1))) == ()
    told = with_speakers(said, _voices(1, 2))
    assert speakers_of(told) == ("Speaker 1", "Speaker 2") and len(paragraphs(told)) == 2


def test_the_encoder_computes_what_torch_does(tmp_path: Path) -> None:
    torch.manual_seed(1)
    lstm, linear = torch.nn.LSTM(40, 256, 3, batch_first=True), torch.nn.Linear(256, 256)
    weights = {f"lstm.{k}": v for k, v in lstm.state_dict().items()}
    save_file(weights | {f"linear.{k}": v for k, v in linear.state_dict().items()}, tmp_path / "model.safetensors")
    encoder = VoiceEncoder(tmp_path / "model.safetensors")
    sound = np.sin(np.arange(40_000) / 20).astype(np.float32) * 0.3
    pieces = encoder._pieces(sound)
    with torch.no_grad():
        raw = torch.relu(linear(lstm(torch.from_numpy(pieces))[1][0][-1])).numpy()
    raw /= np.linalg.norm(raw, axis=1, keepdims=True)
    expected = raw.mean(axis=0) / np.linalg.norm(raw.mean(axis=0))
    found = encoder.encode([sound, np.zeros(16_000, np.float32), sound[:500]])
    assert found.shape == (3, 256) and np.allclose(found[0], expected, atol=1e-4)
    assert not found[1].any() and np.isclose(np.linalg.norm(found[2]), 1.0, atol=1e-4)


def test_names_are_given_turns_moved_and_changes_taken_back(tmp_path: Path) -> None:
    said = [Utterance(float(n), n + 1.0, "Yes.", f"Speaker {1 + n % 2}") for n in range(4)]
    change(tmp_path, SpeakerChange("Speaker 1", "  Ana  Lee ", "bo@x.example"))
    change(tmp_path, SpeakerChange("Speaker 2", "Ana Lee", "bo@x.example"))  # a wrong merge …
    assert speakers_of(renamed(said, changes(tmp_path))) == ("Ana Lee",)
    undone = undo(tmp_path)
    assert undone is not None and undone.speaker == "Speaker 2"  # … is undone: both are as they were
    assert speakers_of(renamed(said, changes(tmp_path))) == ("Ana Lee", "Speaker 2")
    change(tmp_path, SpeakerChange("Ana Lee", "Speaker 3", "bo@x.example", 2.0, 3.0))
    assert [u.speaker for u in renamed(said, changes(tmp_path))] == ["Ana Lee", "Speaker 2", "Speaker 3", "Speaker 2"]
    for wrong in ("", " ", "a" * 81, "Ana: Lee", "<b>"):
        with pytest.raises(QuestionError, match="can't be a speaker's name"):
            change(tmp_path, SpeakerChange("Speaker 2", wrong, "bo@x.example"))
    assert undo(tmp_path) and undo(tmp_path) and undo(tmp_path) is None
    (tmp_path / "names.json").write_text("[{}]")
    assert changes(tmp_path) == []
