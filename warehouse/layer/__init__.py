"""`warehouse.yaml`: what a database's tables and columns are called, how they belong together, and who sees what."""

from warehouse.layer.load import load_layer
from warehouse.layer.model import Column, Condition, Entity, Layer, Metric, Relation, Verified

__all__ = ["Column", "Condition", "Entity", "Layer", "Metric", "Relation", "Verified", "load_layer"]
