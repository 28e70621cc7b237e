"""Plain words → a structured query, by a layer's names and values and by the forms that questions have."""

from warehouse.reading.lexicon import Lexicon
from warehouse.reading.read import Reading, read

__all__ = ["Lexicon", "Reading", "read"]
