"""Where questions over data run: read-only, with a time-out and at most so many rows."""

from warehouse.databases.base import Catalogue, Database, Rows, TableInfo
from warehouse.databases.open import open_database, open_source

__all__ = ["Catalogue", "Database", "Rows", "TableInfo", "open_database", "open_source"]
