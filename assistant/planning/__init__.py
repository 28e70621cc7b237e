"""Questions that one search doesn't answer: a model plans, and looks things up with tools, within bounds.

    box = Toolbox([*document_tools(searcher), …])
    gathered = yield from Planner(models, box, bounds).gather(question, found, trace)

A tool is a name, a description, a schema of arguments and a function (question, arguments) → text and passages; to add
one, hand it to `assistant.open`. Every tool runs with the rights of the person who asks: it gets the question, whose
`user` and `filters` hold for each search and each document, whatever a model puts into the arguments.
"""

from assistant.planning.planner import Gathered, Planner
from assistant.planning.signals import wants_plan
from assistant.planning.toolbox import SEARCHING, Found, Judge, Tool, Toolbox, computed

__all__ = ["SEARCHING", "Found", "Gathered", "Judge", "Planner", "Tool", "Toolbox", "computed", "wants_plan"]
