"""One text of samples/content: front matter with the document's facts, then its Markdown."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import jinja2
import yaml

from samples.builders import world


@dataclass(frozen=True)
class Source:
    """A document before it is written.

    Attributes:
        root: "files", "s3" or "sharepoint".
        path: Relative to the root, with the final file name.
        allow: Principals of the document's own access list; None leaves it to the prefix.
        attributes: Everything of the front matter that isn't one of the other fields.
    """

    root: str
    path: str
    title: str
    body: str
    created: str
    updated: str
    authors: tuple[str, ...]
    allow: tuple[str, ...] | None = None
    deny: tuple[str, ...] = ()
    attributes: dict[str, Any] = field(default_factory=dict)

    @property
    def suffix(self) -> str:
        """The file type, for example "docx"."""
        return self.path.rsplit(".", 1)[-1]


def render(text: str) -> str:
    """The text with the world's facts filled in; an unknown name is an error."""
    environment = jinja2.Environment(undefined=jinja2.StrictUndefined, trim_blocks=True, autoescape=False)
    environment.globals.update(m=world.metric, arr=lambda c: world.euros(world.arr(c)), name=world.name_of)
    return environment.from_string(text).render(w=world.load_world())


def make(root: str, path: str, front: dict[str, Any], body: str) -> Source:
    """A source from its front matter and text."""
    front = dict(front)
    allow = front.pop("allow", None)
    return Source(
        root=root,
        path=path,
        title=str(front.pop("title")),
        body=body,
        created=str(front.pop("created")),
        updated=str(front.pop("updated")),
        authors=tuple(front.pop("authors")),
        allow=None if allow is None else tuple(allow),
        deny=tuple(front.pop("deny", ())),
        attributes={"language": "en", "status": "current", "confidentiality": "internal"} | front,
    )


def read_sources() -> Iterator[Source]:
    """Every text under samples/content, in path order. `a/b.docx.md` becomes `a/b.docx`."""
    for root in ("files", "s3", "sharepoint"):
        folder = world.CONTENT / root
        for path in sorted(folder.rglob("*.md")):
            _, front, body = path.read_text(encoding="utf-8").split("---\n", 2)
            relative = path.relative_to(folder).as_posix().removesuffix(".md")
            yield make(root, relative, yaml.safe_load(front), render(body).strip() + "\n")
