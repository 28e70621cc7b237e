"""Candidates → ranked hits: fusion and the stages of the read path."""
