"""What the interfaces work with, opened when it is first needed: settings, database, search, assistant, parsers."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, TypeVar

from actions.review import Reviews, open_reviews
from apps.publish.versions import Available, available_apps
from apps.run import Tools
from assistant.app_runs import open_tools
from assistant.ask import Assistant
from assistant.followed import follow_settings, rules_stamp
from assistant.open import open_assistant
from assistant.question import Attachment
from assistant.records import Conversations
from core.database import Engine, open_database
from core.errors import AppError, IndexMissing
from core.followed import Followed
from core.nearest import nearest
from core.settings import Settings
from core.types import User
from ingestion.documents import readable_ids
from ingestion.parse import ParserPool
from retrieval.query.search import Searcher
from retrieval.retriever import Retriever, open_retriever
from warehouse.ask import Warehouse, open_warehouse

if TYPE_CHECKING:
    from evals.suite.process import EvaluationProcess

_Opened = TypeVar("_Opened")


@dataclass(frozen=True)
class Parts:
    """What every route gets. The functions open at their first call, and raise as what they open does.

    Attributes:
        following: The settings as they are now.
        evaluation: The one evaluation that this server runs.
        key: In development, what lets the person of this machine in; empty lets nobody in without a key of their own.
    """

    following: Callable[[], Settings]
    engine: Engine
    assistant: Callable[[], Assistant]
    retriever: Callable[[], Searcher]
    parser: Callable[[], ParserPool]
    evaluation: Callable[[], EvaluationProcess]
    key: str = ""

    @property
    def settings(self) -> Settings:
        """debrief.yaml: its sources, weights and guardrails as they are now, the rest as when the server began."""
        return self.following()

    def readable(self, ids: Collection[str], user: User) -> set[str]:
        """Those of the documents that the person may read now."""
        return readable_ids(self.engine, ids, user)

    def conversations(self) -> Conversations:
        """The stored conversations, each answer as its person may see it today."""
        return Conversations(self.engine, self.readable)

    def apps(self, user: User) -> dict[str, Available]:
        """The apps that the person may use, by name."""
        return dict(available_apps(self.settings, self.engine, user))

    def app(self, name: str, user: User) -> Available:
        """The app. Raises AppError: there is none that the person may use."""
        found = self.apps(user)
        if name not in found:
            raise NoSuchApp(f"There is no app {name!r} for you; {nearest(name, list(found), 'apps')}")
        return found[name]

    def tools(self) -> Tools:
        """What an app's steps may use; before the first sync those that need no index."""
        try:
            retriever = self.retriever()
        except IndexMissing:
            return open_tools(self.settings, None, None)
        assert isinstance(retriever, Retriever)
        return open_tools(self.settings, self.assistant(), retriever)

    def warehouse(self) -> Warehouse | None:
        """The company's tables; None where there are none."""
        data = self.assistant().data
        return data.warehouse if data is not None else open_warehouse(self.settings, self.engine)

    @cached_property
    def reviews(self) -> Reviews:
        """The forms for other systems. Raises SettingsError: an entry of `actions:` is wrong."""
        return open_reviews(self.settings, self.engine)

    def attachment(self, body: bytes, name: str) -> Attachment:
        """A file's text, read in a process of its own. Raises ParseError."""
        parsed = self.parser().parse(body, name)
        return Attachment(name, parsed.sections, parsed.title)


class NoSuchApp(AppError):
    """No app of this name is for this person."""


def open_parts(settings: Settings, key: str = "") -> Parts:
    """The parts of a process that serves the interfaces alone."""
    engine = open_database(settings)

    def readable(ids: Collection[str], user: User) -> set[str]:
        return readable_ids(engine, ids, user)

    following = follow_settings(settings).now

    def rules() -> tuple[object, ...]:
        return rules_stamp(following())

    retriever = Followed(rules, lambda: open_retriever(following())).now
    assistant = Followed(rules, lambda: open_assistant(following(), retriever(), readable=readable)).now
    parser = _once(lambda: ParserPool(settings.parsing))
    return Parts(following, engine, assistant, retriever, parser, _once(_evaluation), key)


def _evaluation() -> EvaluationProcess:
    # What it needs takes a while to load, which the first question shouldn't wait for.
    from evals.suite.process import EvaluationProcess

    return EvaluationProcess()


def _once(opened: Callable[[], _Opened]) -> Callable[[], _Opened]:
    """The function that opens at its first call, in one thread, and gives the same afterwards; errors aren't kept."""
    lock, cached = threading.Lock(), lru_cache(maxsize=1)(opened)

    def get() -> _Opened:
        with lock:
            return cached()

    return get
