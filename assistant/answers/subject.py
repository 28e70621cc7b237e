"""Whether a passage is about somebody or something else than the question names.

A question about a customer or an incident that the person may not read finds the same words about another one: "annual
recurring revenue" stands in every contract. Quoting that would be worse than no answer.
"""

from __future__ import annotations

import re

from assistant.answers.expectation import names_in
from core.text.words import folded
from core.types import Chunk

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
