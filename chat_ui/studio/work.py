"""The app that an author has open: its text, changed by the form or behind the YAML tab, and kept at every change."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import streamlit as st

from apps.authoring import AppForm, read_form, with_form
from apps.authoring.mistakes import Wrong, mistakes
from apps.authoring.start import blank_app
from apps.language import App
from apps.publish import AppVersion, all_apps, app_files
from apps.publish.drafts import Draft, drafts_of, forget_draft, keep_draft
from apps.publish.load import AppText, read_app
from apps.publish.versions import list_versions, published_apps
from chat_ui.parts import session
from core.errors import AppError
from core.types import User

_STATE, _OPEN, _BEGUN = "studio-work", "studio-open-key", "studio-begun"
# The list of apps, and the words by which it showed the open one last.
_LIST, _SHOWN = "studio-app", "studio-shown"


@dataclass
class Work:
    """What is being written.

    Attributes:
        key: The app's name, or of one that was never published an id of its own.
        author: Who writes it.
        base: What it began from: the published version, the file, or nothing.
        kept: What is kept of it already.
        revision: Raised when the text is changed elsewhere than in an editor, which then takes it over.
        restored: Whether it comes from what was kept of an earlier visit.
        late: Whether it was changed while the page is being drawn, which then is drawn anew.
    """

    key: str
    author: User
    text: AppText
    base: AppText | None
    kept: AppText
    versions: list[AppVersion] = field(default_factory=list)
    revision: int = 0
    restored: bool = False
    late: bool = False
    app: App | None = None
    wrong: list[Wrong] = field(default_factory=list)
    lock: threading.RLock = field(default_factory=threading.RLock)

    @property
    def is_new(self) -> bool:
        """Whether no version and no file has it, so that its name may still follow its title."""
        return self.base is None

    @property
    def is_blank(self) -> bool:
        """Whether nothing was filled in yet."""
        return self.is_new and self.text.yaml == blank_app(read_form(self.text.yaml).owner)

    def put(self, yaml: str, *, elsewhere: bool = True) -> None:
        """Takes a new text of the file; `elsewhere` than in the editor, which then gets it."""
        self.text = AppText(yaml, self.text.examples)
        self.revision += elsewhere
        keep(self, self.author)

    def edit(self, change: Callable[[AppForm], AppForm]) -> None:
        """Changes what the form shows."""
        # Runs of the page overlap where changes come quickly, each in a thread of its own.
        with self.lock:
            before = read_form(self.text.yaml)
            after = change(before)
            # The prompt's editor may be ahead of what it has told: only another prompt replaces what is typed there.
            self.put(with_form(self.text.yaml, after), elsewhere=after.prompt != before.prompt)

    def check(self) -> None:
        """Looks what app the text is, and what is wrong with it."""
        name = "The file" if self.is_new else f"{self.key}.yaml"
        self.app, self.wrong = mistakes(self.text.yaml, name, self.text.examples)

    def problems(self, place: str) -> list[str]:
        """What is wrong with a field of the form."""
        # Nobody has done anything wrong on an empty form.
        return [] if self.is_blank else [wrong.message for wrong in self.wrong if wrong.place == place]


def titles(user: User) -> dict[str, str]:
    """Key → title of everything that can be opened: one's own drafts first."""
    drafts = drafts_of(session.database(), user)
    known = all_apps(session.settings(), session.database())[0]
    names = sorted(
        {*app_files(session.settings()), *published_apps(session.database())},
        key=lambda name: known[name].app.title.casefold() if name in known else name,
    )
    found = {
        key: f"{_newest(draft) or 'Without a title'} · not published"
        for key, draft in drafts.items()
        if key not in names
    }
    for name in names:
        title = known[name].app.title if name in known else name
        found[name] = f"{title} · your draft" if name in drafts else title
    return found


def _newest(draft: Draft) -> str:
    """The draft's title, as it stands in the form where it is open."""
    now: Work | None = st.session_state.get(_STATE)
    return _title(now.text.yaml) if now is not None and now.key == draft.id else draft.title


def open_work(key: str, user: User) -> Work:
    """What the person is writing of this app, as it was left, or the app as it is."""
    now: Work | None = st.session_state.get(_STATE)
    if now is not None and now.key == key:
        return now
    versions = list_versions(session.database(), key)
    base = _base(key, versions)
    draft = drafts_of(session.database(), user).get(key)
    text = AppText(draft.text, draft.examples) if draft is not None else base
    assert text is not None
    found = Work(
        key, user, text, base, text, versions, restored=draft is not None and key != st.session_state.get(_BEGUN)
    )
    # Another app comes into the same editors.
    found.revision = now.revision + 1 if now is not None else 0
    st.session_state[_STATE] = found
    return found


def begin(text: str, user: User, told: str = "") -> str:
    """Keeps a new app's text and opens it; its key."""
    key = uuid.uuid4().hex
    keep_draft(session.database(), user, key, _title(text), AppText(text))
    st.session_state[_BEGUN] = key
    open_next(key, told)
    return key


def open_next(key: str, told: str = "") -> None:
    """Opens another app in the next run of the page. `told` is said above it."""
    st.session_state["studio-open"] = (key, told)


def chosen() -> str:
    """The key that the page opens: asked for in this run, else the one that is open, else the address's."""
    if "studio-open" in st.session_state:
        key, st.session_state["studio-told"] = st.session_state.pop("studio-open")
        st.session_state[_OPEN] = key
        st.session_state.pop(_STATE, None)
    elif _OPEN not in st.session_state:
        st.session_state[_OPEN] = str(st.query_params.get("app", ""))
    return str(st.session_state[_OPEN] or "")


def choose(names: Mapping[str, str], key: str) -> None:
    """Draws the list of apps, `key` being the open one."""
    labels = _unlike(names)
    st.session_state[_LIST] = key
    st.session_state[_SHOWN] = labels[key]
    st.selectbox(
        "App", list(names), format_func=labels.__getitem__, key=_LIST, width=360, on_change=_chose, args=(labels,)
    )


def _unlike(names: Mapping[str, str]) -> dict[str, str]:
    """Key → title, no two alike: the browser tells which one is chosen by the words that it shows."""
    found: dict[str, str] = {}
    for key in sorted(names):
        title, number, taken = names[key], 2, set(found.values())
        while title in taken:
            title, number = f"{names[key]} ({number})", number + 1
        found[key] = title
    return found


def _chose(labels: Mapping[str, str]) -> None:
    """Opens what was chosen from the list.

    A browser that hasn't been told yet how the open app is called now still tells its old words, which may be another
    app's by now: they are no choice.
    """
    key = str(st.session_state.get(_LIST) or "")
    if key in labels and labels[key] != st.session_state.get(_SHOWN):
        st.session_state[_OPEN] = key


def keep(work: Work, user: User) -> None:
    """Keeps the text, if it changed since it was kept last."""
    if work.text == work.kept:
        return
    if work.text == work.base:
        forget_draft(session.database(), user, work.key)
    else:
        keep_draft(session.database(), user, work.key, _title(work.text.yaml), work.text)
    work.kept = work.text


def throw_away(work: Work, user: User) -> None:
    """Goes back to what the work began from."""
    forget_draft(session.database(), user, work.key)
    open_next("" if work.is_new else work.key)


def published(work: Work, name: str, user: User, told: str, *, keep: bool) -> None:
    """Opens the app under its name, now that its text is a version, or waits to be one and is kept as a draft."""
    forget_draft(session.database(), user, work.key)
    if keep:
        keep_draft(session.database(), user, name, _title(work.text.yaml), work.text)
    open_next(name, told)


def _title(yaml: str) -> str:
    try:
        return read_form(yaml).title
    except AppError:
        return ""


def _base(key: str, versions: list[AppVersion]) -> AppText | None:
    current = next((version for version in versions if version.current), None)
    if current is not None:
        return current.written
    files = app_files(session.settings())
    return read_app(files[key]) if key in files else None
