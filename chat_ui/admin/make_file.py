"""A file of rules that isn't there yet: made beside the settings, which name it from then on."""

from __future__ import annotations

import streamlit as st

from chat_ui.parts import components, session
from core.errors import DebriefError, SettingsError
from core.settings_text import with_value
from core.types import User


def make_file(setting: str, name: str, text: str, user: User) -> None:
    """The button that makes the file and writes its name into the settings.

    Args:
        setting: With dots: "retrieval.weights_file".
        name: Of the file, in the folder of the settings.
    """
    said = f"{name}-said"
    if error := st.session_state.pop(said, None):
        components.error_state(error)
    st.button(f"Make {name}", type="primary", on_click=_make, args=(setting, name, text, user, said))


def _make(setting: str, name: str, text: str, user: User, said: str) -> None:
    from connectors.source_edit import SettingsEdit, save, settings_file

    settings = session.settings()
    path = settings.root / name
    try:
        if not path.exists():
            path.write_text(text, encoding="utf-8")
        before = settings_file(settings.file).read()
        changed = with_value(before, tuple(setting.split(".")), name)
        save(session.database(), settings.file, SettingsEdit(before, changed, "changed settings", setting), user)
    except DebriefError as error:
        st.session_state[said] = error
    except OSError as error:
        st.session_state[said] = SettingsError(f"{path} can't be written ({error.strerror}); make it writable.")
