"""YAML that people write, read within bounds: neither deep brackets nor aliases of aliases cost more than a refusal."""

from __future__ import annotations

from typing import Any

import yaml

MOST_LEVELS = 40
_MOST_VALUES = 500_000
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class Unbounded(yaml.YAMLError):
    """The text nests too deep, or unfolds to too much."""


def load_yaml(text: str) -> Any:
    """The values of `text`. Raises yaml.YAMLError: it isn't YAML, or `Unbounded`."""
    try:
        check_bounds(text)
    except Unbounded:
        raise
    except yaml.YAMLError:
        # The parser in Python says better what is wrong.
        return yaml.safe_load(text)
    return yaml.load(text, Loader=_LOADER)


def check_bounds(text: str) -> None:
    """Looks at the text before anything is built of it: the composer in C goes down with its stack.

    Raises:
        Unbounded: it nests over `MOST_LEVELS`, or its aliases unfold to too many values.
        yaml.YAMLError: it isn't YAML.
    """
    sizes: dict[str, int] = {}
    # The anchors and sizes so far of the nodes that are open here.
    around: list[tuple[str, int]] = []
    for event in yaml.parse(text, Loader=_LOADER):
        anchor, size = getattr(event, "anchor", None) or "", 1
        if isinstance(event, yaml.CollectionStartEvent):
            around.append((anchor, 1))
            if len(around) > MOST_LEVELS:
                raise Unbounded(f"it nests over {MOST_LEVELS} levels; write it flatter")
            continue
        if isinstance(event, yaml.AliasEvent):
            # What an alias within its own anchor stands for has no end; an unknown one is the composer's to refuse.
            size = sizes.get(anchor, _MOST_VALUES + 1 if anchor in dict(around) else 1)
        elif isinstance(event, yaml.CollectionEndEvent):
            anchor, size = around.pop()
        elif not isinstance(event, yaml.ScalarEvent):
            continue
        if size > _MOST_VALUES:
            raise Unbounded(f"its aliases unfold to over {_MOST_VALUES:,} values; write them out")
        sizes[anchor] = size
        if around:
            around[-1] = (around[-1][0], around[-1][1] + size)
