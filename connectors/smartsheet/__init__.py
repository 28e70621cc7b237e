"""Smartsheet: sheets with their discussions, and attached files. Reading order: connector, sheet, client."""

from connectors.smartsheet.connector import SmartsheetConnector, SmartsheetSettings, open_smartsheet

__all__ = ["SmartsheetConnector", "SmartsheetSettings", "open_smartsheet"]
