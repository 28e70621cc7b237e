"""A Markdown text, tables and charts → a Word, PowerPoint or Excel file in the company's style.

No door of its own, since each format has a library: blocks.py reads the Markdown, word.py, slides.py and sheets.py
write.
"""
