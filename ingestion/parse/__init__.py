"""Documents → text: one module for each family of formats, and the process that keeps each file apart."""

from ingestion.parse.draft import Limits
from ingestion.parse.formats import parse
from ingestion.parse.sandbox import Measured, ParserPool, limits_of

__all__ = ["Limits", "Measured", "ParserPool", "limits_of", "parse"]
