"""A source → documents with their access lists, and what changed since the last time. A system knows no other system.

Reading order: files.py (the shortest one), common/ (what they share), registry.py (the kinds), then the system that
concerns you. The door is registry.py: `open_source`, `check_sources`; it loads the libraries of every system.
"""
