"""`render`: a Markdown text, tables and charts → a docx, pptx, xlsx or md file."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

from pydantic import Field

from apps.render.blocks import file_name, read_blocks
from apps.run import Context
from apps.run.outputs import redacted_value
from apps.steps.kind import Parameters, StepKind
from core.text.invisible import printable

MEDIA_TYPES = {
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "md": "text/markdown",
}


class Render(Parameters):
    """Attributes: format; title; subtitle; body: Markdown; tables: {title, columns, rows}; charts (pptx)."""

    format: Literal["docx", "pptx", "xlsx", "md"]
    title: str = Field(min_length=1, max_length=200)
    subtitle: str = ""
    body: str = ""
    tables: list[dict[str, Any]] = Field(default_factory=list)
    charts: list[dict[str, Any]] = Field(default_factory=list)


def render(given: Render, context: Context) -> dict[str, Any]:
    """The file: name, media type and bytes. Raises AppError when the company's template can't be used."""
    given = Render(**redacted_value(given.model_dump(), printable))
    blocks = read_blocks(given.body)
    match given.format:
        # The libraries of a format are imported when one of its files is made.
        case "docx":
            from apps.render.word import write_docx

            template = _template(context, "report.docx")
            content = write_docx(given.title, given.subtitle, blocks, company=context.company, template=template)
        case "pptx":
            from apps.render.slides import write_pptx

            template = _template(context, "report.pptx")
            content = write_pptx(
                given.title, given.subtitle, blocks, given.charts, company=context.company, template=template
            )
        case "xlsx":
            from apps.render.sheets import write_xlsx

            content = write_xlsx(given.title, given.tables, context.company)
        case "md":
            content = f"# {given.title}\n\n{given.body}\n".encode()
    file = {
        "name": file_name(given.title, given.format),
        "media_type": MEDIA_TYPES[given.format],
        "content": content,
        "text": given.body,
    }
    return {"file": file, "name": file["name"], "bytes": len(content)}


def _template(context: Context, name: str) -> Path | None:
    """The company's own file of that name, if it has one."""
    folder = context.tools.templates
    path = folder / name if folder is not None else None
    return path if path is not None and path.is_file() else None


KIND = StepKind(
    "render",
    "Makes a Word, PowerPoint, Excel or Markdown file.",
    Render,
    ("file", "name", "bytes"),
    render,
    makes_files=True,
)
