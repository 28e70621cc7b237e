"""The weights: edited as YAML, tried on the suite's questions before they are saved, and every version kept."""

from __future__ import annotations

from html import escape
from pathlib import Path

import streamlit as st

from apps.versions import difference
from chat_ui import charts, components, session
from chat_ui.source_status import titles
from chat_ui.weights_file import Version, checked, kept, read_text, save, weights_path
from core import audit
from core.errors import DebriefError
from core.types import User
from evals.own_weights import collect_cases
from evals.suites import suite_file
from evals.weights import Candidates, Preview, preview
from retrieval.generations import open_generations
from retrieval.weights import LEVELS, LIMIT, Weights

_TEXT, _READ = "weights-text", "weights-read"
_MOVES = 15


def weights_tab(user: User) -> None:
    """The editor on the left, what the text would do on the right."""
    path = weights_path(session.settings())
    if path is None:
        components.state(
            "There is no weights file",
            f"The built-in weights hold. Name a file under `retrieval.weights_file` in {session.settings().file.name}, "
            "and start the server anew.",
        )
        return
    try:
        there = read_text(path)
    except DebriefError as error:
        components.error_state(error)
        return
    st.session_state.setdefault(_READ, there)
    left, right = st.columns(2, gap="large")
    with left:
        text, weights = _editor(path, there, user)
    with right:
        if weights is not None:
            _effect(st.session_state[_READ], weights)
    _versions(text)


def _editor(path: Path, there: str, user: User) -> tuple[str, Weights | None]:
    """The text as it stands, and its weights if it is right."""
    st.session_state.setdefault(_TEXT, st.session_state[_READ])
    with st.container(key="editor"):
        text = st.text_area(path.name, key=_TEXT, height=330, help="Ctrl+Enter checks it")
    levels = ", ".join(f"{name} ×{factor:g}" for name, factor in LEVELS.items())
    st.caption(f"Levels: {levels}; with - in front they divide. Together, weights change a score ×{LIMIT:g} at most.")
    weights = None
    try:
        weights = checked(text)
        components.state("The file is right", f"It weighs {', '.join(weights.rules)}.")
    except DebriefError as error:
        components.state("Not right yet", str(error), "error")
    if there != st.session_state[_READ]:
        components.state("The file has been changed meanwhile", "Read it anew before you save.", "warning")
    changed = text != st.session_state[_READ]
    with st.container(horizontal=True):
        ready = changed and weights is not None
        st.button("Save", type="primary", disabled=not ready, on_click=_save, args=(path, user), key="weights-save")
        st.button("Read the file anew", on_click=_reload, args=(path,), key="weights-reload")
    said = st.session_state.pop("weights-said", None)
    if isinstance(said, Exception):
        components.error_state(said)
    elif said:
        components.state("Saved", said)
    return text, weights


def _save(path: Path, user: User) -> None:
    text, before = st.session_state[_TEXT], st.session_state[_READ]
    try:
        version = save(session.database(), path, text, before, user)
    except DebriefError as error:
        st.session_state["weights-said"] = error
        return
    lines = difference(before, text, ("before", "after")).splitlines()[2:]
    detail = " ".join(line for line in lines if line.startswith(("+", "-")))
    audit.record(session.database(), user, "changed weights", path.name, f"{version.digest[:12]} {detail}"[:2_000])
    session.weights_changed()
    st.session_state[_READ] = text
    st.session_state["weights-said"] = "Every question from now on is ranked by it; what it replaced is kept below."


def _reload(path: Path) -> None:
    try:
        st.session_state[_TEXT] = st.session_state[_READ] = read_text(path)
    except DebriefError as error:
        st.session_state["weights-said"] = error


def _effect(saved: str, weights: Weights) -> None:
    st.header("What it would do")
    try:
        before = checked(saved)
        file = suite_file(session.settings(), session.settings().evaluation.suite)
        key = (_generation(), file.stat().st_mtime_ns if file.is_file() else 0)
        if not st.session_state.get("weights-tried"):
            st.caption(
                "Asks the suite's questions of the index that serves now, without weights; then any can be tried."
            )
            if not st.button("Try it on the suite's questions", key="weights-try"):
                return
            st.session_state["weights-tried"] = True
        candidates = _candidates(*key)
        names = titles(session.database())
        found = sorted({d for c in candidates for d in c.relevant}, key=lambda d: str(names.get(d, d)).casefold())
        documents = st.multiselect(
            "Documents to follow",
            found,
            format_func=lambda d: names.get(d, d),
            key="weights-documents",
            placeholder="Those that move most",
        )
        result = preview(candidates, before, weights, documents)
    except DebriefError as error:
        components.error_state(error)
        return
    _measures(result)
    _moves(result, names)


def _measures(result: Preview) -> None:
    gain = result.gain
    noise = abs(gain.value) <= 2 * gain.error or gain.value == 0
    verdict = "within noise" if noise else "better" if gain.value > 0 else "worse"
    components.state(
        f"nDCG@10 {gain.value:+.4f} ± {gain.error:.4f}: {verdict}",
        f"Over {result.questions} questions, compared with the file as it is saved.",
        "error" if verdict == "worse" else "empty",
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


def _versions(text: str) -> None:
    found = kept(session.database())
    if not found:
        return
    st.header("Versions")
    version = st.selectbox("Version", found, format_func=_label, key="weights-version", width=420)
    changes = difference(version.text, text, ("that version", "the editor"))
    if changes:
        st.code(changes, language="diff")
    else:
        st.caption("The same as in the editor.")
    st.button("Put it into the editor", on_click=_restore, args=(version,), disabled=not changes, key="weights-restore")


def _label(version: Version) -> str:
    return f"{version.kept_at[:16].replace('T', ' ')} UTC · {version.user or 'found in the file'}"


def _restore(version: Version) -> None:
    st.session_state[_TEXT] = version.text
