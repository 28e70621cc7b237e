"""Microsoft Teams: channel messages by thread, chats by day, transcripts of meetings."""

from connectors.teams.connector import TeamsSettings, open_teams

__all__ = ["TeamsSettings", "open_teams"]
