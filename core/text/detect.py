"""Which language a text is in, offline."""

from __future__ import annotations

from collections.abc import Collection
from functools import cache
from itertools import islice
from threading import Lock
from typing import Any

# Fewer letters than this say too little: a table of numbers is not Latin because its header says "Total".
_MIN_LETTERS = 20
_SAMPLE_CHARS = 4_000


_loading = Lock()


def _identifier() -> Any:
    # Twenty people at once would load it twenty times.
    with _loading:
        return _loaded()


@cache
def _loaded() -> Any:
    # Loading the model takes 0.3 s, so it waits until a text needs it.
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)


def detect_language(text: str, default: str = "en", min_probability: float = 0.7) -> str:
    """The ISO 639-1 code of the text's language; `default` when the text is too short or the model isn't sure."""
    sample = text[:_SAMPLE_CHARS]
    if sum(1 for _ in islice(filter(str.isalpha, sample), _MIN_LETTERS)) < _MIN_LETTERS:
        return default
    language, probability = _identifier().classify(sample)
    return str(language) if probability >= min_probability else default


def language_shares(text: str, among: Collection[str]) -> list[tuple[str, float]]:
    """The languages of `among` and how probable each is for `text`, most probable first; the shares sum to 1."""
    ranked = [(str(language), float(share)) for language, share in _identifier().rank(text) if language in among]
    total = sum(share for _, share in ranked)
    return [(language, share / total) for language, share in ranked] if total > 0 else []
