"""An app built by filling in a form: what it needs, where it looks, what it writes, what comes out, and for whom.

Each field changes the file at once; the fields take their values from it, so that the form and the YAML are one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import streamlit as st

from apps.authoring import AppForm, FormInput, Result, read_form
from apps.authoring.differences import TYPES
from apps.authoring.form import PLACES
from apps.authoring.mistakes import EXAMPLES
from apps.authoring.write_form import unused_name
from chat_ui.parts import components, session
from chat_ui.studio.fields import Change, adder, changed, changing, choice, heading, line, mover, problems, toggle
from chat_ui.studio.places import place_fields, place_menu
from chat_ui.studio.results import result_fields, result_menu
from chat_ui.studio.work import Work
from chat_ui.studio.yaml_editor import prompt_editor
from core.errors import AppError
from core.text.languages import LANGUAGES

PROMPT = "studio-prompt"
_LENGTHS = {"": "As it comes", "short": "Short", "normal": "Normal", "detailed": "In detail"}
_DOCUMENT_KINDS = ("", "contract", "report", "meeting", "letter", "advice")


def build(work: Work) -> None:
    """Draws the form of the open app."""
    try:
        form = read_form(work.text.yaml)
    except AppError as error:
        components.state("The form can't be shown", f"{error} Mend it behind “YAML”.", "warning")
        return
    problems(work, "")
    _about(work, form)
    heading("What do you need from the person?")
    for number, item in enumerate(form.inputs):
        with st.container(border=True, key=f"input-{item.name}"):
            _input(work, form, item, number)
    adder(work, "Ask for", {kind: name.capitalize() for kind, name in TYPES.items()}, "studio-add-input", _with_input)
    heading("Where does it look?")
    for number, place in enumerate(form.places):
        with st.container(border=True, key=f"place-{place.id}"):
            place_fields(work, form, place, number)
    place_menu(work)
    heading("What does it write?")
    _writing(work, form)
    heading("What comes out?")
    for number, result in enumerate(form.results):
        with st.container(border=True, key=f"result-{result.name}"):
            result_fields(work, form, result, number)
    problems(work, "results")
    result_menu(work, form)
    heading("Whom is it for?")
    _audience(work, form)
    if form.unshown:
        components.state("Not shown here, and kept as it is", "Behind “YAML” stand also:", items=form.unshown)


def _about(work: Work, form: AppForm) -> None:
    def title(f: AppForm, value: str) -> AppForm:
        # The name of an app that people use stays, whatever its title becomes.
        name = unused_name(value, (), "app") if work.is_new and value.strip() else f.name
        return replace(f, title=value.strip(), name=name)

    line(work, "Title", form.title, "studio-title", title, max_chars=60, placeholder="Weekly status")
    problems(work, "title")
    line(
        work, "What it does, in a sentence", form.description, "studio-description",
        lambda f, v: replace(f, description=v.strip()), max_chars=600,
        placeholder="Where a customer stands this week, in a few lines.",
    )  # fmt: skip
    problems(work, "description")


def _with_input(form: AppForm, kind: str) -> AppForm:
    taken = [
        *(i.name for i in form.inputs),
        *(p.id for p in form.places),
        form.writer,
        "today",
        "user",
        "company",
        "item",
    ]
    names = {"account": ("customer", "Customer"), "language": ("language", "Language"), "date": ("day", "Day")}
    name, label = names.get(kind, ("", ""))
    of = next((i.name for i in form.inputs if i.type == "account"), "") if kind in ("document", "documents") else ""
    item = FormInput(unused_name(name or "question", taken), kind, label, required=kind != "language", customer=of)
    return replace(form, inputs=(*form.inputs, item))


def _input(work: Work, form: AppForm, item: FormInput, number: int) -> None:
    key = f"studio-input-{item.name}"

    def of(name: str) -> Change:
        return changing("inputs", number, name)

    def label(f: AppForm, value: str) -> AppForm:
        return of("label")(f, value.strip())

    left, right = st.columns([3, 2])
    with left:
        line(work, "What you ask for", item.label, f"{key}-label", label, placeholder="Customer")
        problems(work, f"inputs.{item.name}")
    with right:
        choice(
            work,
            "It is",
            item.type,
            list(TYPES),
            key=f"{key}-type",
            change=of("type"),
            format_func=lambda t: TYPES.get(t, t),
        )
    if item.type in ("choice", "multi_choice"):
        st.session_state[f"{key}-choices"] = "\n".join(item.choices)
        st.text_area(
            "What can be chosen, one a line", key=f"{key}-choices", height=90, on_change=changed,
            args=(work, f"{key}-choices", lambda f, v: of("choices")(f, _lines(v))),
        )  # fmt: skip
    if item.type in ("document", "documents"):
        _document(work, form, item, key, of)
    with st.container(horizontal=True, vertical_alignment="center"):
        toggle(work, "Must be given", item.required, f"{key}-required", of("required"))
        st.caption(f"@{item.name}")
        mover(work, f"“{item.label or item.name}”", "inputs", number, len(form.inputs), key=key)


def _document(work: Work, form: AppForm, item: FormInput, key: str, of: Callable[[str], Change]) -> None:
    accounts = ["", *(i.name for i in form.inputs if i.type == "account")]
    labels = {i.name: i.label or i.name for i in form.inputs}
    one, two, three = st.columns(3)
    with one:
        choice(
            work,
            "Which kind",
            item.kind,
            _DOCUMENT_KINDS,
            key=f"{key}-kind",
            change=of("kind"),
            format_func=lambda k: k or "any",
        )
    with two:
        choice(
            work,
            "Whose",
            item.customer,
            accounts,
            key=f"{key}-customer",
            change=of("customer"),
            format_func=lambda n: labels.get(n, n) or "anybody's",
        )
    with three:
        options = list(range(6))
        choice(
            work,
            "Chosen already",
            item.latest,
            options,
            key=f"{key}-latest",
            change=of("latest"),
            format_func=lambda n: f"the newest {n}" if n else "none",
        )


def _lines(text: str) -> tuple[str, ...]:
    return tuple(line.strip() for line in text.splitlines() if line.strip())


def mentions(form: AppForm) -> list[tuple[str, str]]:
    """What a prompt may name, each with what it is."""
    from apps.steps import KINDS

    found = [(i.name, f"{i.label or i.name}: {TYPES.get(i.type, i.type)}") for i in form.inputs]
    for place in form.places:
        found.append((place.id, place.title or PLACES[place.use][0]))
        fields = [f for f in KINDS[place.use].fields if f not in ("found", "numbers", "sources", "count", "turns")]
        found += [(f"{place.id}.{name}", name.replace("_", " ")) for name in fields]
    return [*found, ("user.name", "who runs the app"), ("today", "the day")]


def _writing(work: Work, form: AppForm) -> None:
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


def _audience(work: Work, form: AppForm) -> None:
    groups = sorted({*session.directory().members, *form.audience})
    st.session_state["studio-audience"] = list(form.audience)
    st.multiselect(
        "Groups (nobody chosen: everybody)", groups, key="studio-audience", placeholder="Everybody", on_change=changed,
        args=(work, "studio-audience", lambda f, v: replace(f, audience=tuple(v))),
    )  # fmt: skip
    problems(work, "audience")
    st.session_state["studio-requests"] = "\n".join(form.examples)
    st.text_area(
        "Three requests for it, as people would type them, one a line", key="studio-requests", height=104,
        placeholder="Weekly status of a customer", on_change=changed,
        args=(work, "studio-requests", lambda f, v: replace(f, examples=_lines(v))),
    )  # fmt: skip
    missing = EXAMPLES - len(form.examples)
    if missing > 0 and not work.text.examples.strip():
        st.caption(f"{missing} more, and the chat knows when somebody means this app.")
    problems(work, "examples")
