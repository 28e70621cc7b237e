"""Every error that Debrief raises on purpose. A message gives the fact, the value and the remedy.

DebriefError
├── SettingsError       debrief.yaml or the environment is wrong
├── IdentityError       a user or group that isn't known
├── QuestionError       a question that can't be asked (empty, far too long)
├── IndexMissing        no index has been built yet
├── IndexLocked         another process is writing
├── DiskFull            no room for what is to be written
├── BackupError         a backup that can't be made, or can't be restored
├── IndexDamaged        the index on disk can't be read
├── IndexUnreachable    the index server doesn't answer, or refuses us
├── ModelError          an embedding or language model can't be loaded or called
├── ParseError          a file can't be turned into text
│   ├── Encrypted
│   ├── TooLarge
│   └── Unsupported
├── SourceError         a source can't be read
│   ├── CredentialError credentials are invalid, expired or insufficient
│   ├── Throttled       the source asks to slow down
│   └── Unreachable     no connection
├── PatternTimeout      a regular expression takes for ever
├── AppError            an app's file or its inputs are wrong
├── ActionError         what is to be written into another system can't be
│   ├── Refused         the system says no; nothing was written
│   ├── Busy            it can't be asked now; nothing was written
│   └── Unsure          no proper answer came; it may have been written
├── ReviewError         a labelling job, its items or a label are wrong
├── FilterError         a search filter or weights file is wrong
└── DatasetError        an evaluation data set is wrong
"""

from __future__ import annotations

from typing import Literal


class DebriefError(Exception):
    """Base of all: `str(error)` is one sentence that can be shown to a person as it is."""


class SettingsError(DebriefError):
    """debrief.yaml or the environment is wrong."""


class IdentityError(DebriefError):
    """A user or group that isn't known."""


class QuestionError(DebriefError):
    """A question that can't be asked."""


class IndexMissing(DebriefError):
    """No index has been built yet."""


class IndexLocked(DebriefError):
    """Another process is writing the index or the data folder."""


class DiskFull(DebriefError):
    """No room for what is to be written."""


class BackupError(DebriefError):
    """A backup that can't be made, or can't be restored."""


class IndexDamaged(DebriefError):
    """The index on disk can't be read."""


class IndexUnreachable(DebriefError):
    """The index server doesn't answer, or refuses us."""


class ModelError(DebriefError):
    """An embedding or language model can't be loaded or called."""


class ParseError(DebriefError):
    """A file can't be turned into text. `retry` says whether the same bytes may succeed later."""

    retry = False


class Encrypted(ParseError):
    """The file needs a password."""


class TooLarge(ParseError):
    """The file, or what it unpacks to, is over a limit."""


class Unsupported(ParseError):
    """No parser for this kind of file."""


class SourceError(DebriefError):
    """A source can't be read."""


class CredentialError(SourceError):
    """The source refused us; `problem` says how."""

    def __init__(self, message: str, problem: Literal["invalid", "expired", "insufficient"]) -> None:
        super().__init__(message)
        self.problem = problem


class Throttled(SourceError):
    """The source still asks to slow down after all retries."""


class Unreachable(SourceError):
    """No connection to the source."""


class PatternTimeout(DebriefError):
    """A regular expression takes for ever on a text."""


class AppError(DebriefError):
    """An app's file or its inputs are wrong."""


class ActionError(DebriefError):
    """What is to be written into another system can't be: wrong fields, no right to it, nothing of that name."""


class Refused(ActionError):
    """The system says no, and has written nothing; `field` names the field that it refuses, if it does."""

    def __init__(self, message: str, field: str = "") -> None:
        super().__init__(message)
        self.field = field


class NotConnected(Refused):
    """The person hasn't signed in to the system as themselves, or that has ended; their form is kept."""


class Busy(ActionError):
    """The system can't be asked now, and has written nothing; `after_s` is how long it asks to wait."""

    def __init__(self, message: str, after_s: float = 0.0) -> None:
        super().__init__(message)
        self.after_s = after_s


class Unsure(ActionError):
    """No proper answer came: it may have been written, so it is looked up before it is sent again."""


class WorkflowError(DebriefError):
    """A workflow can't be switched on, or something that one names isn't there."""


class Undelivered(DebriefError):
    """A workflow's result can't be handed over now; it is tried again."""


class FilterError(DebriefError):
    """A search filter or a weights file is wrong."""


class DatasetError(DebriefError):
    """An evaluation data set is wrong."""


class ReviewError(DebriefError):
    """A labelling job, its items or a label are wrong."""
