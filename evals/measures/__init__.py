"""One component of the product on one public set.

Each module is a measure with its `evaluate_…`, imported by its command alone.
"""
