"""The suite of cases: run, scored, compared, gated."""
