"""Any sentence-transformers model, run by torch. The fallback where the OpenVINO runtime can't take a model."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from core.arrays import FloatArray
from core.errors import ModelError
from core.settings import EmbeddingSettings
from retrieval.models.late_interaction import sketch
from retrieval.models.tokens import TokenVectors, token_vectors


class TorchEmbedder:
    """A sentence-transformers model by folder or hub name."""

    def __init__(self, model: str, name: str, languages: str, settings: EmbeddingSettings) -> None:
        """Loads the model.

        Raises:
            ModelError: it can be found neither as a folder nor in the local cache nor on the hub.
        """
        # Importing torch takes seconds; nobody who uses the packaged model should wait for it.
        import torch
        from sentence_transformers import SentenceTransformer

        if settings.threads:
            torch.set_num_threads(settings.threads)
        try:
            self._model = SentenceTransformer(model)
        except Exception as error:  # huggingface_hub, requests, safetensors and json errors, none of one family
            raise ModelError(
                f"The embedding model {model!r} can't be loaded ({_first_line(error)}); give embedding.model a folder "
                "that holds it, make the model hub reachable, or use the packaged model 'english'."
            ) from error
        self.name = name
        self.languages = languages
        self.dim = int(self._model.get_sentence_embedding_dimension() or 0)

    def encode_texts(self, texts: Sequence[str]) -> FloatArray:
        """(len(texts), dim) float32, L2-normalised."""
        return self._encode(list(texts), query=False)

    def encode_passages(self, texts: Sequence[str]) -> tuple[FloatArray, list[bytes]]:
        """The vectors of `encode_texts`, and each text's `words.sketch`."""
        return self.encode_texts(texts), [sketch(found.vectors) for found in self.encode_tokens(list(texts))]

    def encode_query(self, text: str) -> FloatArray:
        """(dim,) float32, L2-normalised, with the model's own prompt for questions if it has one."""
        vector: FloatArray = self._encode([text], query=True)[0]
        return vector

    def encode_tokens(self, texts: list[str], *, query: bool = False) -> list[TokenVectors]:
        """The token vectors of each text, in order. Texts over the model's length are cut."""
        prompt = (self._model.prompts or {}).get("query" if query else "document") or ""
        texts = [prompt + text for text in texts]
        hidden = self._model.encode(texts, output_value="token_embeddings", prompt="", show_progress_bar=False)
        encodings = self._model.tokenizer(
            texts, truncation=True, max_length=self._model.max_seq_length, return_offsets_mapping=True
        )
        return [
            token_vectors(rows.cpu().numpy()[: len(offsets)], offsets, len(prompt))
            for rows, offsets in zip(hidden, encodings["offset_mapping"], strict=True)
        ]

    def _encode(self, texts: list[str], query: bool) -> FloatArray:
        if not texts:
            return np.zeros((0, self.dim), np.float32)
        encode = self._model.encode_query if query else self._model.encode_document
        vectors = encode(texts, batch_size=32, normalize_embeddings=True, show_progress_bar=False)
        result: FloatArray = np.asarray(vectors, np.float32)
        return result


def _first_line(error: Exception) -> str:
    text = str(error).strip()
    return text.splitlines()[0][:200] if text else type(error).__name__
