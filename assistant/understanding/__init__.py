"""A message in its conversation → what is asked: follow-ups, replies, typos and abbreviations, by rules."""
