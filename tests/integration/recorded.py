"""Replies that real models gave, kept as files and replayed over the wire by the stand-in.

    for reply in recorded(kind="table"):
        server.scripts = [reply.script]                              # as the n-th reply
    server.reply = replaying(recorded("qwen2.5-coder-1.5b"))         # or by what is asked

`recorded/MODEL.yaml` names the model, its licence and the day, and each reply with the messages that it was given to.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from tests.integration.openai_stand_in import Script

FOLDER = Path(__file__).parent / "recorded"


@dataclass(frozen=True)
class Recorded:
    """One real reply.

    Attributes:
        task: As in `core.llm`: answer, rewrite, route, edit, translate, judge.
        kind: cited, table, list, code, cut, unanswerable, unmarked …, or the task.
        asked: What stands in the last message and nowhere else: the question, the draft's first line.
        right: Whether it says what the sources say, as a person judged it; None where that wasn't judged.
        why: What is wrong with it, or what to notice.
    """

    model: str
    id: str
    task: str
    kind: str
    language: str
    asked: str
    sources: tuple[str, ...]
    reply: str
    finish: str = "stop"
    right: bool | None = None
    why: str = ""

    @property
    def script(self) -> Script:
        """The reply for the stand-in."""
        return Script(self.reply, finish=self.finish)


def recorded(model: str = "", *, task: str = "", kind: str = "", language: str = "") -> list[Recorded]:
    """All recorded replies, or those of one model, task, kind or language."""
    wanted = {"task": task, "kind": kind, "language": language}
    return [
        reply
        for file in sorted(FOLDER.glob(f"{model or '*'}.yaml"))
        for reply in _read(file)
        if all(not value or getattr(reply, name) == value for name, value in wanted.items())
    ]


def replaying(replies: Sequence[Recorded], otherwise: Script | None = None) -> Callable[[dict[str, Any]], Script]:
    """A server's `reply`: the recorded one whose `asked` stands in the request's last message."""

    def reply(body: dict[str, Any]) -> Script:
        text = str(body["messages"][-1]["content"])
        found = next((r for r in sorted(replies, key=lambda r: -len(r.asked)) if r.asked in text), None)
        if found is None and otherwise is None:
            raise AssertionError(f"no reply was recorded for {text[-200:]!r}")
        return found.script if found else otherwise or Script()

    return reply


def _read(file: Path) -> list[Recorded]:
    raw = yaml.safe_load(file.read_text(encoding="utf-8"))
    return [
        Recorded(model=raw["model"], **{**each, "sources": tuple(each.get("sources", ()))}) for each in raw["replies"]
    ]
