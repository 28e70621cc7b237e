"""`python -m tests.evals.slow_run DATABASE RUN`: evaluates four quick cases and forty slow ones, to be interrupted."""

import signal
import sys
import time

import sqlalchemy as sa

from core.types import User
from evals.suite.history import History
from evals.suite.runner import Runner
from evals.suite.suites import Case
from tests.evals.systems import CASES, WORLD, Good

MANY = [*CASES, *(CASES[3].model_copy(update={"id": f"slow{n}"}) for n in range(40))]


class Slow(Good):
    def observe(self, case: Case, user: User):
        time.sleep(0.2 if case.id.startswith("slow") else 0)
        return super().observe(case, user)


if __name__ == "__main__":
    # What a shell runs in the background inherits that Ctrl-C is ignored; this is run as in a terminal.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    history = History(sa.create_engine(f"sqlite:///{sys.argv[1]}"))
    try:
        Runner(Slow(), WORLD, history, threads=2).run(sys.argv[2], MANY)
    except KeyboardInterrupt:
        sys.exit(130)
