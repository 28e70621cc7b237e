"""`debrief sync`, `docs`, `index`, `sources`, `parse` and `doctor`. cli.py mounts each module by its `register`."""
