"""A run as a page, as mail, on a schedule. page.py draws it, delivery.py sends it."""

from evals.report.report import Report, case_quality, markdown, verdict_line

__all__ = ["Report", "case_quality", "markdown", "verdict_line"]
