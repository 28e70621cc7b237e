"""One fetched document → what the index gets of it: metadata, rules, vetting, chunks, relations."""
