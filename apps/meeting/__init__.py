"""Transcripts and notes → who, what was said, decided, promised and left open; each with the turn it stands on."""
