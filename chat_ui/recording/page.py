"""A recording at a moment: the player, the transcript with its times, and both as files. Reached from a citation."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from pathlib import Path

import streamlit as st

from chat_ui.parts import components, session
from chat_ui.recording.seen import seen_objects
from chat_ui.recording.speakers import speaker_editor
from core.types import Chunk, User
from ingestion.parse.recording.captions import srt, vtt
from ingestion.parse.recording.turns import Utterance, clock, paragraphs, turn_text
from ingestion.recordings import KEY, media_file, utterances


def page(user: User) -> None:
    """The page. The person's rights are asked for each time it is drawn."""
    document = st.query_params.get("document", "")
    chunks = session.retriever().document(document, user) if document else []
    if not chunks:
        components.state("There is no recording here for you", "It was deleted, or you may not read it.", "warning")
        return
    said = utterances(session.settings(), chunks[0].metadata.get(KEY))
    if not said:
        components.state(chunks[0].title, "It has no recording that is kept here; open it where it lies.", "warning")
        return
    _shown(user, chunks[0], said)


def _shown(user: User, chunk: Chunk, said: Sequence[Utterance]) -> None:
    st.title(chunk.title)
    facts = (chunk.metadata.get("duration"), chunk.metadata.get("customer"), str(chunk.metadata.get("updated_at"))[:10])
    st.caption(" · ".join(str(fact) for fact in facts if fact and fact != "None"))
    media = media_file(session.settings(), chunk.metadata.get(KEY))
    at = _moment()
    if media is None:
        components.state("No player", "The recording itself isn't kept (parsing.recordings.keep_media).", "empty")
    elif chunk.metadata.get("medium") == "video":
        st.video(str(media), start_time=at, alt=chunk.title)
    else:
        st.audio(str(media), start_time=at, alt=chunk.title)
    _downloads(chunk.title, said)
    speaker_editor(user, chunk, said)
    seen_objects(chunk)
    turns = paragraphs(said)
    current = max((n for n, turn in enumerate(turns) if turn[0].begin_s <= at + 0.5), default=0)
    for number, turn in enumerate(turns):
        _turn(turn, marked=number == current and at > 0)


def _turn(turn: Sequence[Utterance], *, marked: bool) -> None:
    begin = turn[0].begin_s
    text = escape(turn_text(turn))
    with st.container(horizontal=True, vertical_alignment="top"):
        st.button(clock(begin), key=f"at-{begin}", help="Play from here", on_click=_go_to, args=(int(begin),))
        st.html(f'<div class="text">{f"<mark>{text}</mark>" if marked else text}</div>')


def _downloads(title: str, said: Sequence[Utterance]) -> None:
    name = Path(title).stem or "recording"
    with st.container(horizontal=True):
        for kind, made in (("vtt", vtt), ("srt", srt)):
            st.download_button(
                kind.upper(),
                session.exported(f"{name}.{kind}", made(said)),
                f"{name}.{kind}",
                "text/plain",
                icon=":material/download:",
                help="What was said, with its times",
            )


def _moment() -> int:
    given = st.query_params.get("t", "0")
    return int(given) if given.isdecimal() else 0


def _go_to(seconds: int) -> None:
    st.query_params["t"] = str(seconds)
