"""What a model's name in the settings says."""

from __future__ import annotations

LOCAL = "local"


def is_local(name: str) -> bool:
    """Whether the model runs on this machine by our own server: `local`, `local:NAME`, or a GGUF file's path."""
    return name == LOCAL or name.startswith(f"{LOCAL}:") or name.endswith(".gguf")
