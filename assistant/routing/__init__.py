"""A message → an app, plain search, or a question back."""

from assistant.routing.router import AppRouter, Route

__all__ = ["AppRouter", "Route"]
