"""Files of the open conversation: parsed when they are added, shown as pills, gone when it is left."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

import streamlit as st

from assistant.question import Attachment
from chat_ui.parts import session
from core.errors import DebriefError, QuestionError
from core.media_names import transcripts_of
from core.types import Companion

MOST = 5
_KEY = "attachments"
_PROBLEMS = "attachment-problems"
# What a person is likely to have at hand; the parser decides by the content, not by the name.
TYPES = (
    "docx", "pptx", "xlsx", "pdf", "md", "txt", "csv", "html", "vtt", "srt", "eml", "msg", "json", "odt", "rtf",
    "mp3", "m4a", "wav", "ogg", "mp4", "webm", "mov",
)  # fmt: skip


class Upload(Protocol):
    """A file as the browser sends it."""

    name: str
    type: str

    def getvalue(self) -> bytes:
        """The file's bytes."""
        ...


def attached() -> tuple[Attachment, ...]:
    """The open conversation's files."""
    files: list[Attachment] = st.session_state.setdefault(_KEY, [])
    return tuple(files)


def problems() -> list[DebriefError]:
    """What is wrong with those of the last files that can't be kept, until the next are sent."""
    found: list[DebriefError] = st.session_state.setdefault(_PROBLEMS, [])
    return found


def attach(uploads: Iterable[Upload]) -> None:
    """Parses and keeps the files, a recording and its transcript as one.

    What is wrong with one stays in `problems`: the first answer draws the page anew.
    """
    problems: list[DebriefError] = []
    sent = {upload.name: upload for upload in uploads}
    transcripts = transcripts_of(sent)
    for upload in [upload for name, upload in sent.items() if name not in transcripts.values()]:
        if len(attached()) >= MOST:
            problems.append(QuestionError(f"{upload.name}: a conversation holds {MOST} files; take one away first."))
            continue
        try:
            # A recording takes about a fifth of its own length.
            with st.spinner(f"Reading {upload.name}", show_time=True):
                beside = sent.get(transcripts.get(upload.name, ""))
                transcript = Companion(beside.name, beside.getvalue()) if beside else None
                parsed = session.parser().parse(upload.getvalue(), upload.name, upload.type, transcript)
        except DebriefError as error:
            problems.append(error)
            continue
        kept = [a for a in attached() if a.name != upload.name]
        st.session_state[_KEY] = [*kept, Attachment(upload.name, parsed.sections, parsed.title)]
    st.session_state[_PROBLEMS] = problems


def forget() -> None:
    """Drops the files, when another conversation is opened."""
    st.session_state[_KEY] = []
    st.session_state.pop(_PROBLEMS, None)


def attachment_pills() -> None:
    """One pill a file; a click takes it away."""
    for attachment in attached():
        st.button(
            attachment.name,
            key=f"detach-{attachment.name}",
            icon=":material/attach_file:",
            help="Take this file out of the conversation",
            on_click=_detach,
            args=(attachment.name,),
        )


def _detach(name: str) -> None:
    st.session_state[_KEY] = [a for a in attached() if a.name != name]
