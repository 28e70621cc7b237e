"""Documents → text: one module for each family of formats, and the process that keeps each file apart."""

from ingestion.parse.draft import ParseLimits
from ingestion.parse.formats import parse
from ingestion.parse.sandbox import ParserPool, ParserUsage, limits_of

__all__ = ["ParseLimits", "ParserPool", "ParserUsage", "limits_of", "parse"]
