"""Training against the clock, and what is measured of it."""

from __future__ import annotations

import math
import random
import time
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence

import numpy as np
import torch
from tokenizers import Tokenizer
from torch import nn

from evals.fitting.claims.net import ClaimNet, batch
from evals.fitting.claims.texts import Pair
from retrieval.models.claims import joined

# Of a hundred pairs so many are of each material at first and in the end; those written by hand count most.
_AT_FIRST = {"made up": 44, "hand": 12, "xquad": 12, "cross": 10, "nomiracl": 5, "gov": 5, "tatqa": 5, "mtrag": 4}
_AT_FIRST["handbook"] = 3
_IN_THE_END = {**_AT_FIRST, "hand": 30, "made up": 26}
_RATE, _WARM, _DECAY, _BATCH = 2e-4, 150, 0.02, 256
_AVERAGED, _SMOOTHED = 0.998, 0.03


def train(net: ClaimNet, pairs: Sequence[Pair], tokenizer: Tokenizer, seconds: float, seed: int) -> int:
    """Trains for so many seconds, and leaves the average of the last weights in `net`; how many steps it took."""
    device = "cuda" if torch.cuda.is_available() else "cpu"
    net.to(device).train()
    own = [parameter for parameter in net.parameters() if parameter.requires_grad]
    optimizer = torch.optim.AdamW(own, lr=_RATE, betas=(0.9, 0.98), weight_decay=_DECAY)
    average = [parameter.detach().clone() for parameter in own]
    began, step, drawn = time.monotonic(), 0, _Drawn(pairs, seed)
    while (share := (time.monotonic() - began) / seconds) < 1:
        rows = drawn.rows(share)
        for group in optimizer.param_groups:
            group["lr"] = _RATE * min(1, (step + 1) / _WARM) * (0.03 + 0.97 * 0.5 * (1 + math.cos(math.pi * share)))
        said = torch.tensor([float(row.said) for row in rows], device=device)
        with torch.autocast(device, torch.bfloat16):
            odds = net(*batch(encoded(rows, tokenizer), device))
        loss = nn.functional.binary_cross_entropy_with_logits(odds, said * (1 - 2 * _SMOOTHED) + _SMOOTHED)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(own, 1.0)
        optimizer.step()
        step += 1
        with torch.no_grad():
            kept = min(_AVERAGED, 1 - 1 / (step / 4 + 2))
            for mean, parameter in zip(average, own, strict=True):
                mean.lerp_(parameter.detach(), 1 - kept)
    with torch.no_grad():
        for mean, parameter in zip(average, own, strict=True):
            parameter.copy_(mean)
    return step


class _Drawn:
    """Pairs in the shares of their materials, half of each said and half not."""

    def __init__(self, pairs: Sequence[Pair], seed: int) -> None:
        self._random = random.Random(seed)
        self._by: dict[tuple[str, bool], list[Pair]] = defaultdict(list)
        for pair in pairs:
            self._by[pair.group, pair.said].append(pair)

    def rows(self, share: float) -> list[Pair]:
        """A batch as it is due when `share` of the time is over; from half of it on the shares shift."""
        shift = max(0.0, 2 * share - 1)
        keys = list(self._by)
        weights = [(1 - shift) * _AT_FIRST[group] + shift * _IN_THE_END[group] for group, _ in keys]
        return [self._random.choice(self._by[key]) for key in self._random.choices(keys, weights, k=_BATCH)]


def encoded(pairs: Sequence[Pair], tokenizer: Tokenizer) -> list[tuple[list[int], int]]:
    """The pairs as the model reads them."""
    claims = tokenizer.encode_batch([pair.claim for pair in pairs], add_special_tokens=False)
    texts = tokenizer.encode_batch([pair.text for pair in pairs], add_special_tokens=False)
    return [joined(claim.ids, text.ids) for claim, text in zip(claims, texts, strict=True)]


def figures(
    log_odds: Callable[[Sequence[tuple[str, str]]], list[float]], pairs: Sequence[Pair], bar: float
) -> Mapping[str, float]:
    """The area under the curve, and at the bar the share of right claims lost and of false ones shown."""
    odds = np.array(log_odds([(pair.claim, pair.text) for pair in pairs]))
    said = np.array([pair.said for pair in pairs])
    right, false = odds[said], odds[~said]
    area = float((right[:, None] > false[None, :]).mean())
    return {
        "claims": len(pairs),
        "auc": area,
        "lost": float((right < bar).mean()),
        "shown": float((false >= bar).mean()),
    }
