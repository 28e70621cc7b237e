"""A conversation's results as their owner has changed them: the editor in their place, and the versions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import streamlit as st

from assistant.edited_results import NO_MODEL
from assistant.records.versions import Version
from chat_ui.parts import components, session
from chat_ui.parts.changes import WISHES, changed
from chat_ui.parts.result_editor import result_editor
from core.errors import DebriefError, QuestionError
from core.types import User


@dataclass(frozen=True)
class Edits:
    """The versions of one turn's results.

    Attributes:
        ordinal: The turn's place in the conversation; None while it isn't stored.
        versions: Output, or "" for an answer → its versions, the oldest first.
        key: Unique on the page.
        quotes: The words of the passages that the results rest on.
    """

    conversation_id: str
    ordinal: int | None
    versions: Mapping[str, Sequence[Version]]
    key: str
    user: User
    quotes: Sequence[str] = ()

    def shown(self, output: str, original: str) -> str:
        """The text of the version that is chosen, the last one unless the person looks at another."""
        made = self.versions.get(output, ())
        number = st.session_state.get(self._chosen(output))
        if number == 0 or not made:
            return original
        return next((version.text for version in made if version.number == number), made[-1].text)

    def editing(self, output: str, text: str) -> bool:
        """Draws the editor, if the person has asked for it; whether they have."""
        if not st.session_state.get(self._open(output)):
            return False
        result_editor(
            text,
            f"{self.key}-{output}-editor-{len(self.versions.get(output, ()))}",
            lambda changed: self._save(output, text, changed),
            lambda: self._toggle(output, False),
        )
        return True

    def buttons(self, output: str, text: str) -> None:
        """The buttons that change the text, by hand or in words, and a choice of versions where there are some."""
        st.button(
            "Edit",
            key=f"{self.key}-{output}-edit",
            type="tertiary",
            icon=":material/edit:",
            on_click=self._toggle,
            args=(output, True),
            help="Change words, list items and cells where they stand; each version is kept",
        )
        with st.popover("Change", type="tertiary", key=f"{self.key}-{output}-change"):
            self._change(output, text)
        made = self.versions.get(output, ())
        if made:
            names = {0: "As it was answered"} | {v.number: f"{v.number}: {components.local(v.made_at)}" for v in made}
            with st.popover(f"Edited · {len(made)}", type="tertiary", key=f"{self.key}-{output}-versions"):
                st.selectbox("Version", list(names), len(made), format_func=names.__getitem__, key=self._chosen(output))

    def _change(self, output: str, text: str) -> None:
        if not session.settings().llm.model:
            st.caption(NO_MODEL)
            return
        with st.form(f"{self.key}-{output}-wish-form", border=False):
            chosen = st.pills("Change it", WISHES, key=f"{self.key}-{output}-wish")
            said = st.text_input("Or say how", key=f"{self.key}-{output}-words", placeholder="Leave out the prices")
            if not st.form_submit_button("Change", type="primary"):
                return
        try:
            with st.spinner("Changing it; every fact is compared with the text"):
                made, remarks = changed(text, said or chosen or "", self.quotes, self.user)
        except DebriefError as error:
            components.error_state(error)
            return
        self._save(output, text, made)
        for remark in remarks:
            st.toast(remark)
        if made.strip() == text.strip():
            components.state("Nothing was changed", " ".join(remarks) or "The model gave the text as it was.")
        else:
            st.rerun()

    def _save(self, output: str, before: str, text: str) -> None:
        self._toggle(output, False)
        if text.strip() == before.strip() or self.ordinal is None:
            return
        try:
            # Another window may have deleted the conversation meanwhile.
            if session.conversations().last_change(self.conversation_id, self.user) is not None:
                session.versions().add(self.conversation_id, self.ordinal, output, text)
                st.session_state.pop(self._chosen(output), None)
        except QuestionError as error:
            st.toast(str(error))

    def _toggle(self, output: str, opened: bool) -> None:
        st.session_state[self._open(output)] = opened

    def _open(self, output: str) -> str:
        return f"{self.key}-{output}-editing"

    def _chosen(self, output: str) -> str:
        return f"{self.key}-{output}-version"
