"""What is asked of a database: the structured query, its check against the layer and the person, and its SQL."""

from warehouse.query.structured import Filter, Level, Measure, Order, Period, Query

__all__ = ["Filter", "Level", "Measure", "Order", "Period", "Query"]
