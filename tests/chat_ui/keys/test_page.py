"""The page of one's own keys."""

from __future__ import annotations

from collections.abc import Callable

from streamlit.testing.v1 import AppTest

from chat_ui.keys import page
from core.database import open_database
from core.keys import listed_keys, open_key
from core.settings import load_settings


def shown() -> None:
    from chat_ui.keys.page import page
    from core.types import User

    page(User("ana@northgate.example"))


def test_a_key_is_made_shown_once_and_revoked(workspace: object, app: Callable[[], AppTest]) -> None:
    window = AppTest.from_function(shown, default_timeout=20).run()
    window.text_input[0].set_value("notebook")
    window.button[0].click().run()
    made = window.code[0].value
    engine = open_database(load_settings())
    assert open_key(engine, made).scopes == ("search", "ask")
    window.run()
    assert not window.code
    window.button(key=f"revoke-{made.split('_')[1]}").click().run()
    assert [key.state for key in listed_keys(engine)] == ["revoked"] and not window.exception


def test_a_key_without_a_name_is_refused(workspace: object, app: Callable[[], AppTest]) -> None:
    window = AppTest.from_function(shown, default_timeout=20).run()
    window.button[0].click().run()
    assert not listed_keys(open_database(load_settings())) and not window.exception
    assert page.__doc__
