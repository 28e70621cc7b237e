"""Totango: accounts, touchpoints and tasks."""
