"""Outlook: chosen folders of people's mailboxes and of shared ones; a thread is a document."""

from connectors.outlook.connector import open_outlook
from connectors.outlook.settings import OutlookSettings

__all__ = ["OutlookSettings", "open_outlook"]
