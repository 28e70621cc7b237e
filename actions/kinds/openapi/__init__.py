"""Plugins: systems that an OpenAPI 3 document describes."""

from actions.kinds.openapi.operations import KIND

__all__ = ["KIND"]
