"""The generations of the configured engine."""

from __future__ import annotations

from core.settings import Settings
from retrieval.engines.generations import FolderGenerations, Generations, Recipe


def open_generations(settings: Settings, recipe: Recipe | None = None) -> Generations:
    """The generations of the configured engine; `recipe` is needed for writing."""
    folder, server, keep = settings.data_path / "index", settings.retrieval.server, settings.retrieval.keep_generations
    if server.url:
        from retrieval.engines.aliases import AliasGenerations
        from retrieval.engines.server import connect

        return AliasGenerations(connect(server), server, folder, recipe, keep)
    return FolderGenerations(folder, recipe, keep)
