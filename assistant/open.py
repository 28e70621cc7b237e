"""Puts the assistant together from the settings."""

from __future__ import annotations

from functools import partial

from assistant.app_runs import open_app_answers, open_tools
from assistant.app_runs.app_answers import Finished
from assistant.ask import Assistant
from core.database import open_database
from core.llm import open_chat_models
from core.settings import Settings
from retrieval.retriever import Retriever, open_retriever


def open_assistant(
    settings: Settings, finished: Finished = lambda _result, _user: None, retriever: Retriever | None = None
) -> Assistant:
    """An assistant over the settings' current index, database and models, with the apps that there are.

    Args:
        finished: Is told of every app's run that ends a question.
        retriever: One that is open already, to be shared.

    Raises:
        IndexMissing: nothing has been synced yet.
        ModelError: a configured language model can't be opened.
        SettingsError: the guardrails file is missing or wrong.
    """
    models = open_chat_models(settings.llm)
    retriever, engine = retriever or open_retriever(settings), open_database(settings)
    assistant = Assistant(retriever, settings, engine=engine, models=models)
    tools = partial(open_tools, settings, assistant, retriever)
    assistant.router = open_app_answers(settings, engine, retriever, models=models, tools=tools, finished=finished)
    return assistant
