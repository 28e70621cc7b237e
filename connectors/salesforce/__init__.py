"""Salesforce: records and their readers. Reading order: connector, sharing, people, shape, rendering, client, login."""

from connectors.salesforce.connector import SalesforceConnector, open_salesforce
from connectors.salesforce.settings import SalesforceSettings

__all__ = ["SalesforceConnector", "SalesforceSettings", "open_salesforce"]
