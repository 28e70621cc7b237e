"""What all share, in a language of its own: types, settings, errors, identity, database, audit, models, logging.

Reading order: types.py, errors.py, settings.py, identity.py, then text/ (all knowledge of language) and tables.py
(the one reader and writer of Markdown tables). It imports nothing of ours; everything else imports it.
"""
