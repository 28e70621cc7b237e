"""The Apps page."""
