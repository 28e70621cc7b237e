"""An optional chat model, over LangChain: one per task, fallbacks, retries, tokens and cost; or one on this machine.

    models = open_chat_models(settings.llm)            # None when no model is configured
    spent = Spending()
    reply = models.reply("answer", messages, spent)    # .text, .stop
    streamed = models.stream("answer", messages, spent)
    for piece in streamed: …                           # then streamed.stop: "end", or why it isn't whole
    plan = models.structured("plan", messages, Plan, spent)
    turn = models.with_tools("plan", messages, tools, spent)      # .text, .calls: see tools.py

Thoughts never come out of here, nor a provider's own words: those are in `spent.failures`, for administrators.
"""

from core.llm.calling import NamedModel
from core.llm.calls import Call, Message, Reply, SentPrompt, Spending, Stop
from core.llm.chains import ChatModels
from core.llm.failures import Failure, is_transient
from core.llm.names import is_local
from core.llm.providers import EXTRAS, check_installed, open_chat_models
from core.llm.streamed import Streamed
from core.llm.thoughts import orphan_end, unfenced, without_thoughts
from core.llm.tools import ToolCall, ToolSpec, ToolTurn, told
from core.llm.usage import ModelUsage
from core.settings import LlmTaskName as Task

__all__ = [
    "EXTRAS",
    "Call",
    "ChatModels",
    "Failure",
    "Message",
    "ModelUsage",
    "NamedModel",
    "Reply",
    "SentPrompt",
    "Spending",
    "Stop",
    "Streamed",
    "Task",
    "ToolCall",
    "ToolSpec",
    "ToolTurn",
    "check_installed",
    "is_local",
    "is_transient",
    "open_chat_models",
    "orphan_end",
    "told",
    "unfenced",
    "without_thoughts",
]
