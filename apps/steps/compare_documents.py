"""`compare_documents`: two versions of a report → metrics, what was added, removed and changed, better or worse."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from pydantic import Field

from apps.compare import Metric, ReportChange, compare, read_report
from apps.compare.values import Better, ParsedNumber
from apps.language import AppFile
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
    "off_target",
    "added",
    "removed",
    "changed",
    "changes",
    "counts",
    "identical",
    "language",
)
# What is measured; any other unit in the plural counts things, of which there are fewer or more.
_MEASURES = frozenset({"seconds", "minutes", "hours", "days", "weeks", "months", "years", "points"})


class CompareDocuments(Parameters):
    """Attributes: before, after: the two files; directions: words of a metric's name → higher, lower or neither."""

    before: AppFile
    after: AppFile
    directions: dict[str, Better] = Field(default_factory=dict)


def compare_documents(given: CompareDocuments, context: Context) -> dict[str, Any]:
    """The comparison. Raises AppError when one of the files has nothing to compare."""
    reports = []
    for file in (given.before, given.after):
        report = read_report(file.parsed)
        if not report.tables and not report.statements:
            raise AppError(f"{file.name} has neither tables nor text; attach the report itself.")
        reports.append(report)
    found = compare(reports[0], reports[1], given.directions)
    metrics = [_metric(m, given, context) for m in found.metrics]
    changes = [_change(c, given, context) for c in found.changes]
    changed = [m for m in metrics if m["verdict"] != "same"]
    by_size = sorted(changed, key=lambda m: -abs(m["percent"] or 0))
    counts = {kind: sum(c["kind"] == kind for c in changes) for kind in ("added", "removed", "changed")}
    counts |= {v: sum(m["verdict"] == v for m in metrics) for v in ("better", "worse", "same")}
    return {
        "before": given.before.title,
        "after": given.after.title,
        "metrics": metrics,
        "changed_metrics": changed,
        "better": [m for m in by_size if m["verdict"] == "better"],
        "worse": [m for m in by_size if m["verdict"] == "worse"],
        "off_target": [m for m in metrics if m["on_target"] is False],
        "added": [c for c in changes if c["kind"] == "added"],
        "removed": [c for c in changes if c["kind"] == "removed"],
        "changed": [c for c in changes if c["kind"] == "changed"],
        "changes": changes,
        "counts": counts,
        "identical": not changes,
        "language": detect_language(given.after.text[:5000], default="en"),
    }


def _metric(metric: Metric, given: CompareDocuments, context: Context) -> dict[str, Any]:
    difference = round(metric.after - metric.before, 6)
    percent = round(100 * difference / abs(metric.before), 1) if metric.before else None
    quote = f"{metric.name}: {metric.before_text} → {metric.after_text}"
    cited = context.cite(SourceQuote(given.after.title, locator=metric.where_after, quote=quote))
    number = ParsedNumber(difference, metric.unit)
    return {
        **asdict(metric),
        "difference": difference,
        "difference_text": _difference(number),
        "counted": _counted(number),
        "difference_unit": _unit(number),
        "percent": percent,
        "number": cited,
    }


def _change(change: ReportChange, given: CompareDocuments, context: Context) -> dict[str, Any]:
    file, where = (given.after, change.where_after) if change.where_after else (given.before, change.where_before)
    number = context.cite(SourceQuote(file.title, locator=where, quote=change.after or change.before))
    return {**asdict(change), "number": number}


def _difference(number: ParsedNumber) -> str:
    """ "+2.1 points", "−3 minutes", "1 fewer"."""
    if _counted(number):
        return f"{number_text(abs(number.value))} {'fewer' if number.value < 0 else 'more'}"
    return f"{signed_text(number.value)} {_unit(number)}".rstrip()


def _counted(number: ParsedNumber) -> bool:
    """Whether the figure counts things, such as incidents, and has changed."""
    unit = number.unit.lower()
    return bool(number.value) and unit.isalpha() and unit.endswith("s") and unit not in _MEASURES


def _unit(number: ParsedNumber) -> str:
    return "points" if number.unit == "%" else number.unit.split(" of ")[0]


KIND = StepKind(
    "compare_documents",
    "Compares two versions of a report.",
    CompareDocuments,
    FIELDS,
    compare_documents,
)
