"""`debrief eval …` and `debrief weights …`. cli.py mounts each module by its `register`."""
