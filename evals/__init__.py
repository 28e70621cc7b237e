"""Is the assistant right, and what changed? Judged data, metrics, the weekly evaluation, benchmarks.

Reading order: suite/suites.py (a case), suite/scorers.py, suite/runner.py, evaluate.py (a whole run), report/,
schedule.py. measures/ measures one component on public sets, fitting/ makes constants, bench/ speed, peers/ other
systems.
"""
