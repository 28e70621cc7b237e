"""Everything that can change a result, written down with each run."""

from __future__ import annotations

import hashlib
import json
import subprocess
from collections.abc import Iterable
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from core.errors import IndexMissing
from core.settings import Settings
from retrieval.engines import open_generations

_ROOT = Path(__file__).resolve().parents[2]
# Where things lie and who is signed in change no answer; secrets aren't written anywhere.
_LEFT_OUT = {"data_dir", "database_url", "evaluation", "auth"}


def environment(settings: Settings, cases_file: Path | None = None) -> dict[str, Any]:
    """Index generation, hashes of weights, prompts, apps, rules, settings and cases, models, and the code's version."""
    kept = settings.model_dump(mode="json", exclude=_LEFT_OUT)
    files = {
        "weights": settings.retrieval.weights_file,
        "rules": settings.rules_file,
        "guardrails": settings.guardrails_file,
    }
    folders = [_ROOT / "apps" / "library"]
    if settings.apps_dir is not None:
        folders.append(settings.path(settings.apps_dir))
    apps = [file for folder in folders for kind in ("*.yaml", "examples/*.txt") for file in sorted(folder.glob(kind))]
    return {
        "code": code_version(),
        "index": _index(settings),
        "embedding": settings.embedding.model,
        "model": settings.llm.model or "none (answers quote)",
        "task_models": {task: each.model for task, each in settings.llm.tasks.items() if each.model},
        "settings": digest([json.dumps(kept, sort_keys=True, default=str).encode()]),
        **{name: _hash_files([settings.path(f)]) if f is not None else "" for name, f in files.items()},
        "prompts": _hash_files(sorted((_ROOT / "prompts").glob("*.md"))),
        "apps": _hash_files(apps),
        "cases": _hash_files([cases_file]) if cases_file is not None else "",
    }


def code_version() -> str:
    """The commit, with "+changes" if the work tree differs from it; without git the package's version."""
    try:
        commit = _git("rev-parse", "--short=12", "HEAD")
        return commit + ("+changes" if _git("status", "--porcelain", "--untracked-files=no") else "")
    except (OSError, subprocess.SubprocessError):
        try:
            return version("debrief")
        except PackageNotFoundError:
            return "unknown"


def digest(parts: Iterable[bytes]) -> str:
    """12 hexadecimal digits of SHA-256 over the parts."""
    whole = hashlib.sha256()
    for part in parts:
        whole.update(len(part).to_bytes(8, "big") + part)
    return whole.hexdigest()[:12]


def _index(settings: Settings) -> str:
    try:
        current = open_generations(settings).current
    except IndexMissing:
        current = None
    return "none" if current is None else f"{current.name} ({current.documents} documents, {current.chunks} chunks)"


def _hash_files(files: Iterable[Path]) -> str:
    there = [f for f in files if f.is_file()]
    return digest([part for f in there for part in (f.name.encode(), f.read_bytes())]) if there else ""


def _git(*arguments: str) -> str:
    done = subprocess.run(["git", "-C", str(_ROOT), *arguments], capture_output=True, text=True, timeout=10, check=True)
    return done.stdout.strip()
