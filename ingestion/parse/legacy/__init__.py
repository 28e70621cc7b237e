"""The formats before 2007: doc, xls, ppt, and rtf."""
