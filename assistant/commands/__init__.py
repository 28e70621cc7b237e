"""`debrief ask`, `trace`, `style`, `forget` and `apps`."""
