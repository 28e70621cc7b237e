"""The Quality page: the weekly evaluation."""
