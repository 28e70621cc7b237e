"""Questions about customers, answered from records and dated reports before any sentence is searched for.

`answers.py` is the way in: a question → what it asks (`asked.py`) → what is known (`known.py`) → facts, figures, lists
or meetings with their sources; None for everything else, which is searched for.
"""
