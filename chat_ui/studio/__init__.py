"""The Studio page, where apps are written."""
