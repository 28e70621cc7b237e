"""How the state database gets from one version of Debrief to the next: Alembic's revisions, forward only.

A table or column is added in two places: in the `sa.Table` beside the code that uses it, and in the next file of
`versions/`, `r0002_what_it_is_for.py`, where `upgrade` says with Alembic's `op` what changes. Old files are never
edited: databases that have gone through them exist. `tests/core/test_migrations.py` fails where the two places
differ, and prints the missing operations.
"""

from core.migrations.apply import REVISIONS, upgrade

__all__ = ["REVISIONS", "upgrade"]
