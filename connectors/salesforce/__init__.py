"""Salesforce: records with who may read them. Reading order: connector, sharing, people, shape, rendering, client."""

from connectors.salesforce.connector import SalesforceConnector, open_salesforce
from connectors.salesforce.settings import SalesforceSettings

__all__ = ["SalesforceConnector", "SalesforceSettings", "open_salesforce"]
