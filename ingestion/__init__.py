"""The write path: documents of the sources → the index and the state, committed together.

Reading order: sync/sync.py, sync/source_sync.py, sync/commit.py, enrich/prepare.py, parse/formats.py, state.py (what is
remembered of each document), documents.py (what pages ask of it).
"""
