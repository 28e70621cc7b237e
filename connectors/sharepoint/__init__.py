"""SharePoint Online through Microsoft Graph: libraries, pages and lists with their permissions."""

from connectors.sharepoint.connector import SharePointSettings, open_sharepoint

__all__ = ["SharePointSettings", "open_sharepoint"]
