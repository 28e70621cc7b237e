"""`compare_documents`: reports of two or more times → figures, better or worse, what was turned round, new and gone."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from typing import Any

from pydantic import Field

from apps.compare import ComparedReport, Embed, Metric, ReportChange, ReportComparison, compare, read_report
from apps.compare.units import measure_of
from apps.compare.values import Better, ParsedNumber
from apps.language import AppFile
from apps.language.phrases import translated
from apps.run import Context, SourceQuote
from apps.steps.kind import Parameters, StepKind
from core.errors import AppError
from core.text.detect import detect_language
from core.text.locale import number_text, signed_text

FIELDS = (
    "before",
    "after",
    "metrics",
    "changed_metrics",
    "better",
    "worse",
    "moved",
    "off_target",
    "added",
    "removed",
    "changed",
    "turned",
    "edited",
    "changes",
    "series",
    "counts",
    "identical",
    "swapped",
    "unrelated",
    "language",
)
# Points are gained and lost; anything else that isn't measured is counted, and there are fewer or more of it.
_SCORES = frozenset({"points", "punkte", "puntos"})


class CompareDocuments(Parameters):
    """Parameters.

    Attributes:
        before, after: The two files.
        earlier: More files, from before them, for the course of each figure.
        directions: Words of a metric's name → higher, lower or neither is better; beside those of accounts.yaml.
        language: That of the result; empty for the later report's.
    """

    before: AppFile
    after: AppFile
    earlier: list[AppFile] = Field(default_factory=list)
    directions: dict[str, Better] = Field(default_factory=dict)
    language: str | None = ""


def compare_documents(given: CompareDocuments, context: Context) -> dict[str, Any]:
    """The comparison. Raises AppError when one of the files has nothing to compare."""
    language = given.language or detect_language(given.after.text[:5000], default="en")
    embed = _embed(context, given.after)
    *earlier, before, after = [_read(file) for file in (*given.earlier, given.before, given.after)]
    directions = {**_declared(context), **given.directions}
    found = compare(before, after, directions, embed)
    metrics = [_metric(m, given, context, language) for m in found.metrics]
    changes = [_change(c, given, context, language) for c in found.changes]
    past = [compare(report, after, directions, embed) for report in earlier]
    return {
        "before": given.before.title,
        "after": given.after.title,
        "metrics": metrics,
        "changes": changes,
        "series": _series([*given.earlier, given.before, given.after], [*past, found], language),
        "identical": not changes,
        "swapped": found.swapped,
        "unrelated": found.unrelated,
        "language": language,
        **_groups(metrics, changes),
    }


def _groups(metrics: Sequence[dict[str, Any]], changes: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """The figures and changes by what they mean."""
    changed = [m for m in metrics if m["verdict"] != "same"]
    by_size = sorted(changed, key=lambda m: -abs(m["percent"] or 0))
    kinds = {kind: [c for c in changes if c["kind"] == kind] for kind in ("added", "removed", "changed")}
    # What a figure says, and what is the same in other words, needs no line of its own.
    told = [c for c in kinds["changed"] if not c["as_figure"] and c["nature"] != "wording"]
    groups = {
        "better": [m for m in by_size if m["verdict"] == "better"],
        "worse": [m for m in by_size if m["verdict"] == "worse"],
        "moved": [m for m in by_size if m["verdict"] == "changed"],
        "turned": [c for c in told if c["nature"] == "flip"],
        "edited": [c for c in told if c["nature"] != "flip"],
        "off_target": [m for m in metrics if m["on_target"] is False],
    }
    counts = {name: len(rows) for name, rows in (groups | kinds).items()}
    counts["same"] = len(metrics) - len(changed)
    return {"changed_metrics": changed, "counts": counts, **groups, **kinds}


def _read(file: AppFile) -> ComparedReport:
    report = read_report(file.parsed)
    if not report.tables and not report.statements:
        raise AppError(f"{file.name} has neither tables nor text; attach the report itself.")
    return report


def _declared(context: Context) -> dict[str, Better]:
    """The directions of the company's accounts.yaml."""
    if context.tools.words is None:
        return {}
    declared: dict[str, Better] = context.tools.words().declared_directions()
    return declared


def _embed(context: Context, after: AppFile) -> Embed | None:
    """The embedding, unless it knows English only and the report is in another language."""
    model = context.tools.embedder
    if model is None or (model.languages and detect_language(after.text[:5000], default="en") != model.languages):
        return None
    return model.encode_texts


def _metric(metric: Metric, given: CompareDocuments, context: Context, language: str) -> dict[str, Any]:
    difference = round(metric.after - metric.before, 6)
    percent = round(100 * difference / abs(metric.before), 1) if metric.before else None
    quote = f"{metric.name}: {metric.before_text} → {metric.after_text}"
    cited = context.cite(SourceQuote(given.after.title, locator=metric.where_after, quote=quote))
    number = ParsedNumber(difference, metric.unit)
    return {
        **asdict(metric),
        "difference": difference,
        "difference_text": _difference(number, language),
        "unit_text": "" if metric.converted else metric.unit,
        "before_told": metric.before_shown if metric.converted else metric.before_text,
        "after_told": metric.after_shown if metric.converted else metric.after_text,
        "value_text": _value(metric, language),
        "target_text": _target(metric),
        "course": _course(metric, language),
        "verdict_text": _say(metric.verdict, language),
        "percent": percent,
        "percent_text": signed_text(percent, language),
        "number": cited,
    }


def _change(change: ReportChange, given: CompareDocuments, context: Context, language: str) -> dict[str, Any]:
    file, where = (given.after, change.where_after) if change.where_after else (given.before, change.where_before)
    number = context.cite(SourceQuote(file.title, locator=where, quote=change.after or change.before))
    said = {name: _say(asdict(change)[name], language) for name in ("kind", "part", "verdict")}
    return {**asdict(change), **{f"{name}_text": text for name, text in said.items()}, "number": number}


def _series(files: Sequence[AppFile], found: Iterable[ReportComparison], language: str) -> dict[str, Any]:
    """Each figure of the last report with its value in every report, as the columns and rows of a table."""
    columns = {"name": _say("Figure", language)} | {f"r{n}": file.title for n, file in enumerate(files)}
    rows: dict[tuple[str, str], dict[str, str]] = {}
    for n, comparison in enumerate(found):
        for m in comparison.metrics:
            row = rows.setdefault((m.heading, m.name), {"name": m.name, f"r{len(files) - 1}": m.after_text})
            row[f"r{n}"] = m.before_text
    return {"columns": columns, "rows": [{key: row.get(key, "–") for key in columns} for row in rows.values()]}


def _course(metric: Metric, language: str) -> str:
    """ "14 → 11 minutes (−3 minutes)"; in two units as both are written."""
    number = ParsedNumber(round(metric.after - metric.before, 6), metric.unit)
    before = metric.before_shown if metric.converted else number_text(metric.before, language)
    values = f"{before} → {_value(metric, language)}"
    return f"{values} ({_difference(number, language)})" if number.value else values


def _value(metric: Metric, language: str) -> str:
    """The later value with its unit."""
    if metric.converted:
        return metric.after_shown
    unit = _say(metric.unit, language)
    return f"{number_text(metric.after, language)}{'' if not unit or unit == '%' else ' '}{unit}"


def _target(metric: Metric) -> str:
    """The target as written; a bare number in a figure of per cents is one of them."""
    bare = metric.target.strip().replace(",", ".").replace(".", "", 1).isdigit()
    return f"{metric.target}%" if bare and metric.unit == "%" and not metric.converted else metric.target


def _difference(number: ParsedNumber, language: str) -> str:
    """ "+2.1 points", "−3 minutes", "1 fewer"."""
    if _counted(number):
        phrase = "{n} fewer" if number.value < 0 else "{n} more"
        return translated(phrase, language, {}, {"n": number_text(abs(number.value), language)})
    unit = "points" if number.unit == "%" else number.unit.split(" of ")[0]
    return f"{signed_text(number.value, language)} {_say(unit, language)}".rstrip()


def _counted(number: ParsedNumber) -> bool:
    """Whether the figure counts things, such as incidents, and has changed."""
    unit = number.unit.lower()
    return bool(number.value) and unit.isalpha() and len(unit) > 2 and unit not in _SCORES and measure_of(unit) is None


def _say(phrase: str, language: str) -> str:
    return translated(phrase, language, {}, {})


KIND = StepKind(
    "compare_documents",
    "Compares reports of two or more times, whatever their templates.",
    CompareDocuments,
    FIELDS,
    compare_documents,
)
