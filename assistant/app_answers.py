"""Apps within a conversation: the route, the inputs that can be read from the message, the run, and its answer."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from apps.context import Context, Evidence, Tools
from apps.inputs import InputsWrong, shown
from apps.runner import RunResult, StepState, run_app
from apps.spec import App
from assistant.app_inputs import Filled, fill_inputs
from assistant.events import Attachment, Event, Stage
from assistant.router import AppRouter, Route
from assistant.trace import Trace
from core.errors import AppError
from core.types import Answer, Citation, User

_CONVERSATIONS = 200


class AppAnswers:
    """Answers with apps where one fits; what `Assistant` asks before it answers plainly.

    Attributes:
        router: Decides; `route` below is what the page shows beside "use plain search" and "use another app".
    """

    def __init__(
        self,
        router: AppRouter,
        tools: Callable[[], Tools],
        customers: Callable[[User], Sequence[str]],
        company: str,
        finished: Callable[[RunResult, User], object] = lambda _result, _user: None,
    ) -> None:
        """Args: finished: is told of every run, for the use of each version."""
        self.router = router
        self._tools, self._customers, self._company, self._finished = tools, customers, company, finished
        self._running: OrderedDict[str, tuple[str, Mapping[str, Any]]] = OrderedDict()

    def events(
        self,
        question: str,
        user: User,
        *,
        route: str | None,
        conversation_id: str | None,
        attachments: Sequence[Attachment],
        trace: Trace,
    ) -> Iterator[Event] | None:
        """The events of the app that takes the question, ending with its Answer; None leaves it to plain answering.

        Raises:
            AppError: `route` names an app that isn't there.
        """
        running, earlier = self._running.get(conversation_id or "", ("", {}))
        if route is not None:
            chosen = Route(route, 1.0, "you chose it.")
        else:
            chosen = self.router.route(question, user, attachments=attachments, running=running)
        trace.route_reason = chosen.reason
        if chosen.target == "ask":
            return self._ask_back(chosen)
        if not chosen.app:
            return None
        app = self.router.apps.get(chosen.app)
        if app is None:
            raise AppError(f"There is no app {chosen.app!r}; choose one of {', '.join(self.router.apps)}.")
        filled = fill_inputs(app, question, attachments, self._customers(user))
        if running == app.name:
            # A follow-up keeps what was put in before, and changes what it names.
            filled = fill_inputs_again(app, filled, earlier)
        return self._answered(app, filled, chosen, user, conversation_id or "")

    def _ask_back(self, chosen: Route) -> Iterator[Event]:
        names = [name for name, _ in chosen.alternatives if name in self.router.apps]
        titles = [self.router.apps[name].title for name in names]
        yield Stage("route", chosen.reason)
        yield Answer(
            f"Which one do you mean: {', '.join(titles)}, or plain search?",
            outcome="needs_input",
            confidence=chosen.confidence,
            choices=(*(f"app:{name}" for name in names), "search"),
        )

    def _answered(self, app: App, filled: Filled, chosen: Route, user: User, conversation: str) -> Iterator[Event]:
        target = f"app:{app.name}"
        yield Stage("route", f"{app.title} ({chosen.confidence:.0%}): {chosen.reason}")
        if filled.missing:
            names = ", ".join(shown(i) for i in filled.missing)
            yield Answer(
                f"{app.title} needs: {names}.",
                outcome="needs_input",
                route=target,
                confidence=chosen.confidence,
                choices=tuple(i.name for i in filled.missing),
            )
            return
        context = Context(user, self._tools(), company=self._company)
        result: RunResult | None = None
        try:
            for event in run_app(app, filled.values, context):
                if isinstance(event, RunResult):
                    result = event
                elif event.state in ("running", "skipped", "failed"):
                    yield Stage("step", _told(event))
        except InputsWrong as error:
            yield Answer(
                str(error),
                outcome="needs_input",
                route=target,
                confidence=chosen.confidence,
                choices=tuple(dict.fromkeys(p.field for p in error.problems)),
            )
            return
        assert result is not None
        self._finished(result, user)
        if conversation:
            self._running[conversation] = (app.name, dict(filled.values))
            self._running.move_to_end(conversation)
            while len(self._running) > _CONVERSATIONS:
                self._running.popitem(last=False)
        yield _answer(result, target, chosen.confidence)


def fill_inputs_again(app: App, filled: Filled, earlier: Mapping[str, Any]) -> Filled:
    """The earlier values with the new ones in their place; only what is still missing is asked for."""
    values = {**earlier, **filled.values}
    return Filled(values, tuple(i for i in filled.missing if i.name not in values and not earlier))


def _answer(result: RunResult, target: str, confidence: float) -> Answer:
    if result.status != "completed" or not result.outputs:
        return Answer(
            result.error or "The app made no output.", outcome="no_evidence", route=target, notes=result.notes
        )
    text = result.outputs[0].text
    return Answer(
        text,
        _citations(result.evidence, text),
        route=target,
        confidence=confidence,
        notes=(*result.notes, *(f"{o.title} can be downloaded on the Apps page." for o in result.outputs if o.content)),
    )


def _citations(evidence: Sequence[Evidence], text: str) -> tuple[Citation, ...]:
    """The sources whose number stands in the text; all of them, as a whole, when it has none."""
    named = [n for n in range(1, len(evidence) + 1) if f"[{n}]" in text]
    return tuple(
        Citation(
            marker=n,
            document_id=evidence[n - 1].document_id,
            title=evidence[n - 1].title,
            url=evidence[n - 1].url,
            quote=evidence[n - 1].quote,
            begin=max(0, text.rfind("\n", 0, text.find(f"[{n}]")) + 1) if n in named else 0,
            end=text.find(f"[{n}]") if n in named else len(text),
            locator=evidence[n - 1].locator,
        )
        for n in (named or range(1, min(len(evidence), 8) + 1))
    )


def _told(state: StepState) -> str:
    return f"{state.title}: {state.detail}" if state.detail else state.title
