"""Reports of whatever template → what was added, removed and changed, figure by figure, sentence by sentence."""

from apps.compare.blocks import ComparedReport, read_report
from apps.compare.changes import Metric, ReportChange, ReportComparison
from apps.compare.compare import compare
from apps.compare.meaning import Embed

__all__ = ["ComparedReport", "Embed", "Metric", "ReportChange", "ReportComparison", "compare", "read_report"]
