"""The editor of a settings file: checked as it is typed, saved over what the person began with, every version kept."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import streamlit as st

from apps.publish.versions import difference
from chat_ui.parts import components, session
from core import audit
from core.errors import DebriefError
from core.kept_file import FileVersion, KeptFile
from core.types import User

SAVED = "Every question from now on goes by it; what it replaced is kept below."


@dataclass(frozen=True, slots=True)
class EditorForm:
    """A form that changes the file's text, in a tab before the YAML.

    Attributes:
        draw: Takes the text and what to do with another one.
    """

    title: str
    draw: Callable[[str, Callable[[str], None]], None]


@dataclass(frozen=True, slots=True)
class FileEditor:
    """One file's editor on a page.

    Attributes:
        name: Of its widgets and of the audit's action: "changed weights".
        summary: One sentence about a right text. Raises a DebriefError when the text is wrong.
        hint: What stands below the text.
        loss: Given the saved and the new text, what saving would lose, in a sentence; then it is asked once more.
    """

    name: str
    file: KeptFile
    summary: Callable[[str], str]
    hint: str
    form: EditorForm | None = None
    loss: Callable[[str, str], str] | None = None

    def draw(self, user: User) -> tuple[str, str] | None:
        """Draws the text and its buttons; (the text as it is saved, as it stands), or None if it can't be read.

        The second is the saved text while what stands there is wrong.
        """
        try:
            there = self.file.read()
        except DebriefError as error:
            components.error_state(error)
            return None
        self._begin(there)
        read = self._read_key
        text = self._text()
        # Streamlit forgets a field that a run doesn't draw, as when another tab is open.
        st.session_state[f"{self.name}-draft"] = text
        st.caption(self.hint)
        right = True
        try:
            components.state("The file is right", self.summary(text))
        except DebriefError as error:
            right = False
            components.state("Not right yet", str(error), "error")
        if there != st.session_state[read]:
            components.state("The file has been changed meanwhile", "Read it anew before you save.", "warning")
        changed = text != st.session_state[read]
        with st.container(horizontal=True):
            ready = changed and right
            if st.button("Save", type="primary", disabled=not ready, key=f"{self.name}-save"):
                self._ask_or_save(user)
            st.button("Read the file anew", on_click=self._reload, key=f"{self.name}-reload")
        self._asked(text, user)
        said = st.session_state.pop(self._said_key, None)
        if isinstance(said, Exception):
            components.error_state(said)
        elif said:
            components.state("Saved", said)
        return st.session_state[read], text if right else st.session_state[read]

    def _text(self) -> str:
        """Draws the text as it is typed, and the form before it, if there is one; the text."""
        if self.form is None:
            return self._area()
        form, yaml = st.tabs([self.form.title, "YAML"])
        with yaml:
            text = self._area()
        with form:
            self.form.draw(text, self._put)
        return text

    def _area(self) -> str:
        with st.container(key=f"editor-{self.name}"):
            return st.text_area(self.file.path.name, key=self._text_key, height=330, help="Ctrl+Enter checks it")

    def _put(self, text: str) -> None:
        st.session_state[self._text_key] = text

    def _ask_or_save(self, user: User) -> None:
        """Saves the text, or keeps what would be lost, to be asked for."""
        text, before = st.session_state[self._text_key], st.session_state[self._read_key]
        loss = self.loss(before, text) if self.loss is not None else ""
        if loss:
            st.session_state[self._loss_key] = (text, loss)
            return
        self._save(user)
        st.rerun()

    def _asked(self, text: str, user: User) -> None:
        """What saving this text would lose, and whether it is to be saved all the same."""
        asked, loss = st.session_state.get(self._loss_key, ("", ""))
        if not loss or asked != text or text == st.session_state[self._read_key]:
            return
        components.state("It isn't saved yet", loss, "warning")
        st.button("Save it all the same", on_click=self._save, args=(user,), key=f"{self.name}-save-loss")

    def versions(self) -> None:
        """Draws what was kept, what differs from the editor, and the way back."""
        found = self.file.kept(session.database())
        if not found:
            return
        st.header("Versions")
        version = st.selectbox("Version", found, format_func=_label, key=f"{self.name}-version", width=420)
        changes = difference(version.text, st.session_state[self._text_key], ("that version", "the editor"))
        if changes:
            components.diff(changes, "Changes since that version")
        else:
            st.caption("The same as in the editor.")
        st.button(
            "Put it into the editor",
            on_click=self._restore,
            args=(version,),
            disabled=not changes,
            key=f"{self.name}-restore",
        )

    @property
    def _text_key(self) -> str:
        return f"{self.name}-text"

    @property
    def _read_key(self) -> str:
        return f"{self.name}-read"

    @property
    def _loss_key(self) -> str:
        return f"{self.name}-loss"

    @property
    def _said_key(self) -> str:
        return f"{self.name}-said"

    def _begin(self, there: str) -> None:
        """What the editor begins with: what was typed before, else the file as it is now."""
        state, read = st.session_state, self._read_key
        draft = state.get(self._text_key, state.get(f"{self.name}-draft"))
        if read not in state or draft == state[read]:
            draft = state[read] = there
        state[self._text_key] = draft

    def _save(self, user: User) -> None:
        text, before = st.session_state[self._text_key], st.session_state[self._read_key]
        try:
            version = self.file.save(session.database(), text, before, user)
        except DebriefError as error:
            st.session_state[self._said_key] = error
            return
        lines = difference(before, text, ("before", "after")).splitlines()[2:]
        detail = " ".join(line for line in lines if line.startswith(("+", "-")))
        action = f"changed {self.name}"
        entry = f"{version.digest[:12]} {detail}"[:2_000]
        audit.record(session.database(), user, action, self.file.path.name, entry)
        st.session_state[self._read_key] = text
        st.session_state[self._said_key] = SAVED

    def _reload(self) -> None:
        try:
            st.session_state[self._text_key] = st.session_state[self._read_key] = self.file.read()
        except DebriefError as error:
            st.session_state[self._said_key] = error

    def _restore(self, version: FileVersion) -> None:
        st.session_state[self._text_key] = version.text


def _label(version: FileVersion) -> str:
    return f"{version.kept_at:%Y-%m-%d %H:%M} UTC · {version.user or 'found in the file'}"
