"""The suite of cases: run, scored, compared, gated.

The scorers (scorers.py) and the judge (judge.py) are what a run is measured by; history.py keeps it.
"""

from evals.suite.history import EvaluationRun, History, Result
from evals.suite.review import accept_case, add_case, reject_case
from evals.suite.runner import Runner, by_tag
from evals.suite.suites import Case, chosen_cases, load_suite, suite_file

__all__ = [
    "Case",
    "EvaluationRun",
    "History",
    "Result",
    "Runner",
    "accept_case",
    "add_case",
    "by_tag",
    "chosen_cases",
    "load_suite",
    "reject_case",
    "suite_file",
]
