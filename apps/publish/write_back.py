"""Whether an app's `actions:` fit the systems that there are: their operations and the fields of their forms."""

from __future__ import annotations

from actions.kinds import KINDS
from apps.language import WriteBack, YamlSource
from apps.language.yaml_lines import KeyPath
from core.nearest import nearest


def check_write_back(action: WriteBack, path: KeyPath, source: YamlSource) -> None:
    """Refuses an operation or a field that no kind of system has. Raises AppError with file and line.

    Which systems a company calls how isn't known here: of NAME.OPERATION only the operation is looked at.
    """
    kind, _, wanted = action.to.partition(".")
    known = [KINDS[kind]] if kind in KINDS else list(KINDS.values())
    operations = [operation for k in known for operation in k.operations if operation.name == wanted]
    if not operations:
        names = sorted({operation.name for k in known for operation in k.operations})
        raise source.refusal((*path, "to"), f"found '{action.to}'; {nearest(wanted, names, 'operations')}")
    fields = sorted({f.name for operation in operations for f in operation.fields})
    for part in ("fields", "evidence"):
        for name in getattr(action, part):
            if name not in fields:
                raise source.refusal(
                    (*path, part, name), f"'{action.to}' has no field '{name}'; {nearest(name, fields, 'fields')}"
                )
