"""Apps within a conversation: the route, the inputs that can be read from the message, the run, and its answer."""

from __future__ import annotations

import math
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from apps.customers import Customers
from apps.kept import record_run
from apps.language import App
from apps.publish import all_apps
from apps.run import Context, InputsWrong, Tools
from apps.run.inputs import shown
from apps.runner import RunResult, StepState, may_use, run_app
from assistant.accounts.answers import RecordAnswers
from assistant.accounts.lookup import account_tool
from assistant.accounts.owners import Owners
from assistant.acts import is_order, only_needs
from assistant.app_runs.answered import answer_of, on_files
from assistant.app_runs.indexed_inputs import IndexedFiles, chosen_files, file_inputs, filled_with
from assistant.app_runs.inputs import Filled, fill_inputs, with_values
from assistant.app_runs.tools import all_customers, charged, company_words, known_customers
from assistant.events import Event, Stage
from assistant.planning import Tool
from assistant.question import Question
from assistant.records.running import RunningApps
from assistant.records.trace import Trace
from assistant.routing.glossary import likely_language
from assistant.routing.router import AppRouter, Route
from core.errors import AppError
from core.llm import ChatModels
from core.nearest import nearest
from core.settings import Settings
from core.types import Answer, Chunk, Principal, User
from retrieval.models import Embedder
from retrieval.retriever import Retriever

# People who may read the same share one list of customers; so many lists are kept.
_READERS = 200
# A message that is a question goes to an app only from this confidence on; below it, the app is offered.
_SURE_OF_QUESTION = 0.8
# "I need a letter" orders one from this confidence on: of nine that want an app's work none was below .84, of seven
# that want something else none went to an app above .57.
_SURE_OF_NEED = 0.7
# An app that is this probable is offered beside an answer.
_OFFERED = 0.3
_CUSTOMERS_S = 600
_NOTHING_CHANGED = (
    "“{wish}” changes nothing that {app} asks for, so this is the result as before: edit it where it stands, or say it "
    "to “Change” below it, which needs a language model."
)
Catalogue = Callable[[], Mapping[str, App]]


class AppAnswers:
    """Answers with apps where one fits; what `Assistant` asks before it answers plainly."""

    def __init__(
        self,
        apps: Catalogue,
        embedder: Embedder,
        tools: Callable[[], Tools],
        *,
        running: RunningApps | None = None,
        models: ChatModels | None = None,
        file: Path | None = None,
        customers: Callable[[User], Sequence[str]] = lambda _user: (),
        company: str = "Debrief",
        record: Callable[[RunResult, User], str] = lambda _result, _user: "",
        records: RecordAnswers | None = None,
    ) -> None:
        """Puts the parts together; nothing is read or learned before the first message.

        Args:
            apps: Every app as it is now; asked at each message, so that a published one needs no restart.
            running: Keeps the app of each conversation; without it there are no follow-ups.
            file: Keeps what was learned of the apps' examples.
            customers: The names that a person may know of.
            record: Keeps a run; its id.
            records: Answers from records, and chooses indexed files for apps; None asks for every file.
        """
        self._apps, self._embedder, self._tools, self._models = apps, embedder, tools, models
        self._file = file
        self._customers, self._company, self._record = customers, company, record
        self._running, self._records = running, records
        self._router: AppRouter | None = None
        self._changing = threading.Lock()

    @property
    def router(self) -> AppRouter:
        """Decides where a message goes; learns anew when an app has changed."""
        apps = self._apps()
        with self._changing:
            if self._router is None or self._router.apps != apps:
                self._router = AppRouter(apps, self._embedder, self._models, self._file)
            return self._router

    def app(self, name: str) -> App:
        """The app of that name. Raises AppError when there is none."""
        return _named(self.router, name)

    def form(self, app: App, question: Question) -> Filled:
        """What of the app's form the question, its attachments and its inputs fill in, and what is left to ask for."""
        customers = self._customers(question.user) if any(i.type == "account" for i in app.inputs) else ()
        filled = fill_inputs(app, question.text, question.attachments, customers)
        return with_values(app, filled, {**_chosen_language(app, question, filled), **question.inputs})

    def events(self, question: Question, trace: Trace) -> Iterator[Event] | None:
        """The events of the app that takes the question, ending with its Answer; None leaves it to plain answering.

        Raises:
            AppError: `question.route` names an app that isn't there.
        """
        try:
            router = self.router
        except AppError as error:
            if question.route is not None:
                raise
            # A folder of apps that is gone is no reason not to answer from the documents.
            trace.notes.append(str(error))
            return None
        running, earlier = self._run_before(question)
        chosen = self._chosen(question, router, running)
        if not running or chosen.app != running:
            known = self.known(question, trace)
            if known is not None:
                return known
        trace.route_reason = chosen.reason
        asks = question.route is None and not _orders(question.text, router.apps.get(chosen.app), chosen.confidence)
        if chosen.target == "ask" and not asks:
            return self._ask_back(chosen, router)
        if not chosen.app:
            _leave_to_search(chosen, trace, f"Plain search ({chosen.confidence:.0%}): {chosen.reason}")
            return None
        app = _named(router, chosen.app)
        filled, files = self._form_from_index(app, question)
        if running == app.name:
            # A follow-up keeps what was put in before, and changes what it names.
            filled = fill_inputs_again(app, filled, earlier)
            if filled.values == earlier and not question.inputs:
                trace.remarks += (_NOTHING_CHANGED.format(wish=question.text, app=app.title),)
        elif asks and (filled.missing or chosen.confidence < _SURE_OF_QUESTION):
            # A question never ends in a form: it is searched for, and the app is offered beside the answer.
            _leave_to_search(
                chosen, trace, f"Plain search: {app.title} could do more with it, and nothing was ordered."
            )
            return None
        else:
            filled = with_values(app, filled, _asked_language(app, question, filled))
        return self._answered(app, filled, chosen, question, files)

    def known(self, question: Question, trace: Trace) -> Iterator[Event] | None:
        """The events of an answer from records or indexed reports; None leaves the question to apps and the search."""
        if self._records is None or question.route is not None or question.attachments:
            return None
        return self._records.events(question, trace, self._run_on_documents)

    def lookups(self) -> list[Tool]:
        """The tools by which a model that plans asks the records; none without records."""
        return [account_tool(self._records)] if self._records is not None else []

    def _run_on_documents(
        self, kind: str, documents: Sequence[Sequence[Chunk]], question: Question
    ) -> Iterator[Event] | None:
        """The events of the app that takes such documents, over these; None when there is no such app."""
        router = self.router
        chosen = self._chosen(question, router, "")
        ranked = [chosen.app, *(name for name, _ in chosen.alternatives), *router.apps]
        taking = (router.apps[n] for n in ranked if n in router.apps and may_use(router.apps[n], question.user))
        app = next((a for a in taking if file_inputs(a, kind)), None)
        files = filled_with(app, kind, documents) if app is not None else IndexedFiles()
        if app is None or not files.values:
            return None
        filled = with_values(app, self.form(app, question), {**_own_language(app, question), **files.values})
        if filled.missing:
            return None
        route = Route(f"app:{app.name}", 1.0, "it works on documents that are indexed.")
        return self._answered(app, filled, route, question, files)

    def _form_from_index(self, app: App, question: Question) -> tuple[Filled, IndexedFiles]:
        """The form, with files from the index where the message means some and brings none."""
        filled = self.form(app, question)
        material = [i.name for i in app.inputs if i.type in ("file", "files", "long_text")]
        if self._records is None or question.attachments or any(name in filled.values for name in material):
            return filled, IndexedFiles()
        asked, known = self._records.read(question)
        files = chosen_files(app, asked, known)
        return with_values(app, filled, files.values), files

    def _run_before(self, question: Question) -> tuple[str, Mapping[str, Any]]:
        """(The app that runs in the conversation, what was put in); empty when there is none."""
        if question.conversation_id and self._running is not None:
            return self._running.of(question.conversation_id)
        return "", {}

    def _chosen(self, question: Question, router: AppRouter, running: str) -> Route:
        if question.route is not None:
            return Route(question.route, 1.0, "you chose it.")
        return router.route(
            question.text,
            question.user,
            attachments=question.attachments,
            running=running,
            customers=self._customers(question.user),
        )

    def _ask_back(self, chosen: Route, router: AppRouter) -> Iterator[Event]:
        names = [name for name, _ in chosen.alternatives]
        titles = [router.apps[name].title for name in names]
        yield Stage("route", chosen.reason)
        yield Answer(
            f"Did you mean: {', '.join(titles)}, or plain search?",
            outcome="needs_input",
            confidence=chosen.confidence,
            choices=(*(f"app:{name}" for name in names), "search"),
        )

    def _answered(
        self, app: App, filled: Filled, chosen: Route, question: Question, files: IndexedFiles
    ) -> Iterator[Event]:
        target = f"app:{app.name}"
        yield Stage("route", f"{app.title} ({chosen.confidence:.0%}): {chosen.reason}")
        if filled.missing:
            names = ", ".join(shown(i) for i in filled.missing)
            text = f"{app.title} needs: {names}."
            yield _needs(text, target, chosen.confidence, [i.name for i in filled.missing])
            return
        tools = charged(self._tools(), question.user.email, app.name)
        context = Context(question.user, tools, company=self._company)
        result: RunResult | None = None
        try:
            for event in run_app(app, filled.values, context):
                if isinstance(event, RunResult):
                    result = event
                elif event.state in ("running", "skipped", "failed"):
                    yield Stage("step", _told(event))
        except InputsWrong as error:
            yield _needs(str(error), target, chosen.confidence, [p.field for p in error.problems])
            return
        assert result is not None
        if question.conversation_id and self._running is not None:
            self._running.keep(question.conversation_id, app.name, filled.values)
        answer = answer_of(result, target, chosen.confidence)
        yield replace(on_files(answer, files, question), run=self._record(result, question.user))


def _own_language(app: App, question: Question) -> Mapping[str, str]:
    """The language that the question is in, where the form asks for one and English isn't it."""
    own = question.language or likely_language(question.text)
    item = next((i for i in app.inputs if i.type == "language"), None)
    return {item.name: own} if item and own != "en" and own in (item.choices or (own,)) else {}


def _chosen_language(app: App, question: Question, filled: Filled) -> Mapping[str, str]:
    """The language that the person chose beside a result, where the form asks for one and the message names none."""
    item = next((i for i in app.inputs if i.type == "language"), None)
    chosen = question.language
    fits = item is not None and chosen and item.name not in filled.values and chosen in (item.choices or (chosen,))
    return {item.name: chosen} if item is not None and fits else {}


def _asked_language(app: App, question: Question, filled: Filled) -> Mapping[str, str]:
    """The asker's language, for a paper about a customer that isn't for the customer."""
    about = any(i.type == "account" for i in app.inputs)
    if not about or any(step.values.get("for_customer") for step in app.steps):
        return {}
    return _chosen_language(
        app, replace(question, language=question.language or likely_language(question.text)), filled
    )


def _orders(message: str, app: App | None, sure: float) -> bool:
    """Whether the message orders work, by a verb or by naming the app."""
    if app is not None and app.title.casefold() in message.casefold():
        return True
    return is_order(message) and (sure >= _SURE_OF_NEED or not only_needs(message))


def _leave_to_search(chosen: Route, trace: Trace, reason: str) -> None:
    """Leaves the question to plain answering, which offers the apps that could have taken it."""
    likely = [chosen.app] if chosen.app else [name for name, sure in chosen.alternatives if sure >= _OFFERED]
    trace.route_reason, trace.offers = reason, tuple(f"app:{name}" for name in likely[:2])


def _needs(text: str, target: str, confidence: float, fields: Iterable[str]) -> Answer:
    choices = tuple(dict.fromkeys(fields))
    return Answer(text, outcome="needs_input", route=target, confidence=confidence, choices=choices)


def _named(router: AppRouter, name: str) -> App:
    if name not in router.apps:
        raise AppError(f"There is no app {name!r}; {nearest(name, list(router.apps), 'apps')}")
    return router.apps[name]


def open_app_answers(
    settings: Settings,
    engine: sa.Engine,
    retriever: Retriever,
    *,
    models: ChatModels | None,
    tools: Callable[[], Tools],
) -> AppAnswers:
    """The apps of this installation, each as its published version or else as its file. Every run is counted."""
    customers = _Customers(retriever, settings)
    return AppAnswers(
        lambda: {name: item.app for name, item in all_apps(settings, engine)[0].items()},
        retriever.embedder,
        tools,
        running=RunningApps(engine),
        models=models,
        file=settings.data_path / "router.npz",
        customers=customers,
        company=settings.company,
        record=partial(record_run, engine),
        records=RecordAnswers(retriever, customers, owners=partial(_owners, retriever, settings)),
    )


def _owners(retriever: Retriever, settings: Settings) -> Owners:
    """Whose documents are, as this company says it; all of them are read only where lines or folders say it."""
    words = company_words(retriever, settings)
    known = all_customers(retriever, settings.company, lambda: words) if words.tells_owners else Customers()
    return Owners(words, known)


class _Customers:
    """The customers that a person may know of, looked up every ten minutes; shared by people who may read the same."""

    def __init__(self, retriever: Retriever, settings: Settings) -> None:
        self._retriever, self._settings = retriever, settings
        self._known: OrderedDict[frozenset[Principal], tuple[float, tuple[str, ...]]] = OrderedDict()

    def __call__(self, user: User) -> tuple[str, ...]:
        readers, now = frozenset(user.principals()), time.monotonic()
        since, names = self._known.get(readers, (-math.inf, ()))
        if now - since > _CUSTOMERS_S:
            names = known_customers(self._retriever, user, company_words(self._retriever, self._settings))
            self._known[readers] = (now, names)
            while len(self._known) > _READERS:
                self._known.popitem(last=False)
        return names


def fill_inputs_again(app: App, filled: Filled, earlier: Mapping[str, Any]) -> Filled:
    """The earlier values with the new ones in their place; only what is still missing is asked for."""
    values = {**earlier, **filled.values}
    return Filled(values, tuple(i for i in filled.missing if i.name not in values and not earlier))


def _told(state: StepState) -> str:
    return f"{state.title}: {state.detail}" if state.detail else state.title
