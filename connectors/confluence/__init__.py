"""Confluence, in the cloud and as Data Center. Reading order: connector, site, cloud, data_center, access, storage."""

from connectors.confluence.connector import ConfluenceConnector, ConfluenceSettings, open_confluence

__all__ = ["ConfluenceConnector", "ConfluenceSettings", "open_confluence"]
