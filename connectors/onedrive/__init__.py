"""OneDrive for work or school: the drives of chosen people, or chosen folders in them."""

from connectors.onedrive.connector import OneDriveSettings, open_onedrive

__all__ = ["OneDriveSettings", "open_onedrive"]
