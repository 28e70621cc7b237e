"""The parts of the form that say what an app writes, and whom it is for."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from apps.authoring import AppForm, Result
from apps.authoring.differences import TYPES
from apps.authoring.form import PLACES
from apps.authoring.mistakes import EXAMPLES
from apps.authoring.write_form import unused_name
from apps.steps import KINDS
from chat_ui.parts import components, session
from chat_ui.studio.fields import bring, changed, choice, line, lines, problems, show, toggle
from chat_ui.studio.work import Work
from chat_ui.studio.yaml_editor import prompt_editor
from core.text.languages import LANGUAGES

PROMPT = "studio-prompt"
_LENGTHS = {"": "As it comes", "short": "Short", "normal": "Normal", "detailed": "In detail"}


def mentions(form: AppForm) -> list[tuple[str, str]]:
    """What a prompt may name, each with what it is."""
    found = [(i.name, f"{i.label or i.name}: {TYPES.get(i.type, i.type)}") for i in form.inputs]
    for place in form.places:
        found.append((place.id, place.title or PLACES[place.use][0]))
        fields = [f for f in KINDS[place.use].fields if f not in ("found", "numbers", "sources", "count", "turns")]
        found += [(f"{place.id}.{name}", name.replace("_", " ")) for name in fields]
    return [*found, ("user.name", "who runs the app"), ("today", "the day")]


def writing(work: Work, form: AppForm) -> None:
    if not form.writer:
        components.state("This app writes nothing by a prompt")
        taken = [*(i.name for i in form.inputs), *(p.id for p in form.places)]
        name = unused_name("text", taken)
        st.button("Add a text that a prompt describes", on_click=work.edit, args=(lambda f: _with_writer(f, name),))
        return
    st.caption("As you would tell a colleague. @ puts in what the person gives, what was found, or a fact of it.")
    prompt_editor(
        "What to write", form.prompt, PROMPT, mentions(form), revision=work.revision,
        changed=lambda text: _prompt(work, text),
    )  # fmt: skip
    problems(work, "prompt")
    problems(work, "writing")
    one, two, three = st.columns(3)
    with one:
        choice(
            work,
            "How long",
            form.length,
            list(_LENGTHS),
            key="studio-length",
            change=lambda f, v: replace(f, length=v),
            format_func=lambda v: _LENGTHS.get(v, v),
        )
    with two:
        languages = _languages(form)
        choice(
            work,
            "In which language",
            form.language,
            list(languages),
            key="studio-language",
            change=lambda f, v: replace(f, language=v),
            format_func=lambda v: languages.get(v, v),
        )
    with three:
        line(
            work,
            "Tone",
            form.tone,
            "studio-tone",
            lambda f, v: replace(f, tone=v.strip()),
            placeholder="plain and friendly",
        )
    toggle(
        work, "It goes to the customer: leave out what isn't for customers, and what is about others",
        form.for_customer, "studio-for-customer", lambda f, v: replace(f, for_customer=v),
    )  # fmt: skip
    toggle(
        work,
        "Say behind each statement which document says it",
        form.cite,
        "studio-cite",
        lambda f, v: replace(f, cite=v),
    )
    drafts = {"list": "hand over a list of what was found", "none": "stop and say so"}
    drafts |= {"own": "hand over the draft that stands in the file"} if form.draft == "own" else {}
    if not form.places and form.draft != "own":
        drafts.pop("list")
    choice(
        work, "Without a language model", form.draft if form.draft in drafts else "none", list(drafts),
        key="studio-draft-kind",
        change=lambda f, v: replace(f, draft=v), format_func=lambda v: drafts.get(v, v),
    )  # fmt: skip


def _prompt(work: Work, text: str) -> None:
    revision = work.revision
    work.edit(lambda form: replace(form, prompt=text.strip()))
    # The editor has the text already, and whoever types must not lose their place.
    work.revision = revision


def _with_writer(form: AppForm, name: str) -> AppForm:
    results = form.results or (Result("text", "markdown", "Text"),)
    return replace(form, writer=name, prompt="Write ", draft="list" if form.places else "none", results=results)


def _languages(form: AppForm) -> dict[str, str]:
    """What the language may be → how it is called."""
    account = next((p.id for p in form.places if p.use == "account_facts"), "")
    asked = next((i.name for i in form.inputs if i.type == "language"), "")
    found = {"": "English"}
    if asked and account:
        found[f"{{{{ {asked} or {account}.language }}}}"] = "the chosen one, else the customer's"
    if asked:
        found[f"{{{{ {asked} }}}}"] = "the chosen one"
    if account:
        found[f"{{{{ {account}.language }}}}"] = "the customer's"
    return found | {code: name for code, name in LANGUAGES.items() if code != "en"}


def audience(work: Work, form: AppForm) -> None:
    groups = sorted({*session.directory().members, *form.audience})

    def with_audience(f: AppForm, value: list[str]) -> AppForm:
        return replace(f, audience=tuple(value))

    def with_requests(f: AppForm, value: str) -> AppForm:
        return replace(f, examples=lines(value))

    show("studio-audience", list(form.audience), bring(work, with_audience))
    st.multiselect(
        "Groups (nobody chosen: everybody)", groups, key="studio-audience", placeholder="Everybody", on_change=changed,
        args=(work, "studio-audience", with_audience),
    )  # fmt: skip
    problems(work, "audience")
    show("studio-requests", "\n".join(form.examples), bring(work, with_requests))
    st.text_area(
        "Three requests for it, as people would type them, one a line", key="studio-requests", height=104,
        placeholder="Weekly status of a customer", on_change=changed,
        args=(work, "studio-requests", with_requests),
    )  # fmt: skip
    missing = EXAMPLES - len(form.examples)
    if missing > 0 and not work.text.examples.strip():
        st.caption(f"{missing} more, and the chat knows when somebody means this app.")
    problems(work, "examples")
