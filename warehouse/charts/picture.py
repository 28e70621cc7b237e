"""A chart's specification as a file: PNG, SVG, or the specification itself."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from core.errors import QuestionError

_WIDTH = 720


def picture(spec: Mapping[str, Any], suffix: str) -> bytes:
    """The bytes of ".png", ".svg" or ".json". Raises QuestionError: another kind of file."""
    import vl_convert

    # A page gives the width; a file has none around it.
    fixed = {**spec, "width": _WIDTH}
    if suffix == ".png":
        return bytes(vl_convert.vegalite_to_png(fixed, scale=2))
    if suffix == ".svg":
        return str(vl_convert.vegalite_to_svg(fixed)).encode()
    if suffix == ".json":
        return json.dumps(spec, indent=2).encode()
    raise QuestionError(
        f"A chart can't be written as {suffix or 'that'}; name a file that ends in .png, .svg or .json."
    )
