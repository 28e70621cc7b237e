"""A question → a structured query, by a language model; what it says is checked as what anybody says."""

from __future__ import annotations

from datetime import date

from core.llm import ChatModels, Spending
from prompts import load_prompt
from warehouse.layer.model import Column, Layer
from warehouse.query.values import QueryValue, of_value
from warehouse.reading.read import Reading


class _Asked(QueryValue):
    """`missing`: what the question needs and the data hasn't; then all else is left empty."""

    missing: str = ""


def read_by_model(question: str, layer: Layer, today: date, models: ChatModels, spent: Spending) -> Reading:
    """The query that a model reads. `layer` is what the person may see: nothing else is told to the model.

    Raises:
        ModelError: no model gave a value of the schema.
    """
    messages = load_prompt("data").render(layer=described(layer), today=today.isoformat(), question=question)
    value = models.structured("plan", messages, _Asked, spent)
    if value.missing or not (value.levels or value.measures):
        return Reading(problem=f"The data doesn't have what this asks for: {value.missing or 'nothing was named'}.")
    return Reading(of_value(value))


def described(layer: Layer) -> str:
    """The layer as a model reads it: entities with columns, metrics, and what joins them."""
    lines = []
    for name, entity in layer.entities.items():
        also = f" (also: {', '.join(entity.names)})" if entity.names else ""
        lines.append(f"entity {name}{also}: {entity.description}".rstrip(": "))
        lines += [f"  {name}.{column}: {_column(meant)}" for column, meant in entity.columns.items()]
    for metric_name, metric in layer.metrics.items():
        lines.append(f"metric {metric_name}: {metric.by} of {metric.of}{' over ' + metric.over if metric.over else ''}")
    lines += [f"each {relation.many} is one {relation.one}" for relation in layer.relations]
    return "\n".join(lines)


def _column(column: Column) -> str:
    parts = [
        column.type,
        *([column.unit] if column.unit else []),
        *([column.description] if column.description else []),
    ]
    values = [f"{stored} = {words[0]}" for stored, words in column.values.items()]
    return "; ".join([*parts, *([f"values: {', '.join(values[:20])}"] if values else [])])
