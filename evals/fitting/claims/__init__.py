"""The model that reads a claim with its source: what it was trained on, and how (`python -m evals.fitting.claims`)."""
