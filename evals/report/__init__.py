"""A run as a page, as mail, on a schedule."""
