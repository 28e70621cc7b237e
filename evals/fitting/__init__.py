"""What constants and weights are fitted with.

Weights are tuned from here; the others are run by hand, when a model changes.
"""

from evals.fitting.weights import Candidates, Preview, preview, tune

__all__ = ["Candidates", "Preview", "preview", "tune"]
