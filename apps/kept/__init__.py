"""What stays of runs: results, and forms that many people fill in."""

from apps.kept.forms import Collection, open_collection, submit
from apps.kept.runs import (
    PastRun,
    ResultWithheld,
    forget_results_older_than,
    my_runs,
    record_resumed,
    record_run,
    stored_result,
)
from apps.kept.waiting import overdue_runs, waiting_run

__all__ = [
    "Collection",
    "PastRun",
    "ResultWithheld",
    "forget_results_older_than",
    "my_runs",
    "open_collection",
    "overdue_runs",
    "record_resumed",
    "record_run",
    "stored_result",
    "submit",
    "waiting_run",
]
