"""`debrief api`, `debrief mcp` and `debrief keys`."""
