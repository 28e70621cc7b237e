"""The model as torch trains it: multilingual-e5-small's body over its frozen table of words, and one number a pair."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from transformers import BertConfig, BertModel

from retrieval.models.claims import SHAPE
from retrieval.models.packed_e5 import Packed

_TABLE = "embeddings.word_embeddings"


class ClaimNet(nn.Module):
    """(tokens, mask, types) → log-odds that the text says the claim."""

    def __init__(self, packed: Packed, dropout: float = 0.1) -> None:
        super().__init__()
        values, scales = packed.weights[f"{_TABLE}.weight"], packed.weights[f"{_TABLE}.scales"]
        blocks = values.reshape(len(values), scales.shape[1], -1) * scales[:, :, None]
        self.words = nn.Embedding(*values.shape)
        self.words.weight = nn.Parameter(torch.from_numpy(blocks.reshape(values.shape)), requires_grad=False)
        config = BertConfig(
            vocab_size=8,  # the table stands beside the body
            hidden_size=SHAPE.hidden,
            num_hidden_layers=SHAPE.layers,
            num_attention_heads=SHAPE.heads,
            intermediate_size=4 * SHAPE.hidden,
            max_position_embeddings=len(packed.weights["embeddings.position_embeddings.weight"]),
            layer_norm_eps=SHAPE.norm_epsilon,
            hidden_dropout_prob=dropout,
            attention_probs_dropout_prob=0.0,
        )
        self.body = BertModel(config, add_pooling_layer=False)
        self.body.load_state_dict(_state(packed.weights), strict=False)
        self.head = nn.Linear(SHAPE.hidden, 1)

    def forward(self, ids: Tensor, mask: Tensor, types: Tensor) -> Tensor:
        """As the class says."""
        found = self.body(inputs_embeds=self.words(ids), attention_mask=mask, token_type_ids=types)
        # The number leaves bfloat16 here: the loss is summed in full precision.
        odds: Tensor = self.head(found.last_hidden_state[:, 0])[:, 0].float()
        return odds

    def arrays(self) -> dict[str, NDArray[Any]]:
        """What was trained, as `retrieval.models.claims` reads it: the layers' matrices in 8 bits, a scale a row."""
        found: dict[str, NDArray[Any]] = {}
        for name, value in self.state_dict().items():
            array = value.float().cpu().numpy()
            plain = name.removeprefix("body.")
            if name.startswith("words.") or "word_embeddings" in name or "position_ids" in name:
                continue
            if array.ndim == 2 and plain.startswith("encoder."):
                scale = np.abs(array).max(axis=1) / 127 + 1e-12
                found[f"{plain}.q"] = np.round(array / scale[:, None]).astype(np.int8)
                found[f"{plain}.s"] = scale.astype(np.float32)
            else:
                found[plain] = array.astype(np.float16) if array.size > 5_000 else array
        return found


def _state(weights: Mapping[str, NDArray[Any]]) -> dict[str, Tensor]:
    """The packaged weights but for the table; claim and source begin with the one type that the package knows."""
    state = {name: torch.tensor(np.asarray(array, np.float32)) for name, array in weights.items() if _TABLE not in name}
    types = state["embeddings.token_type_embeddings.weight"].reshape(-1, SHAPE.hidden)
    state["embeddings.token_type_embeddings.weight"] = torch.stack([types[0], types[0]])
    return state


def batch(joined: Sequence[tuple[list[int], int]], device: str) -> tuple[Tensor, Tensor, Tensor]:
    """(tokens, mask, types) of pairs, each as tokens and how many are the claim's."""
    ids, mask, types = np.zeros((3, len(joined), max(len(tokens) for tokens, _ in joined)), np.int64)
    for row, (tokens, own) in enumerate(joined):
        ids[row, : len(tokens)], mask[row, : len(tokens)], types[row, own : len(tokens)] = tokens, 1, 1
    one, two, three = (torch.from_numpy(array).to(device) for array in (ids, mask, types))
    return one, two, three
