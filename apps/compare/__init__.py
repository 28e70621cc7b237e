"""Two versions of a report → what was added, removed and changed, cell by cell and sentence by sentence."""

from apps.compare.blocks import ComparedReport, read_report
from apps.compare.changes import Metric, ReportChange, compare

__all__ = ["ComparedReport", "Metric", "ReportChange", "compare", "read_report"]
