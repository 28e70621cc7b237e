"""Totango: accounts, touchpoints and tasks."""

from connectors.totango.connector import TotangoSettings, open_totango

__all__ = ["TotangoSettings", "open_totango"]
