"""A language model on this machine: GGUF files, and llama.cpp's server for them as a child on loopback.

chat = open_local("local", settings.llm, max_tokens=1_000, temperature=0.0, data_dir=settings.data_path)
"""

from core.llm.local.chat import open_local
from core.llm.local.gguf import Gguf, read_gguf
from core.llm.local.lease import Lease
from core.llm.local.store import find_model, models_folder, stored_models

__all__ = [
    "Gguf",
    "Lease",
    "find_model",
    "models_folder",
    "open_local",
    "read_gguf",
    "stored_models",
]
