"""The page of a recording: at its moment, for who may read it."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from chat_ui.parts.played import address, played, seconds
from core.types import Answer, Chunk, Citation, Passage, User

KEY = "0" * 32
CHUNK = Chunk(
    "c1", "files:call.ogg", 0, "We agreed on Friday.", locator="00:01:05", title="Call with the board", url="file:///x/call.ogg",
    allow=frozenset({"user:ana@northgate.example"}), metadata={"recording": KEY, "medium": "audio", "duration": "00:02:00"},
)  # fmt: skip


class OneCall:
    """A retriever over one recording."""

    def document(self, document_id: str, user: User, /) -> list[Chunk]:
        return [CHUNK] if document_id == CHUNK.document_id and CHUNK.allow & user.principals() else []


def shown(email: str, document: str, t: str) -> None:
    import streamlit as st

    from chat_ui.recording.page import page
    from core.types import User

    st.query_params.update({"document": document, "t": t})
    page(User(email))


@pytest.fixture
def kept(workspace: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr("chat_ui.parts.session.open_retriever", lambda settings: OneCall())
    folder = workspace / "data" / "recordings" / KEY
    folder.mkdir(parents=True)
    (folder / "media.ogg").write_bytes(b"OggS" + b"\0" * 100)
    said = [[0.0, 4.0, "Good morning.", "Speaker 1"], [65.0, 68.0, "We agreed <b>on</b> Friday.", "Speaker 2"]]
    (folder / "whole").write_text(json.dumps(said))
    return folder


def _window(email: str, document: str = "files:call.ogg", t: str = "65") -> AppTest:
    return AppTest.from_function(shown, default_timeout=20, args=(email, document, t)).run()


def test_the_recording_stands_beside_what_was_said(kept: Path) -> None:
    window = _window("ana@northgate.example")
    assert not window.exception and window.title[0].value == "Call with the board"
    assert len(window.get("audio")) == 1
    html = " ".join(element.proto.body for element in window.get("html"))
    assert "&lt;b&gt;on&lt;/b&gt;" in html and "<b>on" not in html
    assert [button.label for button in window.button] == ["00:00:00", "00:01:05"]
    assert "Speaker 2: We agreed" in html


@pytest.mark.parametrize("document", ["files:call.ogg", "files:other.ogg", ""])
def test_who_may_not_read_it_sees_nothing_of_it(kept: Path, document: str) -> None:
    window = _window("ben@northgate.example", document)
    assert not window.exception and not window.get("audio") and not window.title
    assert "no recording here for you" in " ".join(element.proto.body for element in window.get("html"))


def test_a_recording_that_is_gone_is_told(kept: Path) -> None:
    (kept / "media.ogg").unlink()
    window = _window("ana@northgate.example", t="x")
    assert not window.exception and not window.get("audio")
    (kept / "whole").unlink()
    assert not _window("ana@northgate.example").exception


def test_citations_of_recordings_open_the_player() -> None:
    citation = Citation(1, "files:call.ogg", "Call", "file:///x", "We agreed", 0, 9, "c1", None, "00:01:05")
    other = Citation(2, "files:a.pdf", "A", "https://docs.example/a", "x", 0, 1)
    answer = played(Answer("We agreed. [1]", (citation, other), passages=(Passage(CHUNK, 1.0),)))
    assert [c.url for c in answer.citations] == ["recording?document=files%3Acall.ogg&t=65", "https://docs.example/a"]
    assert address("a b", 3) == "recording?document=a+b&t=3" and seconds("page 3") == 0


def test_an_author_names_who_speaks_and_takes_it_back(kept: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert not _window("ana@northgate.example").get("expander"), "who only reads changes nothing"
    monkeypatch.setattr("chat_ui.parts.session.is_author", lambda user: True)
    window = _window("ana@northgate.example")
    window.text_input[0].set_value("Mia Berg")
    window = next(b for b in window.button if b.label == "Name").click().run()
    assert "Mia Berg: Good morning." in " ".join(element.proto.body for element in window.get("html"))
    window = next(b for b in window.button if b.label.startswith("Take back")).click().run()
    assert "Speaker 1: Good morning." in " ".join(element.proto.body for element in window.get("html"))


def test_what_was_found_is_shown_with_its_box(kept: Path, tmp_path: Path) -> None:
    pytest.importorskip("av")
    from samples.spoken import RATE, write

    (kept / "media.ogg").unlink()
    write(kept / "media.mp4", np.zeros(3 * RATE, np.int16), picture=True)
    one = {"label": "switch", "confidence": 0.8, "track": 1, "x": 10, "y": 10, "width": 50, "height": 40}
    result = {
        "video": {"file": "call.mp4", "seconds": 3.0, "width": 320, "height": 180}, "detector": "x", "every_s": 1.0,
        "fields": {"rack": {"kind": "objects", "level": "frame", "values": [{"at_s": 2.0, "objects": [one]}]}},
    }  # fmt: skip
    (kept / "seen-shelf.json").write_text(json.dumps(result))
    window = _window("ana@northgate.example", t="0")
    assert not window.exception and len(window.get("image")) == 1
    assert window.dataframe[0].value["label"].to_list() == ["switch"]
    window = window.text_input(key="find-object").set_value("a zebra").run()
    assert not window.exception and not window.get("image")
    window = window.text_input(key="find-object").set_value("where is the red switch?").run()
    assert window.selectbox[0].options == ["00:00:02 switch (80%)"] and len(window.get("image")) == 1
