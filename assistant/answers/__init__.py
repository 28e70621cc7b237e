"""Passages → an answer: evidence, quotes, written answers, citations, confidence.

search_answer.py has the way of a question that no app takes. Its rooms, each of which imports only those before it:
`form` (words, style, citations), `asked` (what a turn brings along), `reading` (passages → scored statements),
`quoting` (statements → a quoted answer and how sure it is), `support` (whether passages say a claim), `writing` (a
model's answer, checked block by block).
"""

from assistant.answers.form.citations import deep_link
from assistant.answers.form.style import Styles

__all__ = ["Styles", "deep_link"]
