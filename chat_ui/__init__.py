"""The pages, over Streamlit: they draw what the rooms below give them, and have no SQL.

Reading order: app.py (who is there, which pages they have), parts/session.py (what a page needs to run), chat/page.py,
then the page that concerns you. A page is a folder whose door is `page.page(user)`.
"""

import sys
from pathlib import Path

# Streamlit puts the folder of its script first, where `apps` would be the page of that name and not the package.
_HERE = Path(__file__).resolve().parent
sys.path[:] = [entry for entry in sys.path if Path(entry or ".").resolve() != _HERE]
