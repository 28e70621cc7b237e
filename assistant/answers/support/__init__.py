"""Whether a claim is supported by the passages that it cites."""
