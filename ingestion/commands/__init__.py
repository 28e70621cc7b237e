"""`debrief sync`, `docs`, `index`, `sources`, `parse` and `doctor`."""
