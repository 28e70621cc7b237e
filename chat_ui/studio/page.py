"""Where authors write an app: the file, its form, its tests, what changed, and publishing."""

from __future__ import annotations

import uuid
from html import escape
from pathlib import Path

import streamlit as st

from apps.language import App
from apps.language.examples import read_examples
from apps.publish import AppVersion, Samples, TestResult, app_files, new_app, parse_app, run_tests
from apps.publish.load import AppText, read_app
from apps.publish.versions import app_difference, list_versions, publish, published_apps, rollback
from assistant.app_runs import SampleIndexes
from chat_ui.parts import components, session
from chat_ui.parts.app_form import app_form
from chat_ui.parts.app_outputs import run_here, run_view
from chat_ui.studio.try_out import keep_inputs, side_by_side, unreleased
from chat_ui.studio.yaml_editor import keys, text_of, values, yaml_editor
from core.errors import AppError, DebriefError
from core.types import User
from ingestion.enrich import chunk_document

NEW = "New app"


def page(user: User) -> None:
    """The page; app.py gives it to authors alone."""
    st.title("Studio")
    files = app_files(session.settings())
    draft = st.session_state.pop("studio-draft", None)
    if draft is not None:
        st.session_state["studio-app"] = NEW
        st.session_state["studio-begun"] = (uuid.uuid4().hex, draft)
    names = sorted({*files, *published_apps(session.database())})
    name = st.selectbox("App", [NEW, *names], key="studio-app", width=360)
    versions = [] if name == NEW else list_versions(session.database(), name)
    left, right = st.columns(2, gap="large")
    initial = _initial(name, files, versions, user)
    with left:
        yaml, app = _editor(name, initial.yaml)
    with right:
        form, beside, tests, examples, changes, history, words = st.tabs(
            ["Form and trial", "Side by side", "Tests", "Examples", "Changes", "Publish", "Keys"]
        )
        with form:
            _trial(app, user)
        with beside:
            side_by_side(app, user)
        with tests:
            _tests(app, yaml)
        with examples:
            text = AppText(yaml, _examples(initial.examples, _key("examples", name)))
        with changes:
            _changes(text, versions)
        with history:
            _publish(app, text, versions, user)
        with words:
            _keys()


def _initial(name: str, files: dict[str, Path], versions: list[AppVersion], user: User) -> AppText:
    """What the editor begins with: the published text, the file, or a template."""
    published = next((version for version in versions if version.current), None)
    if published is not None:
        return published.written
    if name in files:
        return read_app(files[name])
    begun = st.session_state.get("studio-begun")
    return AppText(str(begun[1]) if begun else new_app("my_app", user.email))


def _key(part: str, name: str) -> str:
    """One editor's own: a draft that was begun anew is another one."""
    begun = st.session_state.get("studio-begun") if name == NEW else None
    return f"studio-{part}-{begun[0] if begun else name}"


def _editor(name: str, initial: str) -> tuple[str, App | None]:
    """The text as it stands, and the app that it says; None while it is wrong."""
    key = _key("text", name)
    app: App | None = None
    wrong = ""
    try:
        app = parse_app(text_of(key, initial), "app.yaml" if name == NEW else f"{name}.yaml")
    except AppError as error:
        wrong = str(error)
    text = yaml_editor("The app's file", initial, key, wrong)
    st.caption("Ctrl+Space lists the words that fit; it is checked while you type.")
    if app is None:
        components.state("Not right yet", wrong, "warning")
    else:
        components.state("The file is right", f"{app.title}, version {app.version}, {len(app.tests)} tests.")
    components.download("YAML", text, f"{app.name if app else 'app'}.yaml", "application/yaml", key="studio-yaml")
    return text, app


def _trial(app: App | None, user: User) -> None:
    if app is None:
        components.state("The form comes when the file is right")
        return
    problems = st.session_state.pop(f"problems-{app.name}", [])
    try:
        given = app_form(app, user, f"studio-form-{app.name}", problems=problems)
    except DebriefError as error:
        components.error_state(error)
        return
    kept = f"studio-result-{app.name}"
    if given is not None:
        keep_inputs(app, given)
        if refusal := unreleased(app, user):
            components.state("Not run", refusal, "warning")
            return
        st.session_state[kept] = run_here(app, given, user) or st.session_state.get(kept)
    if st.session_state.get(kept):
        run_view(st.session_state[kept], kept)


def _keys() -> None:
    """What may stand where in the file, from the data model that checks it."""
    rows = [
        [escape(section or "the file"), ", ".join(f"<code>{escape(key)}</code>" for key, _ in known)]
        for section, known in keys().items()
    ]
    rows += [
        [f"{escape(key)} is one of", ", ".join(f"<code>{escape(v)}</code>" for v in known)]
        for key, known in values().items()
    ]
    components.table(["In", "Keys"], rows, label="Keys of an app's file")


def _tests(app: App | None, text: str) -> None:
    if app is None or not app.tests:
        components.state("No tests yet", "An app is verified by tests in its file: inputs, and what must come of them.")
        return
    if st.button("Run the tests", icon=":material/checklist:"):
        with st.spinner(f"Running {len(app.tests)} tests …"):
            st.session_state["studio-tests"] = (text, tested(app))
    last: tuple[str, list[TestResult]] | None = st.session_state.get("studio-tests")
    if last is None or last[0] != text:
        st.caption(f"{len(app.tests)} tests; not run since the last change.")
        return
    rows = [
        [
            components.badge("passed", "good") if result.passed else components.badge("failed", "bad"),
            escape(result.name),
            f"{result.seconds:.2f} s",
            "<br>".join(map(escape, result.problems)),
        ]
        for result in last[1]
    ]
    components.table(["Result", "Test", "Time", "What didn't hold"], rows, label="Tests")


def _examples(initial: str, key: str) -> str:
    """The file of examples as it stands."""
    text = st.text_area(
        "Messages for this app, one a line", initial, height=360, key=key, help='A message after "not:" is for search.'
    )
    try:
        found = read_examples(text, "Examples")
    except AppError as error:
        components.error_state(error)
        return text
    st.caption(f"{len(found.own)} messages for this app, {len(found.counter)} for search, beside those in its file.")
    return text


def _changes(text: AppText, versions: list[AppVersion]) -> None:
    if not versions:
        components.state("Nothing is published yet", "Changes are shown against the published version.")
        return
    names = [v.version for v in versions]
    before = st.selectbox("Compare with version", names, key="studio-compare", width=240)
    old = next(v for v in versions if v.version == before)
    changed = app_difference(old.written, text, (f"version {old.version}", "this text"))
    if changed:
        components.diff(changed, f"Changes since version {old.version}")
    else:
        components.state("No change", f"The text is that of version {old.version}.")


def _publish(app: App | None, text: AppText, versions: list[AppVersion], user: User) -> None:
    unverified = st.checkbox("Publish even if tests fail (it isn't verified then)", key="studio-unverified")
    if st.button("Test and publish", type="primary", disabled=app is None) and app is not None:
        try:
            if refusal := unreleased(app, user):
                raise AppError(refusal)
            with st.spinner("Testing …"):
                made = publish(
                    session.database(), text, f"{app.name}.yaml", tested(app), user.email, unverified=unverified
                )
        except AppError as error:
            components.error_state(error)
        else:
            verified = "verified" if made.verified else "not verified"
            components.state(f"Version {made.version} is published", f"People use it from now on; it is {verified}.")
            versions = list_versions(session.database(), app.name)
    if not versions:
        return
    components.table(
        ["Version", "State", "Published", "By", "Tests"],
        [
            [
                escape(v.version),
                " ".join(
                    [components.badge("in use", "accent")] * v.current
                    + [components.badge("verified", "good")] * v.verified
                ),
                f"{v.published_at:%Y-%m-%d %H:%M}",
                escape(v.author),
                f"{sum(bool(t['passed']) for t in v.tests)} of {len(v.tests)} passed",
            ]
            for v in versions
        ],
        label="Versions",
    )
    older = [v.version for v in versions if not v.current]
    if older:
        with st.container(horizontal=True, vertical_alignment="bottom"):
            target = st.selectbox("Go back to version", older, key="studio-rollback", width=200)
            if st.button("Use this version"):
                rollback(session.database(), versions[0].app, target, user.email)
                st.rerun()


def tested(app: App) -> list[TestResult]:
    """The results of the tests in the app's file, over the sample documents."""
    settings = session.settings()
    documents = SampleIndexes(
        settings, lambda document, parsed, language: chunk_document(document, parsed, settings.chunking, language)
    )
    return run_tests(app, Samples(samples(), session.parser().parse, documents, settings.company))


def samples() -> Path:
    """Where the files of apps' tests lie: `samples` beside one's own apps, else the sample workspace."""
    own = session.settings().apps_dir
    if own is not None and (session.settings().path(own) / "samples").is_dir():
        return session.settings().path(own) / "samples"
    return Path(__file__).resolve().parents[2] / "samples" / "workspace"
