"""Who speaks in a recording: names are given, turns moved to somebody else, and each change taken back."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from chat_ui.parts import components, session
from core import audit
from core.errors import QuestionError
from core.types import Chunk, User
from ingestion.parse.recording.names import SpeakerChange, change, changes, undo
from ingestion.parse.recording.turns import Utterance, clock, paragraphs, speakers_of, turn_text
from ingestion.recordings import KEY, recording_folder

_SOMEBODY = "somebody new"


def speaker_editor(user: User, chunk: Chunk, said: Sequence[Utterance]) -> None:
    """The form, for authors and administrators, since what they write is read by everybody who may read this."""
    folder = recording_folder(session.settings(), chunk.metadata.get(KEY))
    if folder is None or not session.is_author(user) or not speakers_of(said):
        return
    made: SpeakerChange | None = None
    with st.expander("Who speaks", icon=":material/record_voice_over:"):
        st.caption("Names show here at once, and in answers after the next `debrief sync --full` of the source.")
        made = _named(said) or _moved(user, said)
        last = changes(folder)[-1:]
        if last and st.button(f"Take back: {_told(last[0])}", icon=":material/undo:", key="undo-speaker"):
            undo(folder)
            audit.record(session.database(), user, "took back speaker", chunk.document_id, _told(last[0]))
            st.rerun()
    if made is None:
        return
    try:
        change(folder, SpeakerChange(made.speaker, made.name, user.email, made.begin_s, made.end_s))
    except QuestionError as error:
        components.state("Not changed", str(error), "warning")
        return
    audit.record(session.database(), user, "named speaker", chunk.document_id, _told(made))
    st.rerun()


def _named(said: Sequence[Utterance]) -> SpeakerChange | None:
    """What the person calls one of them; None when nothing was saved."""
    with st.form("name-speaker", border=False), st.container(horizontal=True, vertical_alignment="bottom"):
        speaker = st.selectbox("Speaker", speakers_of(said))
        name = st.text_input("Is called", max_chars=80)
        if st.form_submit_button("Name") and speaker and name.strip():
            return SpeakerChange(speaker, name, "")
    return None


def _moved(user: User, said: Sequence[Utterance]) -> SpeakerChange | None:
    """Whose turn one is that was told as another one's; None when nothing was saved."""
    turns = {f"{clock(turn[0].begin_s)} {turn_text(turn)[:60]}": turn for turn in paragraphs(said)}
    with st.form("move-turn", border=False), st.container(horizontal=True, vertical_alignment="bottom"):
        chosen = st.selectbox("Turn", list(turns))
        name = st.selectbox("Was said by", [*speakers_of(said), _SOMEBODY])
        if st.form_submit_button("Move") and chosen and name:
            turn = turns[chosen]
            taken = _new_name(said) if name == _SOMEBODY else name
            return SpeakerChange(turn[0].speaker, taken, user.email, turn[0].begin_s, turn[-1].end_s)
    return None


def _new_name(said: Sequence[Utterance]) -> str:
    """The first "Speaker n" that nobody is called."""
    taken = set(speakers_of(said))
    return next(name for n in range(1, len(taken) + 2) if (name := f"Speaker {n}") not in taken)


def _told(made: SpeakerChange) -> str:
    where = f" at {clock(made.begin_s)}" if made.begin_s is not None else ""
    return f"{made.speaker}{where} → {made.name}"
