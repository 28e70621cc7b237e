"""Changes of a settings file that touch nothing else in it: comments, order, quotes and blank lines stay as they are.

    text = with_item(text, "sources", {"name": "notes", "kind": "files", "path": "/srv/notes"})
    text = with_value(text, ("sources", "notes", "paused"), True)

The places come from PyYAML's own parse, and what came out is read again: a text in which anything else would differ is
refused, so that a style of writing that isn't known here costs a sentence and never a setting.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Mapping
from typing import Any

import yaml

from core.errors import SettingsError
from core.yaml_text import load_yaml

Keys = tuple[str, ...]


def with_value(text: str, keys: Keys, value: object) -> str:
    """The text with one value set; below a list, a key is the `name` of an entry.

    Raises:
        SettingsError: it can't be done without touching something else, or the text is no YAML.
    """
    _loaded(text)
    return _proven(text, keys, value, _set(text, keys, value))


def with_item(text: str, key: str, item: Mapping[str, Any]) -> str:
    """The text with one entry more at the end of the list `key`, which is made if it is missing or empty."""
    values = _loaded(text)
    there = values.get(key) or []
    expected = {**values, key: [*there, dict(item)]}
    root = _root(text)
    node = _child(root, key)
    if node is None:
        changed = f"{text.rstrip()}\n\n{key}:\n{_entry(item, 2)}" if text.strip() else f"{key}:\n{_entry(item, 2)}"
    elif not there:
        # `sources:`, `sources: []` or `sources: null`; what stands behind it on the line stays there.
        line_end = _line_end(text, node.end_mark.index)
        begin, end = node.start_mark.index, node.end_mark.index
        head, rest = text[:begin].rstrip(" "), text[end:line_end]
        changed = f"{head}{rest.rstrip()}\n{_entry(item, 2)}{text[line_end:].lstrip(chr(10))}"
    elif not isinstance(node, yaml.SequenceNode) or node.flow_style:
        raise _by_hand(f"`{key}` stands in brackets")
    else:
        end = _line_end(text, _end(node))
        dash = node.value[0].start_mark
        indent = text.rindex("-", 0, dash.index) - (text.rfind("\n", 0, dash.index) + 1)
        rest = text[end:].removeprefix("\n")
        changed = f"{text[:end]}\n{_entry(item, indent)}{rest}"
    return _proven_equal(changed, expected)


def _set(text: str, keys: Keys, value: object) -> str:
    node: yaml.Node = _root(text)
    for depth, key in enumerate(keys[:-1]):
        found = _child(node, key)
        if found is None or (isinstance(found, yaml.ScalarNode) and found.value in ("", "null", "~")):
            return _set(text, keys[: depth + 1], _nested(keys[depth + 1 :], value))
        node = found
    if not isinstance(node, yaml.MappingNode):
        raise _by_hand(f"`{'.'.join(keys[:-1])}` holds no keys")
    there = next(((k, v) for k, v in node.value if k.value == keys[-1]), None)
    if there is not None:
        return _replaced(text, *there, value)
    line = f"{keys[-1]}: {_flow(value)}"
    if node.flow_style:
        close = node.end_mark.index - 1
        return f"{text[:close].rstrip()}{', ' if node.value else ''}{line}{text[close:]}"
    indent = node.value[0][0].start_mark.column if node.value else 0
    end = _line_end(text, _end(node))
    return f"{text[:end]}{chr(10) if text[:end] else ''}{' ' * indent}{line}{text[end:] or chr(10)}"


def _replaced(text: str, key: yaml.Node, there: yaml.Node, value: object) -> str:
    begin, end = there.start_mark.index, max(_end(there), key.end_mark.index)
    if begin < key.end_mark.index or not text[key.end_mark.index : begin].strip(" :\n"):
        begin = text.index(":", key.end_mark.index) + 1
        end = max(end, begin)
    if isinstance(there, yaml.CollectionNode) and re.search(r"\s#", text[key.end_mark.index : end]):
        raise _by_hand(f"there are remarks within `{key.value}`")
    written = _flow(value)
    gap = re.match(r"\s*", text[end:].split("\n", 1)[0])
    shorter = len(text[begin:end].strip()) - len(written)
    # A remark behind the value stays in its column.
    rest = text[end:]
    if rest.lstrip(" ").startswith("#") and gap is not None:
        width = max(1, len(gap.group()) + shorter)
        rest = " " * width + rest.lstrip(" ")
    return f"{text[:begin]} {written}{rest}"


def _entry(item: Mapping[str, Any], indent: int) -> str:
    """The item as the lines of a list's entry."""
    lines = [f"  {line}" for key, value in item.items() for line in _key_lines(key, value)]
    lines[0] = "-" + lines[0][1:]
    return "".join(f"{' ' * indent}{line}\n" for line in lines)


def _key_lines(key: str, value: object) -> list[str]:
    if isinstance(value, list) and any(isinstance(entry, dict) for entry in value):
        block = yaml.safe_dump({key: value}, sort_keys=False, allow_unicode=True, width=1_000, default_flow_style=None)
        return block.splitlines()
    return [f"{key}: {_flow(value)}"]


def _flow(value: object) -> str:
    """The value on one line."""
    written = yaml.safe_dump(value, default_flow_style=True, sort_keys=False, allow_unicode=True, width=100_000)
    return written.removesuffix("...\n").strip()


def _nested(keys: Keys, value: object) -> object:
    return {keys[0]: _nested(keys[1:], value)} if keys else value


def _root(text: str) -> yaml.MappingNode:
    root = yaml.compose(text, Loader=yaml.SafeLoader) if text.strip() else None
    if root is None:
        mark = yaml.Mark("", 0, 0, 0, None, 0)
        return yaml.MappingNode("tag:yaml.org,2002:map", [], mark, mark, flow_style=False)
    if not isinstance(root, yaml.MappingNode):
        raise _by_hand("there are no keys at the top")
    return root


def _child(node: yaml.Node, key: str) -> yaml.Node | None:
    """The value under a key, or the entry of a list that has this name."""
    if isinstance(node, yaml.MappingNode):
        return next((value for name, value in node.value if name.value == key), None)
    if isinstance(node, yaml.SequenceNode):
        return next((entry for entry in node.value if _is_named(entry, key)), None)
    return None


def _is_named(entry: yaml.Node, name: str) -> bool:
    found = _child(entry, "name") if isinstance(entry, yaml.MappingNode) else None
    return isinstance(found, yaml.ScalarNode) and found.value == name


def _end(node: yaml.Node) -> int:
    """Where the node's last character stands; a block's own end mark lies behind the remarks that follow it."""
    if not isinstance(node, yaml.CollectionNode) or node.flow_style:
        text_end: int = node.end_mark.index
        if isinstance(node, yaml.ScalarNode) and node.style in ("|", ">"):
            # A block scalar's mark lies behind its last line break.
            return text_end - 1
        return text_end
    last = node.value[-1] if node.value else None
    if last is None:
        return int(node.start_mark.index)
    return _end(last[1]) if isinstance(last, tuple) else _end(last)


def _line_end(text: str, index: int) -> int:
    found = text.find("\n", index)
    return len(text) if found < 0 else found


def _loaded(text: str) -> dict[str, Any]:
    try:
        values = load_yaml(text)
    except yaml.YAMLError as error:
        raise SettingsError(f"The settings are not valid YAML: {' '.join(str(error).split())}; mend that.") from error
    return values if isinstance(values, dict) else {}


def _proven(before: str, keys: Keys, value: object, changed: str) -> str:
    expected = copy.deepcopy(_loaded(before))
    place: Any = expected
    for key in keys[:-1]:
        if isinstance(place, list):
            place = next(entry for entry in place if entry.get("name") == key)
        else:
            if place.get(key) is None:
                place[key] = {}
            place = place[key]
    place[keys[-1]] = value
    return _proven_equal(changed, expected)


def _proven_equal(changed: str, expected: object) -> str:
    try:
        found = load_yaml(changed)
    except yaml.YAMLError as error:
        raise _by_hand("of how they are written") from error
    if found != expected:
        raise _by_hand("of how they are written")
    return changed


def _by_hand(reason: str) -> SettingsError:
    return SettingsError(f"The settings can't be changed here because {reason}; change the file by hand.")
