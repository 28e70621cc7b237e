"""A run whose process is killed or interrupted goes on where it was."""

import signal
import subprocess
import sys
import time

import pytest

from evals.suite.runner import Runner
from tests.evals.slow_run import MANY
from tests.evals.systems import WORLD, Good


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT], ids=["kill -9", "Ctrl-C"])
def test_what_was_scored_stays_and_the_rest_is_taken_up(how, history, tmp_path, project_root):
    run = history.start("suite", "test", {})
    command = [sys.executable, "-m", "tests.evals.slow_run", str(tmp_path / "state.sqlite"), run.id]
    process = subprocess.Popen(command, cwd=project_root)
    try:
        deadline = time.monotonic() + 60
        while len(history.results(run.id)) < 6:
            assert process.poll() is None and time.monotonic() < deadline
            time.sleep(0.05)
        process.send_signal(how)
        assert process.wait(20) == (-9 if how == signal.SIGKILL else 130)
    finally:
        process.kill()
        process.wait()
    before = set(history.results(run.id))
    assert 6 <= len(before) < len(MANY) and not history.run(run.id).finished_at
    asked = []

    class Counts(Good):
        def observe(self, case, user):
            asked.append(case.id)
            return super().observe(case, user)

    found = Runner(Counts(), WORLD, history, threads=2).run(run.id, MANY)
    assert set(asked) == {c.id for c in MANY} - before and len(asked) == len(set(asked))
    assert all(r.state == "scored" for r in found.values()) and len(found) == len(MANY)
