"""`render`: a Markdown text, tables and charts → a docx, pptx, xlsx or md file."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

from pydantic import Field

from apps.render.blocks import file_name, read_blocks
from apps.run import Context
from apps.run.outputs import redacted_value
from apps.steps.kind import Parameters, StepKind
from core.errors import AppError
from core.text.invisible import printable

MEDIA_TYPES = {
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "md": "text/markdown",
}


class Render(Parameters):
    """Parameters.

    Attributes:
        body: Markdown; in a presentation a heading is a slide, and a quotation ("> …") a note for the speaker.
        tables: {title, columns, rows}, for xlsx.
        charts: {title, labels, series}, or {title, spec} as `ask_data` gives it, for docx and pptx; with `beside`, a
            heading, with the text below it.
        beside: The heading beside which the first chart stands.
        template: A file of `templates_dir` with `{{ placeholders }}`, which `values` fill; nothing else is added.
    """

    format: Literal["docx", "pptx", "xlsx", "md"]
    title: str = Field(min_length=1, max_length=200)
    subtitle: str = ""
    body: str = ""
    beside: str = ""
    template: str = Field(default="", pattern=r"^([\w-][\w .-]*\.(docx|pptx))?$")
    values: dict[str, Any] = Field(default_factory=dict)
    tables: list[dict[str, Any]] = Field(default_factory=list)
    charts: list[dict[str, Any]] = Field(default_factory=list)


def render(given: Render, context: Context) -> dict[str, Any]:
    """The file: name, media type and bytes. Raises AppError when the company's template can't be used."""
    given = Render(**redacted_value(given.model_dump(), printable))
    if given.template:
        return _result(given, _from_template(given, context))
    blocks = read_blocks(given.body)
    if given.beside and given.charts:
        given = given.model_copy(update={"charts": [{**given.charts[0], "beside": given.beside}, *given.charts[1:]]})
    match given.format:
        # The libraries of a format are imported when one of its files is made.
        case "docx":
            from apps.render.word import write_docx

            template = _template(context, "report.docx")
            content = write_docx(
                given.title, given.subtitle, blocks, given.charts, company=context.company, template=template
            )
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
    return _result(given, content)


def _result(given: Render, content: bytes) -> dict[str, Any]:
    file = {
        "name": file_name(given.title, given.format),
        "media_type": MEDIA_TYPES[given.format],
        "content": content,
        "text": given.body or "\n\n".join(str(v) for v in given.values.values() if isinstance(v, str)),
    }
    return {"file": file, "name": file["name"], "bytes": len(content)}


def _from_template(given: Render, context: Context) -> bytes:
    """The company's file, filled in. Raises AppError when it isn't there, or isn't of the format."""
    from apps.render.filled import fill_docx, fill_pptx

    path = _template(context, given.template)
    if path is None:
        where = context.tools.templates or "templates_dir, which isn't set in debrief.yaml"
        raise AppError(f"there is no template {given.template!r} in {where}; put it there, or correct the name.")
    if path.suffix != f".{given.format}":
        raise AppError(f"the template {given.template} is no {given.format}; set format to {path.suffix[1:]}.")
    return fill_docx(path, given.values) if given.format == "docx" else fill_pptx(path, given.values)


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
