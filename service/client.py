"""A client of the REST interface, for programs and tests: typed, for threads and for asyncio.

    with Debrief("https://debrief.example.com", key) as debrief:
        answer = debrief.ask("What does the premium plan cost?")
        for event in debrief.stream("And how often is it billed?", conversation=answer.conversation): ...

    async with AsyncDebrief(url, key) as debrief:
        answer = await debrief.ask("…")

What is refused raises `Refused`, with the sentence and the status.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from types import TracebackType
from typing import Any, Self

import httpx
from pydantic import BaseModel

from core.errors import DebriefError
from core.types import Answer, Citation
from service import models as m
from service.calls import Call, Given, asking, asking_data, running, searching

Event = m.StageOut | m.SentenceOut | m.AnswerOut | m.StepOut | m.RunOut
_EVENTS: Mapping[str, type[BaseModel]] = {
    "stage": m.StageOut, "sentence": m.SentenceOut, "answer": m.AnswerOut, "step": m.StepOut, "run": m.RunOut,
}  # fmt: skip
_TIMEOUT_S = 120.0


class Refused(DebriefError):
    """The server said no; `status` is HTTP's."""

    def __init__(self, status: int, detail: str) -> None:
        super().__init__(detail)
        self.status = status


class Debrief:
    """A client for threads."""

    def __init__(self, url: str, key: str, person: str = "", client: httpx.Client | None = None) -> None:
        """Args:
        key: A token or an API key.
        person: With a service key, for whom.
        """
        self._client = client or httpx.Client(timeout=_TIMEOUT_S)
        self._client.base_url, self._client.headers = _base(url), httpx.Headers(_headers(key, person))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._client.close()

    def send(self, call: Call[Given]) -> Given:
        """What the call gives. Raises Refused."""
        return _given(call, self._client.send(call.request(self._client)))

    def ask(self, question: str, **more: Any) -> m.AnswerOut:
        """An answer; `more` as `models.Ask`. Raises Refused."""
        return self.send(asking(question, **more))

    def stream(self, question: str, **more: Any) -> Iterator[Event]:
        """Stages, checked sentences and last the answer, as they come. Raises Refused."""
        call = asking(question, **more)
        answer = self._client.send(call.request(self._client, "text/event-stream"), stream=True)
        try:
            if answer.is_error:
                answer.read()
            _check(answer)
            yield from _events(answer.iter_lines())
        finally:
            answer.close()

    def search(self, question: str, **more: Any) -> list[m.PassageOut]:
        """Passages, best first; `more` as `models.Search`. Raises Refused."""
        return self.send(searching(question, **more)).passages

    def run(self, app: str, inputs: Mapping[str, Any], *, once: str = "") -> m.RunOut:
        """What a run of an app gives. Raises Refused."""
        return self.send(running(app, inputs, once=once))

    def ask_data(self, question: str, query: dict[str, Any] | None = None) -> m.DataOut:
        """Rows for a question over tables. Raises Refused."""
        return self.send(asking_data(question, query))

    def file(self, run: str, output: str) -> bytes:
        """The bytes of a file that a run made. Raises Refused."""
        answer = self._client.get(f"runs/{run}/files/{output}")
        _check(answer)
        return answer.content

    def forget(self, conversation: str) -> None:
        """Deletes the conversation. Raises Refused."""
        _check(self._client.delete(f"conversations/{conversation}"))


class AsyncDebrief:
    """A client for asyncio."""

    def __init__(self, url: str, key: str, person: str = "", client: httpx.AsyncClient | None = None) -> None:
        """Arguments as `Debrief`."""
        self._client = client or httpx.AsyncClient(timeout=_TIMEOUT_S)
        self._client.base_url, self._client.headers = _base(url), httpx.Headers(_headers(key, person))

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        await self._client.aclose()

    async def send(self, call: Call[Given]) -> Given:
        """What the call gives. Raises Refused."""
        return _given(call, await self._client.send(call.request(self._client)))

    async def ask(self, question: str, **more: Any) -> m.AnswerOut:
        """An answer; `more` as `models.Ask`. Raises Refused."""
        return await self.send(asking(question, **more))

    async def search(self, question: str, **more: Any) -> list[m.PassageOut]:
        """Passages, best first; `more` as `models.Search`. Raises Refused."""
        return (await self.send(searching(question, **more))).passages

    async def run(self, app: str, inputs: Mapping[str, Any], *, once: str = "") -> m.RunOut:
        """What a run of an app gives. Raises Refused."""
        return await self.send(running(app, inputs, once=once))

    async def ask_data(self, question: str, query: dict[str, Any] | None = None) -> m.DataOut:
        """Rows for a question over tables. Raises Refused."""
        return await self.send(asking_data(question, query))

    async def forget(self, conversation: str) -> None:
        """Deletes the conversation. Raises Refused."""
        _check(await self._client.delete(f"conversations/{conversation}"))

    async def file(self, run: str, output: str) -> bytes:
        """The bytes of a file that a run made. Raises Refused."""
        answer = await self._client.get(f"runs/{run}/files/{output}")
        _check(answer)
        return answer.content

    async def stream(self, question: str, **more: Any) -> AsyncIterator[Event]:
        """Stages, checked sentences and last the answer, as they come. Raises Refused."""
        call = asking(question, **more)
        answer = await self._client.send(call.request(self._client, "text/event-stream"), stream=True)
        try:
            if answer.is_error:
                await answer.aread()
            _check(answer)
            name = ""
            async for line in answer.aiter_lines():
                name, event = _event(name, line)
                if event is not None:
                    yield event
        finally:
            await answer.aclose()


def asked_by_turns(url: str, key: str) -> Callable[[Sequence[str], str], Answer]:
    """How an evaluation asks a server: some turns of one conversation, which is forgotten; the last one's answer."""

    def asked(turns: Sequence[str], person: str) -> Answer:
        with Debrief(url, key, person) as debrief:
            answer = debrief.ask(turns[0], keep=True)
            try:
                for turn in turns[1:]:
                    answer = debrief.ask(turn, conversation=answer.conversation)
            finally:
                debrief.forget(answer.conversation)
        cited = (
            Citation(c.marker, c.document, c.title, c.url, c.quote, c.begin, c.end, page=c.page, locator=c.locator)
            for c in answer.citations
        )
        return Answer(answer.text, tuple(cited), answer.outcome, answer.route, answer.trace, answer.confidence)

    return asked


def _base(url: str) -> httpx.URL:
    return httpx.URL(url.rstrip("/") + "/api/v1/")


def _headers(key: str, person: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}", **({"X-Debrief-On-Behalf-Of": person} if person else {})}


def _given(call: Call[Given], answer: httpx.Response) -> Given:
    _check(answer)
    return call.gives.model_validate_json(answer.content or b"{}")


def _check(answer: httpx.Response) -> None:
    if answer.is_error:
        try:
            said = str(answer.json()["detail"])
        except (ValueError, KeyError, TypeError):
            said = f"The server answered {answer.status_code} without a sentence; see its log."
        raise Refused(answer.status_code, said)


def _events(lines: Iterator[str]) -> Iterator[Event]:
    name = ""
    for line in lines:
        name, event = _event(name, line)
        if event is not None:
            yield event


def _event(name: str, line: str) -> tuple[str, Event | None]:
    """(The name of the event that the next line belongs to, an event that is whole)."""
    if line.startswith("event: "):
        return line.removeprefix("event: "), None
    if not line.startswith("data: "):
        return name, None
    text = line.removeprefix("data: ")
    if name == "problem":
        problem = httpx.Response(200, content=text).json()
        raise Refused(int(problem["status"]), str(problem["detail"]))
    event: Any = _EVENTS[name].model_validate_json(text) if name in _EVENTS else None
    return "", event
