"""A BERT encoder as an OpenVINO graph, built straight from a model's weights.

Building takes a tenth of a second, so nothing needs to be converted or kept on disk, and neither torch nor
transformers is imported when a question is asked.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from retrieval.models.openvino_offline import ops, ov

Precision = Literal["float32", "int8"]


@dataclass(frozen=True)
class BertShape:
    """The numbers of a BERT encoder's config.json."""

    layers: int
    hidden: int
    heads: int
    norm_epsilon: float


def bert_graph(
    weights: Mapping[str, NDArray[Any]], shape: BertShape, pooling: str, precision: Precision, *, pairs: bool = False
) -> ov.Model:
    """A model (ids, mask) → (pooled, tokens); for pairs of texts (ids, mask, types).

    Inputs are (n, length) int64; `mask` is 0 where `ids` are padding, `types` is 1 in the second text of a pair.
    `pooled` is (n, hidden) float32, L2-normalised; `tokens` is (n, length, hidden) float32, the last layer as it is.

    Args:
        weights: Arrays under the names of Hugging Face's BertModel.
        pooling: "mean" over the mask, or "cls".
        precision: "int8" stores the matrices of the layers with one scale a row; activations are quantised by
            the runtime. "float32" leaves the choice to the runtime, which takes bfloat16 where the CPU has it.
    """
    ids = ops.parameter([-1, -1], ov.Type.i64, name="ids")
    mask = ops.parameter([-1, -1], ov.Type.i64, name="mask")
    present = ops.convert(mask, "f32")

    words = _embedded(ids, weights, shape.hidden)
    inputs = [ids, mask]
    positions, segments = (
        weights[f"embeddings.{name}_embeddings.weight"].astype(np.float32) for name in ("position", "token_type")
    )
    if pairs:
        inputs.append(ops.parameter([-1, -1], ov.Type.i64, name="types"))
        words = ops.add(words, ops.gather(_constant(segments), inputs[2], _constant(np.int64(0))))
    else:
        # All texts are of segment 0, whose embedding is added to every position once and for all.
        positions = positions + segments[0]
    length = ops.gather(ops.shape_of(ids, "i64"), _constant(np.int64(1)), _constant(np.int64(0)))
    steps = ops.range(_constant(np.int64(0)), length, _constant(np.int64(1)), "i64")
    x = ops.add(words, ops.gather(_constant(positions), steps, _constant(np.int64(0))))
    x = _layer_norm(x, weights, "embeddings.LayerNorm", shape.norm_epsilon)

    # 0 where there is text, -10,000 where there is padding: softmax then gives padding no weight.
    penalty = ops.multiply(ops.subtract(_constant(np.float32(1)), present), _constant(np.float32(-1e4)))
    penalty = ops.unsqueeze(penalty, _constant(np.array([1, 2], np.int64)))
    for number in range(shape.layers):
        x = _layer(x, penalty, weights, f"encoder.layer.{number}.", shape=shape, precision=precision)

    if pooling == "cls":
        summary = ops.gather(x, _constant(np.int64(0)), _constant(np.int64(1)))
    else:
        # The sum has the direction of the mean, and the length is normalised away.
        masked = ops.multiply(x, ops.unsqueeze(present, _constant(np.array([2], np.int64))))
        summary = ops.reduce_sum(masked, _constant(np.array([1], np.int64)))
    pooled = ops.normalize_l2(summary, _constant(np.array([1], np.int64)), 1e-12, "max")
    return ov.Model([pooled.output(0), x.output(0)], inputs, "bert")


def _embedded(ids: ov.Node, weights: Mapping[str, NDArray[Any]], hidden: int) -> ov.Node:
    """The tokens' own vectors; a table of whole numbers has a scale for each block of a row."""
    name = "embeddings.word_embeddings"
    rows = ops.gather(_constant(weights[f"{name}.weight"]), ids, _constant(np.int64(0)))
    scales = weights.get(f"{name}.scales")
    if scales is None:
        return rows
    blocks = ops.reshape(ops.convert(rows, "f32"), _constant(np.array([0, 0, scales.shape[1], -1], np.int64)), True)
    scale = ops.gather(_constant(scales), ids, _constant(np.int64(0)))
    scaled = ops.multiply(blocks, ops.unsqueeze(scale, _constant(np.array([3], np.int64))))
    return ops.reshape(scaled, _constant(np.array([0, 0, hidden], np.int64)), True)


def _layer(
    x: ov.Node,
    penalty: ov.Node,
    weights: Mapping[str, NDArray[Any]],
    prefix: str,
    *,
    shape: BertShape,
    precision: Precision,
) -> ov.Node:
    by_head = _constant(np.array([0, 0, shape.heads, shape.hidden // shape.heads], np.int64))
    swap = _constant(np.array([0, 2, 1, 3], np.int64))
    query, key, value = (
        ops.transpose(
            ops.reshape(_linear(x, weights, f"{prefix}attention.self.{name}", precision), by_head, True), swap
        )
        for name in ("query", "key", "value")
    )
    attended = ops.transpose(ops.scaled_dot_product_attention(query, key, value, penalty), swap)
    attended = ops.reshape(attended, _constant(np.array([0, 0, shape.hidden], np.int64)), True)
    attended = _linear(attended, weights, f"{prefix}attention.output.dense", precision)
    x = _layer_norm(ops.add(x, attended), weights, f"{prefix}attention.output.LayerNorm", shape.norm_epsilon)
    inner = ops.gelu(_linear(x, weights, f"{prefix}intermediate.dense", precision), "erf")
    inner = _linear(inner, weights, f"{prefix}output.dense", precision)
    return _layer_norm(ops.add(x, inner), weights, f"{prefix}output.LayerNorm", shape.norm_epsilon)


def _linear(x: ov.Node, weights: Mapping[str, NDArray[Any]], name: str, precision: Precision) -> ov.Node:
    matrix = weights[f"{name}.weight"].astype(np.float32)
    node = _constant(matrix)
    if precision == "int8":
        scale = np.abs(matrix).max(axis=1, keepdims=True) / 127 + 1e-12
        rounded = np.round(matrix / scale).astype(np.int8)
        node = ops.multiply(ops.convert(_constant(rounded), "f32"), _constant(scale.astype(np.float32)))
    return ops.add(ops.matmul(x, node, False, True), _constant(weights[f"{name}.bias"]))


def _layer_norm(x: ov.Node, weights: Mapping[str, NDArray[Any]], name: str, epsilon: float) -> ov.Node:
    normed = ops.mvn(x, _constant(np.array([-1], np.int64)), True, epsilon, "inside_sqrt")
    scaled = ops.multiply(normed, _constant(weights[f"{name}.weight"]))
    return ops.add(scaled, _constant(weights[f"{name}.bias"]))


def _constant(value: Any) -> ov.Node:
    array = np.array(value, order="C")
    return ops.constant(array.astype(np.float32) if array.dtype.kind == "f" else array)
