"""Prompt templates: one Markdown file each, with front matter that says its purpose, version and variables.

The body has the parts `## system` and `## user`; `{{name}}` stands for a variable. A template and its call must agree:
a variable that isn't declared, isn't given or isn't known is an error, and the message names all of them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from core.errors import SettingsError

_VARIABLE = re.compile(r"\{\{\s*([a-z_]+)\s*\}\}")
_PART = re.compile(r"^## (system|user)\s*$", re.MULTILINE)


class FrontMatter(BaseModel):
    """What stands between the two lines of dashes."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    purpose: str
    version: int = Field(ge=1)
    variables: tuple[str, ...] = ()


@dataclass(frozen=True)
class Prompt:
    """A template. `id` names it in traces, for example "answer@3"."""

    name: str
    about: FrontMatter
    system: str
    user: str

    @property
    def id(self) -> str:
        return f"{self.name}@{self.about.version}"

    def render(self, **values: str) -> list[tuple[str, str]]:
        """[("system", …), ("user", …)] with the variables filled in. Values are never searched for variables.

        Raises:
            ValueError: variables are missing or unknown.
        """
        wanted, given = set(self.about.variables), set(values)
        if wanted != given:
            missing, unknown = sorted(wanted - given), sorted(given - wanted)
            raise ValueError(f"prompt {self.name}: missing {missing}, unknown {unknown}")

        def filled(text: str) -> str:
            return _VARIABLE.sub(lambda match: values[match.group(1)], text)

        return [("system", filled(self.system)), ("user", filled(self.user))]


@cache
def load_prompt(name: str) -> Prompt:
    """The template prompts/<name>.md.

    Raises:
        SettingsError: there is none, or the file breaks the rules at the top of this module.
    """
    try:
        text = files("prompts").joinpath(f"{name}.md").read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise SettingsError(f"There is no prompt prompts/{name}.md; add it, or correct the name.") from error
    return parse_prompt(name, text)


def parse_prompt(name: str, text: str) -> Prompt:
    """The template that `text` holds. Raises SettingsError as `load_prompt`."""
    head, separator, body = text.removeprefix("---\n").partition("\n---\n")
    if not separator:
        raise SettingsError(f"prompts/{name}.md has no front matter; begin it with purpose, version and variables.")
    try:
        about = FrontMatter.model_validate(yaml.safe_load(head))
    except (yaml.YAMLError, ValidationError) as error:
        raise SettingsError(f"prompts/{name}.md: wrong front matter: {' '.join(str(error).split())[:300]}") from error
    _, *pieces = _PART.split(body)
    parts = {pieces[n]: pieces[n + 1].strip() for n in range(0, len(pieces) - 1, 2)}
    if set(parts) != {"system", "user"}:
        raise SettingsError(f"prompts/{name}.md needs the parts '## system' and '## user'; it has {sorted(parts)}.")
    used = {match for part in parts.values() for match in _VARIABLE.findall(part)}
    if used != set(about.variables):
        raise SettingsError(
            f"prompts/{name}.md declares {sorted(about.variables)} and uses {sorted(used)}; make them agree."
        )
    return Prompt(name, about, parts["system"], parts["user"])
