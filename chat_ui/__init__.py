"""The pages, over Streamlit: they draw what the rooms below give them, and have no SQL.

Reading order: app.py (who is there, which pages they have), parts/session.py (what a page needs to run), chat/page.py,
then the page that concerns you. A page is a folder whose door is `page.page(user)`.
Streamlit puts this folder first on the path: nothing in it may be called as a package beside it.
"""
