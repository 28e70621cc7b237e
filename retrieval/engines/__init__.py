"""The two engines behind `ChunkIndex`, and their generations: a sync writes to a copy, publishing switches to it.

server.py and aliases.py load the client of a Qdrant server; `open_generations` imports them when the settings name one.
"""

from retrieval.engines.generations import FolderGenerations, Generation, Generations, GenerationWriter, Recipe
from retrieval.engines.open import open_generations

__all__ = ["FolderGenerations", "Generation", "GenerationWriter", "Generations", "Recipe", "open_generations"]
