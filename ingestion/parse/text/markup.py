"""md → sections: headings, paragraphs, lists, tables and code; links and emphasis as their words."""

from __future__ import annotations

import re
from collections.abc import Sequence

import yaml
from markdown_it import MarkdownIt
from markdown_it.token import Token

from core.types import Parsed
from ingestion.parse.draft import Draft, File, attributes
from ingestion.parse.office.package import iso_date
from ingestion.parse.text.plain import decode
from ingestion.parse.text.web import html_sections

_FRONT_MATTER = re.compile(r"\A---[ \t]*\n(.*?\n)(?:---|\.\.\.)[ \t]*(?:\n|\Z)", re.DOTALL)
_PARSER = MarkdownIt("commonmark", {"maxNesting": 60}).enable(["table", "strikethrough"])
_TAG = re.compile(r"<[^<>]{0,500}>")
_TASK = re.compile(r"^\[([ xX])\] ")


def parse_markdown(file: File) -> Parsed:
    """A Markdown page; YAML front matter becomes title and metadata."""
    text = decode(file.body).replace("\r\n", "\n").replace("\r", "\n")
    front: dict[str, object] = {}
    if match := _FRONT_MATTER.match(text):
        front = _front_matter(match.group(1))
        text = text[match.end() :] if front else text
    draft = Draft(file.budget)
    first = _write(_PARSER.parse(text), draft, file)
    if draft.empty:  # nested deeper than the parser goes
        draft.text(text)
    title = front.get("title")
    return draft.parsed(title if isinstance(title, str) else first, _metadata(front))


def _write(tokens: Sequence[Token], draft: Draft, file: File) -> str:
    """Writes all blocks to `draft`; the first heading comes back."""
    first = ""
    lists: list[int | None] = []  # per open list: the next number, None for bullets
    marker = ""
    rows: list[list[str]] = []
    at = 0
    while at < len(tokens):
        token = tokens[at]
        kind = token.type
        if kind == "heading_open":
            text = inline(tokens[at + 1])
            first = first or text
            draft.heading(int(token.tag[1]), text)
            at += 2
        elif kind in ("bullet_list_open", "ordered_list_open"):
            start = token.attrGet("start")
            lists.append((int(start) if start is not None else 1) if kind.startswith("ordered") else None)
        elif kind in ("bullet_list_close", "ordered_list_close"):
            lists.pop()
        elif kind == "list_item_open":
            number = lists[-1]
            marker = "  " * (len(lists) - 1) + ("- " if number is None else f"{number}. ")
            lists[-1] = None if number is None else number + 1
        elif kind == "paragraph_open":
            text = inline(tokens[at + 1])
            if lists:
                text = _TASK.sub(lambda match: "☐ " if match.group(1) == " " else "☒ ", text)
                draft.text(marker + text, "\n")
                marker = ""
            else:
                draft.text(text)
            at += 2
        elif kind in ("fence", "code_block"):
            draft.add(token.content, "code")
        elif kind == "html_block":
            _html(token.content, draft, file)
        elif kind == "tr_open":
            rows.append([])
        elif kind in ("th_open", "td_open"):
            rows[-1].append(inline(tokens[at + 1]))
            at += 1
        elif kind == "table_close":
            draft.table(rows)
            rows = []
        at += 1
    return first


def inline(token: Token) -> str:
    """The words of an inline token: link and emphasis marks gone, code and image descriptions kept."""
    parts: list[str] = []
    for item in token.children or ():
        if item.type in ("text", "code_inline"):
            parts.append(item.content)
        elif item.type == "softbreak":
            parts.append(" ")
        elif item.type == "hardbreak":
            parts.append("\n")
        elif item.type == "image":
            parts.append(item.content)
        elif item.type == "html_inline" and item.content.lower().startswith("<br"):
            parts.append("\n")
    return "".join(parts)


def _html(content: str, draft: Draft, file: File) -> None:
    if "<" not in content or not re.search(r"\w", _TAG.sub("", content)):
        return
    parsed = html_sections(file, content, whole_page=False)
    for section in parsed.sections:
        for heading in section.heading_path:
            draft.text(heading)
        if section.kind == "text":
            draft.text(section.text)
        elif section.kind == "table":
            draft.table(section.rows)
        else:
            draft.add(section.text, section.kind)


def _front_matter(text: str) -> dict[str, object]:
    """The front matter's keys; {} if it isn't YAML with keys (then it is text between two lines)."""
    if len(text) > 50_000 or ("&" in text and "*" in text):  # no aliases: they can unfold to gigabytes
        return {}
    try:
        values = yaml.safe_load(text)
    except (yaml.YAMLError, RecursionError, ValueError):
        return {}
    return {str(key): value for key, value in values.items()} if isinstance(values, dict) else {}


def _metadata(front: dict[str, object]) -> dict[str, str | tuple[str, ...]]:
    pairs: list[tuple[str, str | Sequence[str]]] = []
    for key, value in front.items():
        if key == "title":
            continue
        name = {"author": "authors", "date": "created_at", "updated": "updated_at", "tags": "keywords"}.get(key, key)
        if isinstance(value, list):
            pairs.append((name, [str(item) for item in value if isinstance(item, str | int | float)]))
        elif isinstance(value, bool | dict) or value is None:
            continue
        elif name == "authors":
            pairs.append((name, [str(value)]))
        elif name in ("created_at", "updated_at"):
            pairs.append((name, iso_date(str(value)) or str(value)))
        else:
            pairs.append((name, str(value)))
    return dict(attributes(pairs))
