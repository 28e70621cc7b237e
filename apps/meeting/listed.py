"""Minutes that say themselves what is a decision, a task or a question: by headings, and by tables with an owner."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Literal

from core.types import Rows

ListKind = Literal["decision", "action", "question", ""]

_HEADINGS: dict[ListKind, re.Pattern[str]] = {
    "decision": re.compile(
        r"decisions?(?: (?:made|taken))?|decided|agreements?|agreed|resolutions?|beschlüsse?|beschlossen|"
        r"entscheidung(?:en)?|vereinbarungen|decisiones|acuerdos|decidido|décisions?|décidé|accords",
        re.IGNORECASE,
    ),
    "action": re.compile(
        r"(?:open )?action(?: (?:items?|points?|log))?s?|to[- ]?dos?|tasks?|next steps?|follow[- ]?ups?|aufgaben|"
        r"maßnahmen|massnahmen|nächste schritte|tareas|acciones|próximos pasos|actions? à mener|tâches|"
        r"prochaines étapes",
        re.IGNORECASE,
    ),
    "question": re.compile(
        r"open (?:questions?|points?|issues?|items?)|questions|unresolved|offene (?:fragen|punkte)|offen|"
        r"preguntas abiertas|temas (?:abiertos|pendientes)|pendientes?|questions? (?:ouvertes?|en suspens)|"
        r"points? (?:ouverts?|en suspens)",
        re.IGNORECASE,
    ),
}
_OTHER_HEADING = re.compile(r"\s*(?:\*\*|#+ )?[^\W\d_][\w /&-]{2,30}(?:\*\*)?:?(?:\*\*)?\s*")
_WHO = re.compile(
    r"owner|who|responsible|assignee|wer|verantwortlich\w*|zuständig\w*|quién|responsables?|qui", re.IGNORECASE
)
_WHAT = re.compile(r"task|what|action(?: item)?s?|aufgabe|was|maßnahme|tarea|qué|acción|quoi|tâche", re.IGNORECASE)
_WHEN = re.compile(
    r"due(?: date)?|when|by(?: when)?|deadline|bis(?: wann)?|termin|frist|fällig|(?:para )?cuándo|fecha|plazo|échéance|"
    r"quand|délai",
    re.IGNORECASE,
)


def kind_of(heading: str) -> ListKind:
    """What stands under this heading; empty when it doesn't say."""
    bare = heading.strip(" *#:.0123456789")
    return next((kind for kind, pattern in _HEADINGS.items() if pattern.fullmatch(bare)), "")


def is_heading(line: str) -> bool:
    """Whether a line of notes is a heading by itself: a known one, or a few words with a colon behind them."""
    bare = line.strip()
    return bool(kind_of(bare)) or bool(_OTHER_HEADING.fullmatch(bare) and bare.rstrip("* ").endswith(":"))


def rows_of(rows: Rows) -> list[tuple[ListKind, str]]:
    """The rows of a table as lines; of a table with owners, "owner: task, day" as an action."""
    if len(rows) < 2:
        return []
    who, what, when = (_column(rows[0], p) for p in (_WHO, _WHAT, _WHEN))
    found: list[tuple[ListKind, str]] = []
    for cells in rows[1:]:
        filled = [c for c in cells if c.strip(" –-")]
        if not filled:
            continue
        if who is not None and what is not None and len(cells) > max(who, what) and cells[what].strip(" –-"):
            owner = cells[who].strip(" –-")
            day = cells[when].strip(" –-") if when is not None and when < len(cells) else ""
            task = f"{cells[what]} ({day})" if day else cells[what]
            found.append(("action", f"{owner}: {task}" if owner else task))
        else:
            found.append(("", ", ".join(filled)))
    return found


def _column(header: Sequence[str], pattern: re.Pattern[str]) -> int | None:
    return next((n for n, cell in enumerate(header) if pattern.fullmatch(cell.strip(" *"))), None)
