"""Sentences → a quoted answer: which leads, whether it is sure, what is said beside it."""
