"""What workflows work with: settings, database, the tools of apps, the forms for other systems, the clock."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache

from actions.review import Reviews, open_reviews
from apps.language import App
from apps.language.triggers import Trigger
from apps.publish.versions import all_apps
from apps.run import Context, Tools
from apps.runner import may_use
from assistant.app_runs import open_tools
from assistant.app_runs.tools import charged
from assistant.open import open_assistant
from core import audit
from core.database import Engine, open_database, utc_now
from core.errors import IdentityError, IndexMissing, WorkflowError
from core.identity import load_directory
from core.nearest import nearest
from core.scim import is_gone
from core.settings import Settings
from core.types import UNKNOWN_GROUPS, User
from ingestion.documents import readable_ids
from retrieval.retriever import open_retriever
from workflows.kept import Workflow, workflows


@dataclass(frozen=True)
class Workflows:
    """What everything here gets. `tools` opens the index when it is first needed."""

    settings: Settings
    engine: Engine
    tools: Callable[[], Tools]
    now: Callable[[], datetime] = utc_now

    @property
    def reviews(self) -> Reviews | None:
        """The forms for other systems; None where there are none."""
        if not self.settings.actions:
            return None
        return replace(open_reviews(self.settings, self.engine), now=self.now)

    def person(self, email: str) -> User:
        """The person with the groups of this moment.

        Raises:
            IdentityError: they are gone: not in the directory any more, or not active.
        """
        directory = load_directory(self.settings, self.engine)
        address = directory.address_of(email)
        if self.settings.auth.scim_token is not None and is_gone(self.engine, address):
            raise IdentityError(f"{address} isn't there any more: the identity provider has taken the account out.")
        if self.settings.auth.mode == "development":
            return directory.user(email) if directory.entries else directory.person(email)
        claims = self.settings.auth.groups_claim and not directory.whole
        return directory.person(email, (UNKNOWN_GROUPS,) if claims else ())

    def app(self, name: str, person: User | None = None) -> App:
        """The app as people run it now. Raises WorkflowError: there is none, or it isn't for the person."""
        apps = all_apps(self.settings, self.engine)[0]
        if name not in apps:
            raise WorkflowError(f"There is no app {name!r}; {nearest(name, list(apps), 'apps')}")
        app = apps[name].app
        if person is not None and not may_use(app, person):
            raise WorkflowError(
                f"The app {name} is for {', '.join(app.audience)}, and {person.email} isn't among them."
            )
        return app

    def trigger(self, app: App, name: str) -> Trigger:
        """The app's trigger. Raises WorkflowError: it has none of that name."""
        trigger = app.trigger(name)
        if trigger is None:
            known = [t.name for t in app.triggers]
            raise WorkflowError(f"The app {app.name} has no trigger {name!r}; {nearest(name, known, 'triggers')}")
        return trigger

    def context(self, person: User, app: str) -> Context:
        """What a run of the app has, as this person."""
        tools = charged(self.tools(), person.email, app)
        return Context(person, tools, today=self.now().date(), company=self.settings.company)

    def readable(self, ids: list[str], person: User) -> set[str]:
        """Those of the documents that the person may read now."""
        return readable_ids(self.engine, ids, person)

    def update(self, workflow: Workflow, by: User, told: str, **values: object) -> None:
        """Changes the workflow; `told` is how the audit trail calls it."""
        with self.engine.begin() as connection:
            connection.execute(workflows.update().where(workflows.c.id == workflow.id).values(**values))
            detail = str(values.get("paused") or "")
            audit.append(connection, by, told, f"{workflow.app}.{workflow.trigger}", detail, workflow=workflow.id)


def schedule_of(parts: Workflows, workflow: Workflow, trigger: Trigger) -> tuple[str, str]:
    """(Cron expression, time zone): the person's own, else the trigger's, else the settings'."""
    zone = workflow.time_zone or trigger.time_zone or parts.settings.workflows.time_zone
    return workflow.schedule or trigger.schedule, zone


def digest_of(app: App) -> str:
    """The SHA-256 of all that the app says: what a standing approval is for."""
    return hashlib.sha256(app.model_dump_json(by_alias=True).encode()).hexdigest()


def open_workflows(settings: Settings) -> Workflows:
    """The workflows of this installation."""
    opened = lru_cache(maxsize=1)(lambda: _tools(settings))

    def tools() -> Tools:
        try:
            return opened()
        except IndexMissing:
            # Not kept: there will be an index after the first sync.
            return open_tools(settings, None, None)

    return Workflows(settings, open_database(settings), tools)


def _tools(settings: Settings) -> Tools:
    retriever = open_retriever(settings)
    return open_tools(settings, open_assistant(settings, retriever), retriever)
