"""What is kept: conversations, traces, usage, and for how long (retention.py, for the service and `debrief forget`)."""

from assistant.records.conversations import Conversation, Conversations, StoredTurn
from assistant.records.trace import REASONS, Rating, Trace, Traces

__all__ = ["REASONS", "Conversation", "Conversations", "Rating", "StoredTurn", "Trace", "Traces"]
