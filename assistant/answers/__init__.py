"""Passages → an answer: evidence, quotes, written answers, citations, confidence."""
