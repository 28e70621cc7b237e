"""Amazon Redshift: documents from declared queries, and the sessions in which they, and apps, ask."""

from connectors.redshift.client import Session
from connectors.redshift.connector import RedshiftSettings, open_redshift

__all__ = ["RedshiftSettings", "Session", "open_redshift"]
