"""The weights: edited as YAML, tried on the suite's questions before they are saved, and every version kept."""

from __future__ import annotations

from contextlib import suppress
from functools import partial
from html import escape

import streamlit as st
import yaml

from chat_ui.admin.file_editor import EditorForm, FileEditor
from chat_ui.admin.levels import levels_form
from chat_ui.admin.make_file import make_file
from chat_ui.parts import charts, components, session
from core.errors import DebriefError, FilterError
from core.kept_file import KeptFile, versions_table
from core.types import User
from core.yaml_text import load_yaml
from evals.fitting import Candidates, Preview, preview
from evals.suite import suite_file
from evals.suite.own_weights import collect_cases
from ingestion.documents import titles
from retrieval.engines import open_generations
from retrieval.query import Weights, parse_weights
from retrieval.query.weights import BUILT_IN, LEVELS, LIMIT

VERSIONS = versions_table("weights_versions")
_MOVES = 15


def weights_tab(user: User) -> None:
    """The editor on the left, what the text would do on the right."""
    file = session.settings().retrieval.weights_file
    if file is None:
        components.state(
            "There is no weights file",
            "The built-in weights hold: what is no longer true stands behind what is. Make one to weigh more.",
        )
        make_file("retrieval.weights_file", "weights.yaml", "# How what was found is weighed; docs/weights.md\n", user)
        return
    levels = ", ".join(f"{name} ×{factor:g}" for name, factor in LEVELS.items())
    hint = f"Levels: {levels}; with - in front they divide. Together, weights change a score ×{LIMIT:g} at most."
    kept = KeptFile(session.settings().path(file), VERSIONS, checked)
    form = EditorForm("Levels", partial(levels_form, user))
    editor = FileEditor("weights", kept, _summary, hint, form, _loss)
    left, right = st.columns(2, gap="large")
    with left:
        texts = editor.draw(user)
    if texts is None:
        return
    with right:
        _effect(*texts)
    editor.versions()


def checked(text: str) -> Weights:
    """What would be in force with this text: its weights over the built-in ones.

    Raises:
        FilterError: the text is wrong; the message names the place and the remedy.
    """
    try:
        own = parse_weights(load_yaml(text), "weights")
    except yaml.YAMLError as error:
        raise FilterError(f"This is not valid YAML: {' '.join(str(error).split())}; mend that line.") from error
    return parse_weights(BUILT_IN).overridden_by(own)


def _loss(saved: str, text: str) -> str:
    """What saving the text would lose on the suite's questions, in a sentence; empty if nothing, or nobody can say."""
    with suppress(DebriefError):
        result = preview(_candidates(*_asked_of()), checked(saved), checked(text))
        return result.words() if result.is_a_loss else ""
    return ""


def _asked_of() -> tuple[str, int]:
    """What the candidates depend on: the index that serves, and the suite."""
    file = suite_file(session.settings(), session.settings().evaluation.suite)
    return _generation(), file.stat().st_mtime_ns if file.is_file() else 0


def _summary(text: str) -> str:
    return f"It weighs {', '.join(checked(text).rules)}."


def _effect(saved: str, text: str) -> None:
    st.header("What it would do")
    try:
        before = checked(saved)
        if not st.session_state.get("weights-tried"):
            st.caption(
                "Asks the suite's questions of the index that serves now, without weights; then any can be tried."
            )
            if not st.button("Try it on the suite's questions", key="weights-try"):
                return
            st.session_state["weights-tried"] = True
        candidates = _candidates(*_asked_of())
        names = titles(session.database())
        found = sorted({d for c in candidates for d in c.relevant}, key=lambda d: str(names.get(d, d)).casefold())
        documents = st.multiselect(
            "Documents to follow",
            found,
            format_func=lambda d: names.get(d, d),
            key="weights-documents",
            placeholder="Those that move most",
        )
        result = preview(candidates, before, checked(text), documents)
    except DebriefError as error:
        components.error_state(error)
        return
    _measures(result)
    _moves(result, names)


def _measures(result: Preview) -> None:
    gain = result.gain
    noise = "no more than chance" if result.verdict == "the same" else f"{result.verdict}, and not by chance"
    components.state(
        result.words(),
        f"Compared with the file as it is saved. Over all of the ranking: {noise} (nDCG@10 {gain.value:+.4f} ± "
        f"{gain.error:.4f}).",
        "error" if result.is_a_loss else "empty",
    )
    rows = [[escape(name), escape(str(was)), escape(str(result.after[name]))] for name, was in result.before.items()]
    components.table(["Measure", "As saved", "With this text"], rows, label="Measures")


def _moves(result: Preview, names: dict[str, str]) -> None:
    if not result.moves:
        components.state("None of these documents changes its rank")
        return
    rows = [
        [
            escape(names.get(m.document, m.document)),
            escape(m.question),
            f"{m.before or '–'} → {m.after or '–'}",
            "yes" if m.relevant else "no",
        ]
        for m in result.moves
    ]
    components.table(["Document", "Question", "Rank", "Answers it"], rows[:_MOVES], label="Documents that move")
    charts.csv_download(
        "moves.csv",
        ("document", "question", "rank before", "rank after", "relevant"),
        [(m.document, m.question, m.before or "", m.after or "", m.relevant) for m in result.moves],
    )


def _generation() -> str:
    current = open_generations(session.settings()).current
    return "" if current is None else current.name


@st.cache_resource(show_spinner=False, max_entries=2)
def _candidates(generation: str, suite_changed: int) -> list[Candidates]:
    # The arguments are the cache's key. What is kept is what questions find, for administrators' figures alone.
    place = st.empty()

    def show(done: int, total: int) -> None:
        place.progress(done / max(1, total), f"{done} of {total} questions are searched.")

    found = collect_cases(session.settings(), session.database(), show)
    place.empty()
    return found
