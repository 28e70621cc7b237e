"""Puts the assistant together from the settings."""

from __future__ import annotations

import logging
from dataclasses import replace
from functools import partial

from actions.review import open_reviews
from assistant.app_runs.app_answers import open_app_answers
from assistant.app_runs.tools import charged, open_tools
from assistant.ask import Assistant
from assistant.data import DataAnswers, data_lookup
from assistant.edited_results import EditedResults
from assistant.limits import UsageLimits
from assistant.records.still_readable import Readable
from assistant.routing.router import changes_a_result
from assistant.write_back import WriteBackRequests
from core.database import Engine, open_database
from core.errors import SettingsError, SourceError
from core.llm import ChatModels, ModelUsage, open_chat_models
from core.settings import Settings
from retrieval.retriever import Retriever, open_retriever
from warehouse.ask import open_warehouse

log = logging.getLogger(__name__)


def open_assistant(
    settings: Settings,
    retriever: Retriever | None = None,
    purpose: str = "",
    readable: Readable | None = None,
) -> Assistant:
    """An assistant over the settings' current index, database and models, with the apps that there are.

    Args:
        retriever: One that is open already, to be shared.
        readable: Which of some documents a person may read now: earlier turns of a conversation are told a model, and
            taken up by a follow-up, only as far as they are readable today.
        purpose: Under what calls of models are counted instead of by person, such as "evaluation".

    Raises:
        IndexMissing: nothing has been synced yet.
        ModelError: a configured language model can't be opened.
        SettingsError: the guardrails file is missing or wrong.
    """
    engine = open_database(settings)
    models = open_chat_models(settings.llm, settings.data_path, ModelUsage(engine, purpose))
    retriever = retriever or open_retriever(settings)
    limits = None if purpose else UsageLimits(settings.limits)
    plain = Assistant.over(retriever, settings, engine=engine, models=models, readable=readable)
    plain = replace(plain, limits=limits)
    data = _data_answers(settings, models, None if purpose else engine)
    # The steps of apps ask plainly: an app doesn't run apps.
    tools = partial(open_tools, settings, plain, retriever, data.warehouse if data is not None else None)
    router = open_app_answers(settings, engine, retriever, models=models, tools=tools)
    edited = EditedResults(
        engine,
        lambda person: charged(tools(), person, "write"),
        changes_a_result,
        company=settings.company,
        readable=readable,
    )
    # What a model that plans may use besides the documents; another tool joins here.
    more = [data_lookup(data)] if data is not None else []
    able = plain.with_tools(*router.lookups(), *more)
    return replace(able, router=router, data=data, write_back=_write_back(settings), edited=edited)


def _write_back(settings: Settings) -> WriteBackRequests | None:
    """What takes orders for other systems; without it, and with a word in the log, where their settings are wrong."""
    if not settings.actions:
        return None
    try:
        return WriteBackRequests(open_reviews(settings, open_database(settings)))
    except SettingsError as error:
        log.error("actions are off: %(error)s", {"error": error})
        return None


def _data_answers(settings: Settings, models: ChatModels | None, state: Engine | None) -> DataAnswers | None:
    """Answers from the company's tables; without them, and with a word in the log, where they can't be opened."""
    try:
        warehouse = open_warehouse(settings, state)
    except (SettingsError, SourceError) as error:
        log.error("questions over data are off: %(error)s", {"error": error})
        return None
    return DataAnswers(warehouse, models) if warehouse is not None else None
