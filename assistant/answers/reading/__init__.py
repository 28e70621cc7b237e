"""Passages → their sentences, rows and lists, and what can be said of each: nearness, kind, subject, validity."""
