"""BERT-like sentence-transformers models on OpenVINO: 0.5 s from nothing to the first vector, 3 ms a question."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from safetensors.numpy import load_file
from tokenizers import Tokenizer

from core.arrays import FloatArray
from core.errors import ModelError
from core.settings import EmbeddingSettings
from retrieval.models.bert import BertShape, Precision, bert_graph
from retrieval.models.late_interaction import sketch
from retrieval.models.openvino_offline import ov
from retrieval.models.tokens import TokenVectors, token_vectors

_MODULES = {"Transformer", "Pooling", "Normalize"}


@dataclass(frozen=True)
class Prompts:
    """What a model wants in front of a question and of a text ("query: ", "passage: ")."""

    query: str = ""
    text: str = ""


def unsupported(folder: Path) -> str:
    """Why the model in `folder` can't run here; empty if it can."""
    config = _json(folder / "config.json")
    if config.get("model_type") != "bert" or config.get("hidden_act", "gelu") != "gelu":
        return f"its type is {config.get('model_type', 'not stated')!r}, and only BERT encoders with GELU are supported"
    if not (folder / "model.safetensors").is_file() or not (folder / "tokenizer.json").is_file():
        return "it lacks model.safetensors or tokenizer.json"
    modules = _json(folder / "modules.json")
    kinds = {str(module.get("type", "")).rsplit(".", 1)[-1] for module in modules} if modules else set()
    if kinds - _MODULES:
        return f"it has the modules {', '.join(sorted(kinds - _MODULES))}"
    pooling = _json(folder / "1_Pooling" / "config.json")
    modes = [key for key, on in pooling.items() if key.startswith("pooling_mode_") and on is True]
    if modes not in (["pooling_mode_mean_tokens"], ["pooling_mode_cls_token"]):
        return f"its pooling is {', '.join(modes) or 'not stated'}, and only mean or cls is supported"
    return ""


class OpenVinoEmbedder:
    """A BERT encoder with its tokenizer, for several threads at once."""

    def __init__(
        self,
        graph: ov.Model,
        tokenizer: Tokenizer,
        *,
        name: str,
        languages: str = "",
        max_tokens: int = 256,
        prompts: Prompts | None = None,
        settings: EmbeddingSettings | None = None,
    ) -> None:
        """`graph` is one of `bert_graph`."""
        settings = settings or EmbeddingSettings()
        self.name = name
        self.languages = languages
        self.dim = int(graph.outputs[0].get_partial_shape()[1].get_length())
        self._prompts = prompts or Prompts()
        self._batch_tokens = settings.batch_tokens
        self._tokenizer = tokenizer
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(max_tokens)
        options = {"INFERENCE_NUM_THREADS": settings.threads} if settings.threads else {}
        self._model = ov.Core().compile_model(graph, "CPU", options)
        self._threads = threading.local()

    @classmethod
    def from_folder(cls, folder: Path, name: str, languages: str, settings: EmbeddingSettings) -> OpenVinoEmbedder:
        """The model of a sentence-transformers folder for which `unsupported` says nothing.

        Raises:
            ModelError: a file of it can't be read.
        """
        config = _json(folder / "config.json")
        pooling = _json(folder / "1_Pooling" / "config.json")
        prompts = _json(folder / "config_sentence_transformers.json").get("prompts") or {}
        try:
            weights = load_file(folder / "model.safetensors")
            tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
            shape = BertShape(
                config["num_hidden_layers"],
                config["hidden_size"],
                config["num_attention_heads"],
                config["layer_norm_eps"],
            )
            # With bfloat16 in the CPU, float weights are fastest and closest; without, int8 is faster.
            fast = "BF16" in ov.Core().get_property("CPU", "OPTIMIZATION_CAPABILITIES")
            precision: Precision = "float32" if fast else "int8"
            mean_or_cls = "cls" if pooling.get("pooling_mode_cls_token") else "mean"
            plain = {key.removeprefix("bert."): value for key, value in weights.items()}
            return cls(
                bert_graph(plain, shape, mean_or_cls, precision),
                tokenizer,
                name=name,
                languages=languages,
                max_tokens=_json(folder / "sentence_bert_config.json").get("max_seq_length") or 512,
                prompts=Prompts(prompts.get("query", ""), prompts.get("document", prompts.get("passage", ""))),
                settings=settings,
            )
        except Exception as error:  # safetensors, tokenizers and openvino raise plain Exception and RuntimeError
            raise ModelError(
                f"The embedding model in {folder} can't be loaded ({type(error).__name__}: {str(error)[:200]}); "
                "replace the folder, or set embedding.runtime to torch."
            ) from error

    def encode_texts(self, texts: Sequence[str]) -> FloatArray:
        """(len(texts), dim) float32, L2-normalised. Texts over the model's length are cut."""
        return self.encode_passages(texts)[0]

    def encode_passages(self, texts: Sequence[str]) -> tuple[FloatArray, list[bytes]]:
        """The vectors of `encode_texts`, and each text's `words.sketch` from the same computation."""
        vectors = np.zeros((len(texts), self.dim), np.float32)
        sketches = [b""] * len(texts)
        encodings = self._tokenizer.encode_batch([self._prompts.text + text for text in texts])
        markers = [np.array(encoding.special_tokens_mask) for encoding in encodings]
        for rows in batches([len(encoding.ids) for encoding in encodings], self._batch_tokens):
            vectors[rows], tokens = self._infer([encodings[row].ids for row in rows])
            for number, row in enumerate(rows):
                sketches[row] = sketch(tokens[number, : len(markers[row])][markers[row] == 0])
        return vectors, sketches

    def encode_query(self, text: str) -> FloatArray:
        """(dim,) float32, L2-normalised."""
        vector: FloatArray = self._read(text)[0]
        return vector

    def encode_tokens(self, texts: list[str], *, query: bool = False) -> list[TokenVectors]:
        """The token vectors of each text, in order. Texts over the model's length are cut."""
        if query:
            return [self._read(text)[1] for text in texts]
        prompt = self._prompts.text
        encodings = self._tokenizer.encode_batch([prompt + text for text in texts])
        found: dict[int, TokenVectors] = {}
        for rows in batches([len(e.ids) for e in encodings], self._batch_tokens):
            tokens = self._infer([encodings[row].ids for row in rows])[1]
            for number, row in enumerate(rows):
                encoding = encodings[row]
                found[row] = token_vectors(tokens[number, : len(encoding.ids)], encoding.offsets, len(prompt))
        return [found[row] for row in range(len(texts))]

    def _read(self, question: str) -> tuple[FloatArray, TokenVectors]:
        """A question's vector and its tokens. The last one is kept: search and answer ask for it in turn."""
        last: tuple[str, FloatArray, TokenVectors] | None = getattr(self._threads, "last", None)
        if last is None or last[0] != question:
            prompt = self._prompts.query
            encoding = self._tokenizer.encode(prompt + question)
            vectors, tokens = self._infer([encoding.ids])
            last = self._threads.last = (question, vectors[0], token_vectors(tokens[0], encoding.offsets, len(prompt)))
        return last[1], last[2]

    def _infer(self, ids: list[list[int]]) -> tuple[FloatArray, FloatArray]:
        """Pooled (n, dim) and by token (n, length, dim)."""
        length = max(len(row) for row in ids)
        padded = np.zeros((len(ids), length), np.int64)
        mask = np.zeros((len(ids), length), np.int64)
        for number, row in enumerate(ids):
            padded[number, : len(row)] = row
            mask[number, : len(row)] = 1
        request = getattr(self._threads, "request", None)
        if request is None:
            request = self._threads.request = self._model.create_infer_request()
        result = request.infer([padded, mask], share_inputs=True)
        return np.array(result[0], np.float32), np.array(result[1], np.float32)


def batches(lengths: Sequence[int], batch_tokens: int) -> Iterator[list[int]]:
    """Row numbers in batches of like length, longest first, each of at most `batch_tokens` with its padding.

    Padding is computed like text, so texts of one length together cost the least; longest first means that a
    machine that is too small shows it at once.
    """
    order = sorted(range(len(lengths)), key=lambda row: -lengths[row])
    start = 0
    while start < len(order):
        size = max(1, batch_tokens // max(1, lengths[order[start]]))
        yield order[start : start + size]
        start += size


def _json(file: Path) -> Any:
    try:
        return json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise ModelError(f"{file} can't be read ({error}); replace the model's folder.") from error
