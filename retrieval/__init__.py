"""The index, from both sides: what a sync writes into, and what finds the passages that a person may read.

Reading order: query/index.py (the protocol), query/filters.py, ranking/pipeline.py (the stages of a search),
engines/edge.py, engines/generations.py, models/embed.py, and retriever.py, which puts them together and is the door
for questions.
"""
