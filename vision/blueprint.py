"""A blueprint: what is looked for in a video, as a YAML file that a person writes.

name: shelf
every_s: 1
fields:
  apples:
    prompt: a red apple
    threshold: 0.3
    distractors: [a tomato, a red ball]
  fruit:
    labels: {Apple: a red apple, Pear: {prompt: a green pear, threshold: 0.4}}
    level: chapter
  zebra_there:
    prompt: a zebra
    kind: present
    level: video
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from core.errors import SettingsError

MAX_PROMPTS = 60
_Prompt = Field(min_length=1, max_length=200)


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class LabelPrompt(_Section):
    """What a custom label stands for, with its own threshold where it has one."""

    prompt: str = _Prompt
    threshold: float | None = Field(default=None, ge=0, le=1)


class BlueprintField(_Section):
    """One thing that is asked of the video.

    Attributes:
        prompt: What to look for, in words: "the white car with red wheels", "all fruit items", "dangerous elements".
        labels: Or several, each under a label of one's own.
        kind: "objects" gives boxes, "present" whether there is any, "count" the most at one moment.
        level: A result for each frame, for each chapter, or one for the video.
        threshold: From which confidence on something counts.
        distractors: What looks alike and isn't meant: what is rather one of these isn't given.
    """

    prompt: str = Field(default="", max_length=200)
    labels: dict[str, LabelPrompt] = Field(default_factory=dict)
    kind: Literal["objects", "present", "count"] = "objects"
    level: Literal["frame", "chapter", "video"] = "frame"
    threshold: float = Field(default=0.3, ge=0, le=1)
    distractors: tuple[str, ...] = ()

    @field_validator("labels", mode="before")
    @classmethod
    def _words(cls, given: object) -> object:
        """A label's prompt may be written as plain words."""
        if isinstance(given, dict):
            return {name: {"prompt": item} if isinstance(item, str) else item for name, item in given.items()}
        return given

    @model_validator(mode="after")
    def _one_of_both(self) -> BlueprintField:
        if bool(self.prompt) == bool(self.labels):
            raise ValueError("give it either a prompt or labels")
        return self

    def prompts(self) -> dict[str, str]:
        """Prompt → label; a distractor's label is empty."""
        wanted = {item.prompt: label for label, item in self.labels.items()} or {self.prompt: self.prompt}
        return {**dict.fromkeys(self.distractors, ""), **wanted}

    def limit(self, label: str) -> float:
        """From which confidence on the label counts."""
        own = self.labels[label].threshold if label in self.labels else None
        return self.threshold if own is None else own


class Blueprint(_Section):
    """All that is asked.

    Attributes:
        every_s: How many seconds lie between two frames that are looked at.
        size: The longer side of the pictures that are looked at, in pixels.
    """

    name: str = Field(pattern=r"^[A-Za-z][A-Za-z0-9_-]{0,99}$")
    description: str = ""
    every_s: float = Field(default=1.0, ge=0.04, le=3_600)
    size: int = Field(default=960, ge=64, le=4_096)
    fields: dict[str, BlueprintField] = Field(min_length=1, max_length=30)

    @model_validator(mode="after")
    def _not_too_much(self) -> Blueprint:
        asked = sum(len(field.prompts()) for field in self.fields.values())
        if asked > MAX_PROMPTS:
            raise ValueError(f"it asks for {asked} things, more than {MAX_PROMPTS}; make two blueprints of it")
        return self


def load_blueprint(file: Path) -> Blueprint:
    """The blueprint in a YAML file.

    Raises:
        SettingsError: it can't be read, or isn't one; the message names the place and what to write.
    """
    try:
        given = yaml.safe_load(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise SettingsError(f"{file} can't be read as YAML ({str(error).splitlines()[0]}); mend it.") from error
    if not isinstance(given, dict):
        raise SettingsError(f"{file} is no blueprint; write name and fields, see docs/vision.md.")
    try:
        return Blueprint.model_validate(given)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"])) or "the file"
        raise SettingsError(f"{file}: {where}: {first['msg']}; see docs/vision.md.") from error
