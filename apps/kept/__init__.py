"""What stays of runs: results, and forms that many people fill in."""
