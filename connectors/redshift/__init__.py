"""Amazon Redshift: documents from declared queries."""
