"""Passages → an answer: evidence, quotes, written answers, citations, confidence.

search_answer.py has the way of a question that no app takes; the other modules are its stages, in the order in which it
imports them.
"""

from assistant.answers.citations import deep_link
from assistant.answers.style import Styles

__all__ = ["Styles", "deep_link"]
