"""The stand-in does on the wire what its scripts say; read here without any of our own code in between."""

import json

import httpx
import pytest

from tests.integration.openai_stand_in import (
    MODES,
    Script,
    dropped,
    openai_stand_in,
    rate_limited,
    reasoning,
    thinking,
)
from tests.integration.recorded import Recorded, recorded, replaying

pytestmark = pytest.mark.integration
BODY = {"model": "any", "messages": [{"role": "user", "content": "How long?"}], "stream": True}


def streamed(script: Script) -> tuple[list[dict[str, object]], str]:
    """The deltas that came, and how it ended: the finish_reason, "open" or "reset"."""
    deltas, end = [], "open"
    with openai_stand_in() as server:
        server.scripts = [script]
        try:
            with httpx.stream("POST", f"{server.url}/chat/completions", json=BODY) as response:
                for line in response.iter_lines():
                    if line.startswith("data: {"):
                        choice = json.loads(line[6:])["choices"][0]
                        deltas.append(choice["delta"])
                        end = choice["finish_reason"] or end
        except httpx.TransportError:
            end = "reset"
    return deltas, end


def test_pieces_come_as_scripted() -> None:
    deltas, end = streamed(thinking("Fine."))
    assert [d.get("content") for d in deltas[:3]] == ["<th", "ink>", "The user wants 45 days? [3] No."]
    assert end == "stop"


def test_a_connection_can_be_lost_or_closed_cleanly() -> None:
    text = "It costs 49 dollars and more."
    assert streamed(dropped(text))[1] == "reset"
    deltas, end = streamed(dropped(text, reset=False))
    assert (len(deltas), end) == (3, "open")


def test_a_thought_has_a_field_of_its_own() -> None:
    deltas, end = streamed(reasoning("", finish="length"))
    assert deltas[0] == {"reasoning_content": "I look at source 1 first."} and end == "length"


def test_an_error_has_its_headers() -> None:
    with openai_stand_in() as server:
        server.scripts = [rate_limited(7)]
        response = httpx.post(f"{server.url}/chat/completions", json=BODY)
    assert (response.status_code, response.headers["retry-after"]) == (429, "7")
    assert response.json()["error"]["code"] == "rate_limit_exceeded"


@pytest.mark.parametrize("mode", sorted(MODES.keys() - {"silent"}))
def test_every_mode_answers(mode: str) -> None:
    script = MODES[mode]("It costs 49 dollars [1].")
    assert script.status != 200 or streamed(script)[1] in {
        "stop",
        "length",
        "content_filter",
        "tool_calls",
        "open",
        "reset",
    }


def test_a_forced_tool_gets_the_scripted_json_as_its_arguments() -> None:
    tool = {"type": "function", "function": {"name": "Plan", "parameters": {}}}
    body = {**BODY, "stream": False, "tools": [tool], "tool_choice": {"type": "function", "function": {"name": "Plan"}}}
    with openai_stand_in() as server:
        server.scripts = [Script('{"steps": []}')]
        message = httpx.post(f"{server.url}/chat/completions", json=body).json()["choices"][0]["message"]
    assert message["tool_calls"][0]["function"] == {"name": "Plan", "arguments": '{"steps": []}'}


def test_a_recorded_reply_is_given_to_its_question() -> None:
    known = [Recorded("m", "1", "answer", "cited", "en", asked="How long?", sources=(), reply="90 days [1].")]
    with openai_stand_in() as server:
        server.reply = replaying(known)
        reply = httpx.post(f"{server.url}/chat/completions", json={**BODY, "stream": False}).json()
    assert reply["choices"][0]["message"]["content"] == "90 days [1]."


def test_recorded_files_are_complete() -> None:
    replies = recorded()
    assert len({(r.model, r.id) for r in replies}) == len(replies)
    assert all(r.asked for r in replies)
