"""Apps within a conversation and on the command line: inputs from the message, tools, runs."""

from assistant.app_runs.app_answers import AppAnswers, open_app_answers
from assistant.app_runs.samples import SampleIndexes
from assistant.app_runs.tools import open_tools

__all__ = ["AppAnswers", "SampleIndexes", "open_app_answers", "open_tools"]
