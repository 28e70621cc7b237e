"""Transcripts and notes → who, what was said, decided, promised and left open; each with the turn it stands on."""

from apps.meeting.items import MeetingItem
from apps.meeting.outcomes import find_outcomes
from apps.meeting.topics import find_topics
from apps.meeting.turns import Meeting, SpokenSentence, read_meeting

__all__ = ["Meeting", "MeetingItem", "SpokenSentence", "find_outcomes", "find_topics", "read_meeting"]
