"""Recordings → what was said, by a speech model on this machine, piece by piece, in processes with limits."""
