"""What metadata weights do to the suite's questions on the index that serves now, before they are saved."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import sqlalchemy as sa

from core.errors import DatasetError, IdentityError
from core.identity import load_directory
from core.settings import Settings
from evals.fitting import Candidates
from evals.fitting.weights import candidates_of
from evals.suite.subject import World, known_documents
from evals.suite.suites import load_suite, suite_file
from retrieval.query import Weights
from retrieval.retriever import open_retriever

# With fewer judged questions, a difference says nothing.
_FEWEST = 5


def collect_cases(
    settings: Settings, engine: sa.Engine, progress: Callable[[int, int], None] = lambda *_: None
) -> list[Candidates]:
    """The candidates of every reviewed case that names documents, asked as its user; app runs are left out.

    Args:
        progress: Called with the questions done and their number.

    Raises:
        DatasetError: the suite is missing or wrong, or too few of its cases can be judged on this index.
        IndexMissing: nothing has been synced yet.
    """
    suite = settings.evaluation.suite
    retriever = replace(open_retriever(settings), weights=Weights())
    world = World(known_documents(retriever.index.chunks()), load_directory(settings, engine))
    judged = []
    for case in load_suite(suite_file(settings, suite)):
        relevant = [d for d in world.resolved(case).expected_documents if d in world.documents]
        # A follow-up can't be searched as it stands.
        if case.reviewed and relevant and not case.app and not case.history:
            judged.append((case, dict.fromkeys(relevant, 1.0)))
    found = []
    for number, (case, documents) in enumerate(judged):
        progress(number, len(judged))
        try:
            user = world.directory.user(case.user)
        except IdentityError:
            continue
        found.append(candidates_of(retriever, case.question, documents, user))
    if len(found) < _FEWEST:
        raise DatasetError(
            f"Only {len(found)} reviewed cases of {suite} name documents of this index; at least {_FEWEST} are needed "
            "to say what weights do. Add cases, or sync the sources that they name."
        )
    return found
