"""`debrief ask`, `trace`, `style`, `forget` and `apps`. cli.py mounts each module by its `register`."""
