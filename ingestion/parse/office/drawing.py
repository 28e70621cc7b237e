"""Text that Office keeps in drawings: chart data, diagram (SmartArt) nodes, text in shapes, alternative text."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ingestion.parse.draft import Draft, one_line
from ingestion.parse.nested import include_nested
from ingestion.parse.office.package import Element, Package, attribute, child, descendants, local

MAX_CHART_POINTS = 2_000
_FILE_NAME = re.compile(r"^\S*\.(png|jpe?g|gif|bmp|emf|wmf|svg|tiff?)$|[\\/]", re.IGNORECASE)


def paragraphs(body: Element | None) -> Iterator[tuple[int, str]]:
    """Level (0 = outermost) and text of each DrawingML paragraph (a:p) below `body`."""
    for paragraph in descendants(body, "p"):
        level = child(paragraph, "pPr")
        depth = (attribute(level, "lvl") or "0") if level is not None else "0"
        text = paragraph_text(paragraph)
        if text.strip():
            yield (int(depth) if depth.isdigit() else 0), text


def paragraph_text(paragraph: Element) -> str:
    """The text of an a:p with its line breaks, equations included."""
    parts: list[str] = []
    for element in descendants(paragraph, "t", "br", "tab"):
        name = local(element)
        parts.append("\n" if name == "br" else "\t" if name == "tab" else element.text or "")
    return "".join(parts)


def chart(package: Package, part: str) -> tuple[str, list[list[str]]]:
    """Title (with the axis titles) and data of a chart part; the rows start with the series' names."""
    root = package.xml(part)
    if root is None:
        return "", []
    titles = [
        one_line(" ".join(paragraph_text(item) for item in descendants(title, "p")))
        for title in descendants(root, "title")
    ]
    series = list(descendants(root, "ser"))
    if not series:  # extended charts (waterfall, treemap …) keep their data in cx:data
        texts = [element.text or "" for element in descendants(root, "pt", "v") if (element.text or "").strip()]
        return " · ".join(filter(None, titles)), [[text] for text in texts[:MAX_CHART_POINTS]]
    header, columns, categories = [""], [], {}
    for number, one in enumerate(series, 1):
        header.append(" ".join(_points(child(one, "tx")).values()) or f"Series {number}")
        values = child(one, "val")
        columns.append(_points(values if values is not None else child(one, "yVal")))
        labels = child(one, "cat")
        categories.update(_points(labels if labels is not None else child(one, "xVal")))
    keys = sorted(set(categories).union(*columns))[:MAX_CHART_POINTS]
    rows = [header] + [[categories.get(key, ""), *(column.get(key, "") for column in columns)] for key in keys]
    return " · ".join(filter(None, titles)), rows


def diagram(package: Package, part: str) -> list[str]:
    """The nodes' texts of a diagram (SmartArt) data part, in document order."""
    root = package.xml(part)
    texts = (
        one_line(" ".join(paragraph_text(item) for item in descendants(point, "p")))
        for point in descendants(root, "pt")
        if attribute(point, "type") not in ("pres", "parTrans", "sibTrans")
    )
    return [text for text in texts if text]


def embedded(draft: Draft, package: Package, part: str) -> None:
    """Adds the documents that `part` embeds as objects (a sheet in a slide), each under its name."""
    for name in package.related(part, "package"):
        include_nested(draft, package.file, package.read(name) or b"", name.rsplit("/", 1)[-1])


def alternative_text(properties: Element | None) -> str:
    """What the author wrote to describe a picture, "" for a file name or nothing."""
    if properties is None:
        return ""
    text = one_line(attribute(properties, "descr") or "")
    return "" if not text or (_FILE_NAME.search(text.split(" ")[0]) and " " not in text) else text


def _points(source: Element | None) -> dict[int, str]:
    points: dict[int, str] = {}
    for point in descendants(source, "pt"):
        index = attribute(point, "idx") or ""
        value = child(point, "v")
        if index.isdigit() and value is not None and value.text:
            # Levels of a multi-level category share an index: they read as one label.
            points[int(index)] = f"{points[int(index)]} {value.text}" if int(index) in points else _number(value.text)
    if not points and source is not None and (value := child(source, "v")) is not None and value.text:
        points[0] = value.text
    return points


def _number(text: str) -> str:
    """Binary noise (0.30000000000000004) off a cached number."""
    try:
        return f"{float(text):.10g}" if re.fullmatch(r"-?\d+\.\d{11,}(E-?\d+)?", text) else text
    except ValueError:
        return text
