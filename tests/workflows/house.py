"""A small installation without an index: an app that notes what it was given, people, a clock that tests set."""

from __future__ import annotations

import textwrap
from datetime import UTC, datetime, timedelta
from pathlib import Path

import yaml

from apps.run import Tools
from core.database import open_database
from core.settings import load_settings
from core.types import User
from workflows.collect import collect
from workflows.parts import Workflows
from workflows.work import work

APP = """
name: note
title: Note
description: Notes what it is given.
version: "1.0"
owner: olga@example.com
audience: [staff]
inputs:
  - {name: subject, type: text, label: Subject}
steps:
  - {id: text, use: write, with: {draft: "About {{ subject }}."}}
outputs:
  - {name: note, kind: markdown, value: "{{ text.text }}"}
"""
USERS = """
users:
  - {email: ana@example.com, name: Ana Ruiz}
  - {email: ben@example.com, name: Ben Olsen}
  - {email: olga@example.com}
groups:
  staff: {members: ["user:ana@example.com", "user:ben@example.com"]}
  admins: {members: ["user:olga@example.com"]}
"""
ANA = User("ana@example.com", ("staff",), name="Ana Ruiz")
BEN = User("ben@example.com", ("staff",), name="Ben Olsen")
OLGA = User("olga@example.com", ("admins",))


class House:
    """The installation. `now` is its clock; `tools` what its apps have."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.now = folder, datetime(2026, 10, 19, 4, 0, tzinfo=UTC)
        self.tools = Tools()
        (folder / "apps").mkdir()
        (folder / "users.yaml").write_text(USERS, encoding="utf-8")
        self.configure()

    def configure(self, **more: object) -> None:
        auth = {"development_user": "ana@example.com", "users_file": "users.yaml"}
        told = {"auth": auth, "apps_dir": "apps", "secrets_key": "k" * 40, **more}
        (self.folder / "debrief.yaml").write_text(yaml.safe_dump(told), encoding="utf-8")
        settings = load_settings(self.folder / "debrief.yaml")
        self.parts = Workflows(settings, open_database(settings), lambda: self.tools, lambda: self.now)

    def app(self, rest: str, text: str = APP) -> None:
        name = yaml.safe_load(text)["name"]
        (self.folder / "apps" / f"{name}.yaml").write_text(text + textwrap.dedent(rest), encoding="utf-8")

    def tick(self, **later: float) -> int:
        """Some time later, one look and one round of work; how many ran."""
        self.now += timedelta(**later)
        collect(self.parts)
        return work(self.parts)
