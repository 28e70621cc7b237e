"""What was found in a recording's pictures: searched, opened at its second, with the box drawn."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import streamlit as st

from chat_ui.parts import components, session
from core.errors import DebriefError
from core.types import Chunk
from ingestion.parse.recording.turns import clock
from ingestion.recordings import KEY, media_file, recording_folder
from ingestion.seen import seen
from vision.drawn import annotated
from vision.uses import objects, placement, search
from vision.video import Video

_MOST = 200


def seen_objects(chunk: Chunk) -> None:
    """The objects of all results; nothing where nobody has looked for any."""
    key = chunk.metadata.get(KEY)
    folder, media = recording_folder(session.settings(), key), media_file(session.settings(), key)
    results = seen(folder) if folder is not None else {}
    if not results or media is None:
        return
    with st.expander("What is seen", icon=":material/visibility:"):
        name = st.selectbox("Blueprint", list(results)) if len(results) > 1 else next(iter(results))
        result = results[name]
        wanted = st.text_input("Find an object", placeholder="the rack with the red switch", key="find-object")
        rows = search(result, wanted) if wanted.strip() else _all(result)
        if not rows:
            components.state("Not found", f"Nothing of that was found by {result['detector']}.", "empty")
            return
        shown = {f"{clock(row['at_s'])} {row['label']} ({row['confidence']:.0%})": row for row in rows[:_MOST]}
        chosen = shown[st.selectbox("Object", list(shown)) or next(iter(shown))]
        try:
            st.image(_picture(str(media), chosen), caption=chosen["label"])
        except DebriefError as error:
            components.state("No picture", str(error), "warning")
        st.button("Play from here", key="play-object", on_click=_go_to, args=(int(chosen["at_s"]),))
        if rows := placement(result):
            st.dataframe(rows, hide_index=True)


def _all(result: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"field": name, **one, "at_s": at} for name, at, one in objects(result)]


@st.cache_data(max_entries=20, show_spinner="Drawing the picture")
def _picture(media: str, chosen: dict[str, Any]) -> bytes:
    """The picture at the object's moment with its box."""
    with Video(Path(media)) as video:
        return annotated(video.frame(float(chosen["at_s"])), [chosen])


def _go_to(seconds: int) -> None:
    st.query_params["t"] = str(seconds)
