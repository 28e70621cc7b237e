"""The write path: sources' changes → documents → the index and the state, committed together."""
