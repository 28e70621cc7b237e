"""PDF pages in reading order, with tables, form fields, notes and scanned pages."""
