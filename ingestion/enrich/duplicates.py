"""Documents that nearly repeat each other: the same text in two places, or an older version.

MinHash over word shingles estimates the Jaccard similarity of two texts.
Source: A. Broder, "On the resemblance and containment of documents", 1997; `datasketch` implements it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Literal

import numpy as np
from datasketch import MinHash, MinHashLSH

_PERMUTATIONS = 64
_SCHEME: Literal["affine32"] = "affine32"  # stored signatures don't say how they were made
# Drawing the permutations costs as much as hashing a page, and they are the same for each text.
_DRAWN = MinHash(num_perm=_PERMUTATIONS, scheme=_SCHEME).permutations
_SHINGLE_WORDS = 5
_WORD = re.compile(r"\w+")

# At 0.8, two versions of a report of which one word in fifty differs still count as the same text, and two
# customers' reports from one template (Jaccard below 0.6) don't.
THRESHOLD = 0.8


def signature(text: str) -> bytes:
    """The text's MinHash, 64 × uint32; empty for a text too short to compare."""
    words = _WORD.findall(text.casefold())
    if len(words) < 4 * _SHINGLE_WORDS:
        return b""
    shingles = {" ".join(words[n : n + _SHINGLE_WORDS]) for n in range(len(words) - _SHINGLE_WORDS + 1)}
    minhash = MinHash(num_perm=_PERMUTATIONS, scheme=_SCHEME, permutations=_DRAWN)
    # Sorted: a set's order differs between processes, and the same text must always get the same signature.
    minhash.update_batch([shingle.encode() for shingle in sorted(shingles)])
    return bytes(minhash.hashvalues.astype(np.uint32).tobytes())


def duplicates(signatures: Mapping[str, bytes], dates: Mapping[str, str]) -> dict[str, str]:
    """Each near-duplicate's id → the id of the document that stands for its group.

    The newest of a group stands for it; among equals the first by id. Empty signatures never match.

    Args:
        dates: Document id → ISO date of the last change; a missing one counts as oldest.
    """
    index = MinHashLSH(threshold=THRESHOLD, num_perm=_PERMUTATIONS)
    hashes = {name: _minhash(found) for name, found in signatures.items() if found}
    result: dict[str, str] = {}
    newest_first = sorted(sorted(hashes), key=lambda name: dates.get(name, ""), reverse=True)
    for name in newest_first:
        near = [other for other in index.query(hashes[name]) if hashes[name].jaccard(hashes[other]) >= THRESHOLD]
        if near:
            result[name] = min(near, key=newest_first.index)
        else:
            # Only representatives are indexed, so a group never has two.
            index.insert(name, hashes[name])
    return result


def _minhash(found: bytes) -> MinHash:
    values = np.frombuffer(found, dtype=np.uint32).copy()
    return MinHash(num_perm=_PERMUTATIONS, scheme=_SCHEME, hashvalues=values, permutations=_DRAWN)
