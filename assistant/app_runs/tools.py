"""What the steps of apps may use here: search, answers, the model, the check of its edits, the warehouse."""

from __future__ import annotations

import math
import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from functools import partial
from itertools import chain, islice
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary

from pydantic import BaseModel

from apps.accounts import ACCOUNTS_FILE, Vocabulary, load_accounts
from apps.accounts.draft import drafted
from apps.customers import Customers, CustomerScope
from apps.language import App
from apps.publish import all_apps
from apps.run import Model, Tools
from apps.run.context import Query, WritingTask
from assistant.answers.support.groundedness import unsupported_facts
from assistant.app_runs.reviewed_texts import TextReview
from assistant.ask import Assistant
from assistant.checks.guardrails import load_guardrails
from assistant.checks.personal_data import redacted
from assistant.question import SEARCH, Question
from connectors.redshift.client import Session
from connectors.redshift.connector import RedshiftSettings
from core.database import open_database
from core.errors import AppError
from core.llm import ChatModels, Spending, open_chat_models
from core.nearest import nearest
from core.settings import AnswerStyle, Settings, SourceSettings, validate
from core.text.sentences import split_sentences
from core.text.words import content_words
from core.types import Answer, Chunk, Passage, User
from retrieval.models.tokens import TokenEncoder
from retrieval.query.filters import Either, Exists, Filter, Not
from retrieval.query.index import ChunkIndex
from retrieval.query.search import Search
from retrieval.retriever import Retriever
from warehouse.ask import Warehouse

_NAME = re.compile(r"'(?:[^']|'')*'|(?<!:):([a-z_][a-z0-9_]*)")
# One step may not keep the warehouse busy for longer.
_QUERY_SECONDS = 30
# The customers of an index are looked up again after so long.
_CUSTOMERS_S = 600
# So many chunks that are nobody's tell which words of customers' names are ordinary ones; they are read each time.
_ORDINARY_CHUNKS = 5_000
# Where lines or folders say whose documents are, so many are read for it.
_OWNED_CHUNKS = 100_000
_customers: WeakKeyDictionary[ChunkIndex, tuple[float, Customers]] = WeakKeyDictionary()
_words: WeakKeyDictionary[ChunkIndex, tuple[float, Vocabulary]] = WeakKeyDictionary()


def open_tools(
    settings: Settings,
    assistant: Assistant | None,
    retriever: Retriever | None,
    warehouse: Warehouse | None = None,
) -> Tools:
    """The tools of this installation; None for the first two leaves searching steps out.

    Args:
        warehouse: The tables that steps ask in plain words.

    Raises:
        SettingsError: the Redshift source in the settings is wrong.
    """

    def answered(
        question: str, user: User, filters: Filter | None, style: AnswerStyle, scope: CustomerScope | None
    ) -> Answer:
        assert assistant is not None and retriever is not None
        # What an app asks is no question of the person's.
        unlimited = replace(assistant, limits=None)
        reader = unlimited if scope is None else unlimited.searching(_ScopedSearch(retriever, scope))
        return reader.answer(Question(question, user, filters=filters, route=SEARCH, style=style))

    models = assistant.models if assistant is not None else None
    words = partial(company_words, retriever, settings) if retriever is not None else None

    def readable(user: User) -> Sequence[str]:
        return known_customers(retriever, user, words() if words is not None else None)

    return Tools(
        search=retriever,
        answer=answered if assistant is not None else None,
        model=ModelWriter(models) if models is not None else None,
        query=_warehouse(settings),
        data=warehouse.ask if warehouse is not None else None,
        check=foreign_facts,
        review=TextReview(retriever.embedder, models, settings) if retriever is not None else None,
        redact=partial(redacted, kinds=load_guardrails(settings).redact),
        customers=partial(all_customers, retriever, settings.company, words)
        if retriever is not None and words is not None
        else None,
        readable_customers=readable,
        templates=settings.path(settings.templates_dir) if settings.templates_dir is not None else None,
        embedder=retriever.embedder if retriever is not None else None,
        documents=partial(_documents, retriever) if retriever is not None else None,
        words=words,
        app=partial(_current_app, settings),
        running=assistant.limits.app if assistant is not None and assistant.limits is not None else _unlimited,
    )


def _current_app(settings: Settings, name: str) -> App:
    """The app of that name that people use now. Raises AppError when there is none."""
    known = all_apps(settings, open_database(settings))[0]
    if name not in known:
        raise AppError(f"there is no app {name!r}; {nearest(name, list(known), 'apps')}")
    return known[name].app


def writing_model(settings: Settings) -> Model | None:
    """The configured model as steps write with it; None where none is set up."""
    models = open_chat_models(settings.llm)
    return ModelWriter(models) if models is not None else None


def _unlimited(_person: str) -> AbstractContextManager[None]:
    return nullcontext()


def charged(tools: Tools, person: str, app: str) -> Tools:
    """The tools with the model's calls counted for a person's run of an app."""
    return replace(tools, model=tools.model.charged_to(person, app)) if isinstance(tools.model, ModelWriter) else tools


def _documents(retriever: Retriever, user: User, filters: Filter | None) -> Iterator[Chunk]:
    return retriever.index.documents(user, filters)


def company_words(retriever: Retriever, settings: Settings) -> Vocabulary:
    """What this company calls the facts of its accounts: its accounts.yaml; without one, a draft made in memory.

    Raises:
        SettingsError: the file is wrong.
    """
    written = load_accounts(settings.path(Path(ACCOUNTS_FILE)))
    if written is not None:
        return Vocabulary(written)
    index = retriever.index
    since, words = _words.get(index, (-math.inf, Vocabulary()))
    if time.monotonic() - since > _CUSTOMERS_S:
        words = Vocabulary(drafted(index.chunks(), retriever.embedder, settings.company).file, drafted=True)
        _words[index] = (time.monotonic(), words)
    return words


def foreign_facts(text: str, sources: Sequence[str]) -> list[str]:
    """The numbers, dates, names and quotes of `text` that none of the sources has, and numbers that belong elsewhere.

    A report has most small numbers somewhere, so a number must stand in the lines that its sentence is about.
    """
    source = "\n".join(sources)
    lines = [(line, set(content_words(line))) for line in source.splitlines() if line.strip()]
    problems: list[str] = []
    for span in split_sentences(text):
        foreign = unsupported_facts(span.text, source)
        problems += foreign or [f"{problem} in “{span.text[:60]}”" for problem in _misplaced(span.text, lines)]
    return problems


def _misplaced(sentence: str, lines: Sequence[tuple[str, set[str]]]) -> list[str]:
    """The numbers of the sentence that aren't in the lines that share most words with it."""
    wanted = {word for word in content_words(sentence) if not word[0].isdigit()}
    shared = [(len(wanted & words), line) for line, words in lines]
    most = max((n for n, _ in shared), default=0)
    near = [line for n, line in shared if n and n >= most / 2]
    if not near:
        return []
    return [problem for problem in unsupported_facts(sentence, "\n".join(near)) if problem.startswith("the number")]


def known_customers(retriever: Retriever | None, user: User, words: Vocabulary | None = None) -> tuple[str, ...]:
    """The customers that documents which `user` may read are about, by name; `words` say which attributes tell."""
    if retriever is None:
        return ()
    words = words or Vocabulary()
    index, about = retriever.index, _about_customers(words)
    names = {name for chunk in index.documents(user, about) for name in words.customers_of(chunk)}
    # Where no document says whose it is, a list of customers does.
    lists = () if names and not words.tells_owners else index.documents(user, Not(about))
    for chunk in lists:
        parts = index.document(chunk.document_id, user) if words.tells_owners else (chunk,)
        names.update(name for part in parts for name in (*words.named_in_rows(part), words.owner_of(part)) if name)
    return tuple(sorted(names))


def _about_customers(words: Vocabulary) -> Filter:
    return Either(tuple(Exists(name) for name in words.file.metadata.customer))


def all_customers(retriever: Retriever, company: str, words: Callable[[], Vocabulary] = Vocabulary) -> Customers:
    """The customers of everything that is indexed, to keep them out of each other's texts; never to be shown."""
    index = retriever.index
    since, known = _customers.get(index, (-math.inf, Customers()))
    # A generation doesn't change once it serves; an index on a server does.
    if time.monotonic() - since > _CUSTOMERS_S:
        told = words()
        about = _about_customers(told)
        nobodys = islice(index.chunks(Not(about)), _OWNED_CHUNKS if told.tells_owners else _ORDINARY_CHUNKS)
        known = Customers.of(
            chain(index.chunks(about), nobodys),
            company,
            told.file.metadata.customer,
            told.named_in_rows,
            told.owner_of,
        )
        _customers[index] = (time.monotonic(), known)
    return known


class _ScopedSearch:
    """The search without what may not be said to a customer."""

    def __init__(self, retriever: Retriever, scope: CustomerScope) -> None:
        self._retriever, self._scope = retriever, scope

    @property
    def embedder(self) -> TokenEncoder:
        return self._retriever.embedder

    def search(self, search: Search, /) -> list[Passage]:
        return self._scope.search(self._retriever, search)

    def document(self, document_id: str, user: User, /) -> list[Chunk]:
        told = (self._scope.told(Passage(chunk, 0.0)) for chunk in self._retriever.document(document_id, user))
        return [passage.chunk for passage in told if passage is not None]


class ModelWriter(Model):
    """The configured chat model as steps see it."""

    def __init__(self, models: ChatModels, person: str = "", app: str = "") -> None:
        self._models, self._person, self._app = models, person, app

    def charged_to(self, person: str, app: str) -> ModelWriter:
        """The same, counted for a person's run of an app."""
        return ModelWriter(self._models, person, app)

    def write(self, system: str, text: str, task: WritingTask = "write") -> tuple[str, int]:
        spent = Spending(person=self._person, app=self._app)
        reply = self._models.complete(task, [("system", system), ("user", text)], spent)
        return reply, spent.input_tokens + spent.output_tokens

    def fill(self, system: str, text: str, schema: type[BaseModel]) -> tuple[BaseModel, int]:
        spent = Spending(person=self._person, app=self._app)
        value = self._models.structured("extract", [("system", system), ("user", text)], schema, spent)
        return value, spent.input_tokens + spent.output_tokens


def _warehouse(settings: Settings) -> Query | None:
    source = next((s for s in settings.sources if s.kind == "redshift"), None)
    return _asking(source, settings) if source is not None else None


def _asking(source: SourceSettings, settings: Settings) -> Query:
    login = validate(RedshiftSettings, source.model_dump(), settings.file, f"sources, {source.name}: ")
    login = login.model_copy(update={"statement_timeout_s": min(login.statement_timeout_s, _QUERY_SECONDS)})

    def ask(sql: str, values: Mapping[str, Any], limit: int) -> tuple[list[str], list[Sequence[Any]]]:
        ordered: list[Any] = []

        def placed(match: re.Match[str]) -> str:
            if match.group(1) is None:
                return match.group().replace("%", "%%")
            ordered.append(values[match.group(1)])
            return "%s"

        session = Session(login)
        try:
            columns, rows = session.rows(
                f"SELECT * FROM ({_NAME.sub(placed, sql)}) AS q LIMIT {int(limit) + 1}", ordered
            )
            found: list[Sequence[Any]] = list(rows)
        finally:
            session.close()
        if len(found) > limit:
            raise AppError(f"The query gives more than {limit:,} rows; narrow it, or raise max_rows.")
        return columns, found

    return ask
