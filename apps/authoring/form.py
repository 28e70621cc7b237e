"""An app as a form: what is needed from the person, where is looked, what is written, what comes out, for whom.

    form = read_form(text)
    text = with_form(text, replace(form, prompt="Write to @customer about @account."))

`read_form` shows what it can say in plain words and names the rest in `unshown`; `with_form` touches only what changed.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from apps.language.mentions import MENTION, with_mentions

MARK = re.compile(r"\{\{\s*([A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*)\s*\}\}")
# Step kind → (what it is to an author, the id that a new one gets, the parameter in plain words).
PLACES: Mapping[str, tuple[str, str, str]] = {
    "account_facts": ("What is known of a customer", "account", "customer"),
    "find_documents": ("A customer's documents, the newest first", "documents", "of"),
    "retrieve": ("Passages on a subject", "found", "query"),
    "answer": ("The answer to a question", "answer", "question"),
    "extract_meeting": ("Notes or a transcript of a meeting", "meeting", "source"),
}
FILES = ("docx", "pptx")


@dataclass(frozen=True)
class FormInput:
    """One thing that the app asks for. `latest` documents of the `customer` input are chosen already."""

    name: str
    type: str = "text"
    label: str = ""
    help: str = ""
    required: bool = True
    choices: tuple[str, ...] = ()
    kind: str = ""
    customer: str = ""
    latest: int = 0


@dataclass(frozen=True)
class Place:
    """One place to look.

    Attributes:
        subject: What is looked for, or at, in plain words: "@customer", "changes of @product".
        most: How many passages or documents; 0 is the step's own number.
        text: Whether the documents are read as a whole.
        stops: Of a customer: whether the run stops where nothing is known.
    """

    id: str
    use: str
    title: str = ""
    subject: str = ""
    filter: str = ""
    sources: tuple[str, ...] = ()
    kind: str = ""
    most: int = 0
    text: bool = False
    stops: bool = False


@dataclass(frozen=True)
class Result:
    """One thing that comes out.

    Attributes:
        what: Of a table or chart where its rows stand, "account.tasks"; of a file or mail its title or subject.
        to: Of a mail whom it goes to, in plain words.
    """

    name: str
    kind: str = "markdown"
    title: str = ""
    what: str = ""
    to: str = ""


@dataclass(frozen=True)
class AppForm:
    """An app's form.

    Attributes:
        draft: What stands without a language model: "list" of what was found, "none", or "own" words of the file.
        language: A code, or an expression such as "{{ account.language }}".
        unshown: What stands in the file and not here, in words; it stays as it is.
    """

    name: str = ""
    title: str = ""
    description: str = ""
    version: str = ""
    owner: str = ""
    audience: tuple[str, ...] = ()
    examples: tuple[str, ...] = ()
    inputs: tuple[FormInput, ...] = ()
    places: tuple[Place, ...] = ()
    writer: str = ""
    prompt: str = ""
    length: str = ""
    tone: str = ""
    language: str = ""
    cite: bool = True
    for_customer: bool = False
    draft: str = "none"
    results: tuple[Result, ...] = ()
    unshown: tuple[str, ...] = field(default=(), compare=False)


def in_words(text: str) -> str | None:
    """A template as people write it, "{{ customer }}" as "@customer"; None where it says more than that."""
    words = MARK.sub(lambda m: f"\0{m[1]}", MENTION.sub(lambda m: f"@{m[0]}", text)).replace("\0", "@")
    return None if "{{" in words or "{%" in words else words


def as_template(words: str) -> str:
    """Plain words as a template."""
    return with_mentions(words, lambda path: f"{{{{ {path} }}}}")
