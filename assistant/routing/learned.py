"""What the router has learned from the apps' examples: fitted once, and kept in the data folder until they change."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Iterable, Sequence
from functools import cached_property
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from apps.language import App
from assistant.routing.intents import IntentClassifier
from assistant.routing.ngrams import word_ngrams
from assistant.routing.requests import plain_request
from core.files import write_atomically
from retrieval.models.embed import Embedder

# An app with so few texts (examples, title, description) is also found by its nearest one; so alike it must be.
_FEW, _ALIKE = 14, 0.33
SEARCH = "search"
APP = "app"
# What is learned follows from the examples, the model, and these files.
_MADE_BY = (
    "learned.py", "fitting.py", "intents.py", "ngrams.py", "requests.py", "glossary.py", "glossary.txt",
)  # fmt: skip


class Learned:
    """The two classifiers, fitted on examples.

    Attributes:
        work: Whether a message asks for the work of any app, `APP`, or is for `SEARCH`.
        which: Which app's work it is, learned from the apps' examples alone.
        shown: What was compared → the example as its author wrote it.
    """

    def __init__(self, work: IntentClassifier, which: IntentClassifier, shown: dict[str, str]) -> None:
        """Puts together what was fitted or read."""
        self.work, self.which, self.shown = work, which, shown

    def knows_a_word(self, plain: str) -> bool:
        """Whether some word of a message stands in an example; "asdf jkl" is for no app."""
        words = plain.split("[", maxsplit=1)[0]
        return not self._grams.isdisjoint(word_ngrams(words))

    @cached_property
    def _grams(self) -> set[str]:
        return set(self.work.words.grams)

    def nearer(self, vector: NDArray[np.floating[Any]]) -> dict[str, tuple[float, str]]:
        """App with a few examples → by how much its nearest text is nearer (cosine) than any other text, and that text.

        A handful of examples weighs little against hundreds, but an app of another trade has a subject of its own.
        """
        named = self.which.classes
        counts = np.bincount(named, minlength=len(self.which.labels))
        few = [n for n, count in enumerate(counts) if 0 < count <= _FEW]
        if not few:
            return {}
        of_apps = self.which.vectors @ vector
        search = self.work.vectors[self.work.classes == self.work.labels.index(SEARCH)] @ vector
        found: dict[str, tuple[float, str]] = {}
        for n in few:
            nearest = int(np.where(named == n, of_apps, -1.0).argmax())
            best = max(float(search.max(initial=-1.0)), float(of_apps[named != n].max(initial=-1.0)))
            if of_apps[nearest] >= _ALIKE:
                found[self.which.labels[n]] = float(of_apps[nearest]) - best, self.which.texts[nearest]
        return found


def learn(apps: Iterable[App], embedder: Embedder, file: Path | None = None) -> Learned:
    """What the examples of `apps` teach: read from `file` if it holds just that, else fitted, which takes 3 seconds.

    A file that is missing, damaged or of other examples is written anew.
    """
    texts, labels = training_examples(apps)
    key = _key(texts, labels, embedder.name)
    known = _read(file, key) if file is not None else None
    if known is None:
        known = _fitted(texts, labels, embedder)
        if file is not None:
            _write(file, key, known)
    return known


def training_examples(apps: Iterable[App]) -> tuple[list[str], list[str | None]]:
    """Texts and labels: titles, descriptions and examples of apps; counter-examples and general questions as search."""
    texts: list[str] = []
    labels: list[str | None] = []
    for app in apps:
        for text in (*app.routing.examples, app.description, app.title):
            texts.append(text)
            labels.append(app.name)
        for text in app.routing.counter_examples:
            texts.append(text)
            labels.append(SEARCH)
    for line in files("assistant.routing").joinpath("search.txt").read_text(encoding="utf-8").splitlines():
        if line.strip():
            texts.append(line.strip())
            labels.append(SEARCH)
    return texts, labels


def _fitted(texts: Sequence[str], labels: Sequence[str | None], embedder: Embedder) -> Learned:
    # Imported when there is something to learn: scikit-learn takes longer than a question.
    from assistant.routing.fitting import fit_intents

    plain = [plain_request(text) for text in texts]
    vectors = embedder.encode_texts(plain)
    work = fit_intents(plain, [SEARCH if label == SEARCH else APP for label in labels], vectors)
    own = [n for n, label in enumerate(labels) if label != SEARCH]
    which = fit_intents([plain[n] for n in own], [labels[n] for n in own], vectors[own])
    return Learned(work, which, dict(zip(plain, texts, strict=True)))


def _key(texts: Sequence[str], labels: Sequence[str | None], model: str) -> str:
    digest = hashlib.sha256(json.dumps([model, texts, labels]).encode())
    for name in _MADE_BY:
        digest.update(files("assistant.routing").joinpath(name).read_bytes())
    return digest.hexdigest()


def _read(file: Path, key: str) -> Learned | None:
    try:
        with np.load(file, allow_pickle=False) as kept:
            if str(kept["key"]) != key:
                return None
            parts = {name: kept[name] for name in kept.files}
        shown: dict[str, str] = json.loads(parts["shown"].tobytes())
        work, which = (
            IntentClassifier.from_arrays({n.removeprefix(p): a for n, a in parts.items() if n.startswith(p)})
            for p in ("work.", "which.")
        )
        return Learned(work, which, shown)
    except (OSError, EOFError, ValueError, KeyError, zipfile.BadZipFile):
        return None  # Missing or damaged: it is learned anew.


def _write(file: Path, key: str, learned: Learned) -> None:
    parts: dict[str, NDArray[np.generic]] = {"key": np.array(key)}
    parts["shown"] = np.frombuffer(json.dumps(learned.shown).encode(), np.uint8)
    for prefix, classifier in (("work.", learned.work), ("which.", learned.which)):
        parts |= {prefix + name: array for name, array in classifier.arrays().items()}
    stream = io.BytesIO()
    np.savez(stream, allow_pickle=False, **parts)
    try:
        write_atomically(file, stream.getvalue())
    except OSError:
        return  # A data folder that can't be written only means learning again next time.
