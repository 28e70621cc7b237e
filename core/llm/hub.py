"""A model file fetched from a hub, checked against the digest that the hub keeps of it."""

from __future__ import annotations

import logging
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.errors import ModelError
from core.llm.local.gguf import read_gguf
from core.llm.local.store import checksum_file, models_folder, sha256_of

if TYPE_CHECKING:
    from huggingface_hub import HfApi

# The small model of `make model`, by the name that a hub has for it.
SHORT_NAMES = {"small": "Qwen/Qwen2.5-Coder-1.5B-Instruct-GGUF"}
_PREFERRED = ("q4_k_m", "q4_k_s", "q5_k_m", "q8_0")


def fetch_from_hub(name: str) -> Path:
    """The file in the models' folder; a broken-off download is gone on with.

    Args:
        name: "OWNER/REPOSITORY", "OWNER/REPOSITORY:q5_k_m", "OWNER/REPOSITORY/FILE.gguf", or a short name.

    Raises:
        ModelError: the hub can't be reached, it has no such repository or file, or what came isn't what it has.
    """
    from huggingface_hub import HfApi

    logging.getLogger("huggingface_hub").setLevel(logging.ERROR)  # what goes wrong is said once, in our words
    repository, wanted = _parts(SHORT_NAMES.get(name, name))
    api = HfApi()
    chosen = _chosen(repository, wanted, _files(api, repository))
    folder = models_folder()
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / Path(chosen.path).name
    digest = str(getattr(getattr(chosen, "lfs", None), "sha256", "") or "")
    if target.is_file() and digest and checksum_file(target).is_file() and sha256_of(target) == digest:
        return target
    try:
        fetched = Path(api.hf_hub_download(repository, chosen.path, local_dir=folder / ".hub"))
    except Exception as error:  # requests' and the package's own errors
        raise _unreachable(repository, error) from error
    found = sha256_of(fetched)
    if digest and found != digest:
        fetched.unlink()
        raise ModelError(f"{chosen.path} came with another content than {repository} has; fetch it again.")
    read_gguf(fetched)
    shutil.move(fetched, target)
    checksum_file(target).write_text(f"{found}  {target.name}\n", encoding="ascii")
    return target


def fetch_folder(repository: str, folder: Path, files: tuple[str, ...]) -> Path:
    """A model of several files, each checked against the digest that the hub keeps of it.

    Raises:
        ModelError: the hub can't be reached, it has no such repository, or what came isn't what it has.
    """
    from huggingface_hub import HfApi

    logging.getLogger("huggingface_hub").setLevel(logging.ERROR)
    api, arrived = HfApi(), folder.with_name(f".{folder.name}")
    try:
        there = {file.path: file for file in api.list_repo_tree(repository) if file.path in files}
        for path in there:
            api.hf_hub_download(repository, path, local_dir=arrived)
    except Exception as error:  # requests' and the package's own errors
        raise _unreachable(repository, error) from error
    for path, file in there.items():
        digest = str(getattr(getattr(file, "lfs", None), "sha256", "") or "")
        if digest and sha256_of(arrived / path) != digest:
            (arrived / path).unlink()
            raise ModelError(f"{path} came with another content than {repository} has; fetch it again.")
    shutil.rmtree(folder, ignore_errors=True)
    arrived.replace(folder)
    return folder


def _parts(name: str) -> tuple[str, str]:
    """(repository, what of it): "a/b:q5" → ("a/b", "q5")."""
    repository, _, wanted = name.partition(":")
    pieces = repository.split("/")
    if len(pieces) < 2 or not all(pieces):
        raise ModelError(
            f"{name!r} names no repository; write OWNER/REPOSITORY, or one of {', '.join(sorted(SHORT_NAMES))}."
        )
    return "/".join(pieces[:2]), wanted or "/".join(pieces[2:])


def _files(api: HfApi, repository: str) -> list[Any]:
    try:
        tree = list(api.list_repo_tree(repository, recursive=True))
    except Exception as error:
        raise _unreachable(repository, error) from error
    return [file for file in tree if str(getattr(file, "path", "")).lower().endswith(".gguf")]


def _chosen(repository: str, wanted: str, files: list[Any]) -> Any:
    whole = [file for file in files if "-of-" not in file.path]
    if not whole:
        why = "only models in several parts" if files else "no GGUF file"
        raise ModelError(f"{repository} has {why}; choose another repository, their names often end in -GGUF.")
    for part in [wanted] if wanted else _PREFERRED:
        fitting = [file for file in whole if part.lower() in file.path.lower()]
        if fitting:
            return min(fitting, key=lambda file: len(file.path))
    if wanted:
        names = ", ".join(sorted(file.path for file in whole)[:12])
        raise ModelError(f"{repository} has no file like {wanted!r}; there are {names}.")
    return min(whole, key=lambda file: file.size or 0)


def _unreachable(repository: str, error: Exception) -> ModelError:
    status = getattr(getattr(error, "response", None), "status_code", None)
    if status in {401, 403, 404}:
        return ModelError(
            f"The hub has no repository {repository} that we may read ({status}); check its name, or set HF_TOKEN."
        )
    return ModelError(
        f"The hub can't be reached for {repository} ({type(error).__name__}); copy a GGUF file into {models_folder()}, "
        "or set llm.model to its path."
    )
