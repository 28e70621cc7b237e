"""Questions over a table that came with the question: rows are filtered, counted, summed and compared, by rules."""

from assistant.tables.calculation import Calculation, Outcome, calculated
from assistant.tables.plan import planned
from assistant.tables.table import Table, table_of

__all__ = ["Calculation", "Outcome", "Table", "calculated", "planned", "table_of"]
