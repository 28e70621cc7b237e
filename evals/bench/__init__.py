"""Speed measurements: `python -m evals.bench.<name>`, or `make bench`."""
