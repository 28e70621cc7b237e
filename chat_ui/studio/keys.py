"""What may stand where in an app's file."""

from __future__ import annotations

from html import escape

from chat_ui.parts import components
from chat_ui.studio.yaml_editor import keys, values


def keys_table() -> None:
    """Draws the keys, from the data model that checks them."""
    rows = [
        [escape(section or "the file"), ", ".join(f"<code>{escape(key)}</code>" for key, _ in known)]
        for section, known in keys().items()
    ]
    rows += [
        [f"{escape(key)} is one of", ", ".join(f"<code>{escape(v)}</code>" for v in known)]
        for key, known in values().items()
    ]
    components.table(["In", "Keys"], rows, label="Keys of an app's file")
