"""Outlook: chosen folders of people's mailboxes and of shared ones; a thread is a document."""

from connectors.outlook.connector import OutlookSettings, open_outlook

__all__ = ["OutlookSettings", "open_outlook"]
