"""The page of a recording: the player, and what was said beside it."""
