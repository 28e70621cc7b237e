"""A layer from its file."""

from __future__ import annotations

from pathlib import Path

import yaml
from pydantic import ValidationError

from core.errors import SettingsError
from core.yaml_text import load_yaml
from warehouse.layer.model import Layer


def load_layer(file: Path) -> Layer:
    """The layer in `file`.

    Raises:
        SettingsError: the file can't be read, isn't YAML, or isn't a layer; the message names the place.
    """
    try:
        return layer_of(load_yaml(file.read_text(encoding="utf-8")), str(file))
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{file} can't be read ({error}); `debrief data draft` writes a first one.") from error
    except yaml.YAMLError as error:
        raise SettingsError(f"{file} isn't YAML: {str(error).splitlines()[0]}.") from error


def layer_of(values: object, name: str) -> Layer:
    """The layer of parsed YAML. Raises SettingsError as `load_layer`."""
    try:
        return Layer.model_validate(values)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"])) or "the file"
        raise SettingsError(f"{name}, {place}: {first['msg']}.") from error
