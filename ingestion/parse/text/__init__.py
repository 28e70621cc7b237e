"""Text formats: plain text, csv, json, xml, Markdown, HTML, transcripts, archives of them."""
