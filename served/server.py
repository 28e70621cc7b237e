"""What `debrief serve` serves on its one port: the pages, and the REST and MCP interfaces beside them.

streamlit run served/server.py
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from streamlit.starlette import App

import chat_ui
from chat_ui.parts import session
from chat_ui.server import KEY, page_middleware, page_routes
from service.mounted import mounted_routes
from service.parts import Parts

if TYPE_CHECKING:
    from evals.suite.process import EvaluationProcess


def _parts() -> Parts:
    """The interfaces share the pages' index, models and limits."""
    return Parts(
        session.settings,
        session.database(),
        session.assistant,
        session.retriever,
        session.parser,
        _evaluation,
        os.environ.get(KEY, ""),
    )


def _evaluation() -> EvaluationProcess:
    from chat_ui.quality.page import evaluation_process

    return evaluation_process()


app = App(
    Path(chat_ui.__file__).with_name("app.py"),
    routes=[*page_routes(), *mounted_routes(_parts)],
    middleware=page_middleware(),
)
