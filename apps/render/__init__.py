"""A Markdown text, tables and charts → a Word, PowerPoint or Excel file in the company's style."""
