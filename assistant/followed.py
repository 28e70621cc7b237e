"""What a process that answers follows while it runs: sources, weights and guardrails, whoever changes them."""

from __future__ import annotations

from core.followed import Followed, files_stamp
from core.settings import Settings, load_settings


def follow_settings(begun: Settings) -> Followed[Settings]:
    """debrief.yaml. Sources and the names of the weights' and guardrails' files follow the file; the rest is as it was
    when the server began."""

    def read() -> Settings:
        now = load_settings(begun.file)
        if now.sources != begun.sources:
            # The connectors' libraries take seconds to load, which the first question shouldn't wait for.
            from connectors.registry import check_sources

            check_sources(now)
        retrieval = begun.retrieval.model_copy(update={"weights_file": now.retrieval.weights_file})
        followed = {"sources": now.sources, "guardrails_file": now.guardrails_file, "retrieval": retrieval}
        return begun.model_copy(update=followed)

    return Followed(lambda: files_stamp([begun.file]), read)


def rules_stamp(settings: Settings) -> tuple[object, ...]:
    """Another one when weights or guardrails are."""
    named = (settings.retrieval.weights_file, settings.guardrails_file)
    return files_stamp(settings.path(file) for file in named if file is not None)
