"""Whether a passage is about somebody or something else than the question names.

A question about a customer or an incident that the person may not read finds the same words about another one: "annual
recurring revenue" stands in every contract. Quoting that would be worse than no answer.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from assistant.answers.reading.expectation import names_in
from core.text.words import folded
from core.types import Chunk, Passage

# INC-2026-0252, KB-17: one thing and no other. A version or a product's number is no such name.
_IDENTIFIER = re.compile(r"\b[A-Z]{2,}-\d[\w-]*\b")


def concerns_another(question: str, chunk: Chunk, language: str = "en") -> bool:
    """Whether the passage lacks the identifier that the question names, or is about a customer that it doesn't name.

    Args:
        language: The question's.
    """
    asked = folded(question)
    seen = folded(" ".join([chunk.title, *chunk.heading_path, chunk.text, *map(str, chunk.metadata.values())]))
    identifiers = _IDENTIFIER.findall(question)
    if identifiers and not any(folded(identifier) in seen for identifier in identifiers):
        return True
    customer = folded(str(chunk.metadata.get("customer") or ""))
    if not customer or customer in asked or language == "de":
        return False  # German writes every noun like a name
    names = [folded(name) for name in names_in(question) if not name[0].isdigit()]
    return bool(names) and not any(name in seen for name in names)


def names_known(question: str, passages: Sequence[Passage], language: str = "en") -> bool:
    """Whether what the question names by name stands in a passage that was found; true where nouns look like names."""
    names = [folded(name) for name in names_in(question) if not name[0].isdigit() and len(name) > 2]
    if not names or language == "de":
        return True
    chunks = [passage.chunk for passage in passages]
    seen = folded(
        " ".join(" ".join([c.title, *c.heading_path, c.text, *map(str, c.metadata.values())]) for c in chunks)
    )
    return all(name in seen or name.removesuffix("'s").removesuffix("’s") in seen for name in names)
