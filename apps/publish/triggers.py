"""Whether an app's `triggers:` can begin it: their schedules, filters, inputs, and the conditions over their events."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from apps.language import App, YamlSource
from apps.language.triggers import EVENT_FIELDS, Trigger
from apps.language.yaml_lines import KeyPath
from core.errors import FilterError, SettingsError
from core.nearest import nearest
from core.schedules import checked_schedule
from retrieval.query.filters import parse_filter

# (value, where it stands, what an event has, whether it is an expression without marks): refuses unknown names.
CheckTexts = Callable[[Any, KeyPath, tuple[str, ...], bool], None]


def check_triggers(app: App, source: YamlSource, check_texts: CheckTexts) -> None:
    """Raises AppError with file, line, what was found and what is right."""
    names: set[str] = set()
    for n, trigger in enumerate(app.triggers):
        path: KeyPath = ("triggers", n)
        if trigger.name in names:
            raise source.refusal((*path, "name"), f"'{trigger.name}' stands twice; rename one trigger.")
        names.add(trigger.name)
        _check_times(trigger, path, source)
        inputs = [i.name for i in app.inputs]
        for name in trigger.inputs:
            if name not in inputs:
                raise source.refusal(
                    (*path, "inputs", name), f"there is no such input; {nearest(name, inputs, 'inputs')}"
                )
        fields = EVENT_FIELDS[trigger.kind]
        check_texts(trigger.inputs, (*path, "inputs"), fields, False)
        if trigger.when:
            check_texts(trigger.when, (*path, "when"), fields, True)


def _check_times(trigger: Trigger, path: KeyPath, source: YamlSource) -> None:
    if trigger.time_zone and not trigger.schedule:
        raise source.refusal((*path, "time_zone"), "a time zone is for a schedule; add one, or take it away.")
    try:
        if trigger.schedule:
            checked_schedule(trigger.schedule, trigger.time_zone or "UTC")
        if trigger.document is not None:
            parse_filter(trigger.document.filter)
    except SettingsError as error:
        raise source.refusal((*path, "schedule"), str(error)) from error
    except FilterError as error:
        raise source.refusal((*path, "document", "filter"), str(error)) from error
