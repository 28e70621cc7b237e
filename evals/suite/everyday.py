"""Everyday questions beside a suite: what people with their own words get, as metrics of the run."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa

from assistant.ask import Assistant
from core.settings import Settings
from evals.measures.question_file import load_questions, people_asking
from evals.measures.questions import AskedEveryday, Progress, ask_questions
from evals.metrics import Measured, mean

RIGHTLY, PLAINLY, WRONG, NOT_ANSWERED = (
    "everyday_rightly",
    "everyday_plainly",
    "everyday_wrong",
    "everyday_unanswerable_not_answered",
)


def everyday_figures(
    settings: Settings, engine: sa.Engine, assistant: Assistant, progress: Progress = lambda *_: None
) -> dict[str, Measured]:
    """The metrics over all files of `evaluation.everyday`; none where there is no file.

    Raises:
        DatasetError: a file can't be read, or a line names nobody known.
    """
    asked: list[AskedEveryday] = []
    for file in map(settings.path, settings.evaluation.everyday):
        lines = load_questions(file)
        people = people_asking(file, lines, settings, engine)
        asked += ask_questions(assistant, engine, [question for _, question in lines], people, progress)
    return measured(asked)


def measured(asked: Sequence[AskedEveryday]) -> dict[str, Measured]:
    """The shares under the names above; a share of nothing is left out."""
    answerable = [one.verdict for one in asked if one.question.answerable]
    others = [one.verdict for one in asked if not one.question.answerable]
    shares = {
        RIGHTLY: [verdict in {"right", "right_partly"} for verdict in answerable],
        PLAINLY: [verdict == "right" for verdict in answerable],
        WRONG: [verdict == "wrong" for verdict in answerable],
        NOT_ANSWERED: [verdict != "wrong" for verdict in others],
    }
    return {name: mean([float(one) for one in told]) for name, told in shares.items() if told}
