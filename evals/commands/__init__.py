"""`debrief eval …` and `debrief weights …`."""
