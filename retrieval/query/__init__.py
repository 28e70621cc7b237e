"""What is asked and what is stored: the index protocol, filters, access, weights, records."""

from retrieval.query.access import may_read
from retrieval.query.bm25 import embedded_text
from retrieval.query.filters import AnyOf, Either, Exists, Filter, Not, all_of, parse_filter
from retrieval.query.index import ChunkIndex, Query
from retrieval.query.weights import WeightContext, Weights, load_weights, parse_weights

__all__ = [
    "AnyOf",
    "ChunkIndex",
    "Either",
    "Exists",
    "Filter",
    "Not",
    "Query",
    "WeightContext",
    "Weights",
    "all_of",
    "embedded_text",
    "load_weights",
    "may_read",
    "parse_filter",
    "parse_weights",
]
