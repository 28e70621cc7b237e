"""The shapes of forms for other systems."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel, Field

from actions.proposals import State
from service.models import Sent


class ChoiceOut(BaseModel):
    """One value that a field allows."""

    value: str
    label: str


class ActionFieldOut(BaseModel):
    """One field of an action's form."""

    name: str
    label: str
    type: str
    required: bool
    read_only: bool
    addressee: bool = Field(description="It says whom or what the record reaches.")
    choices: list[ChoiceOut] = []
    max_chars: int
    help: str = ""


class ActionOut(BaseModel):
    """Something that the person may have written into another system."""

    id: str
    kind: str
    title: str
    fields: list[ActionFieldOut]


class OfferIn(Sent):
    """A form to fill in with what an app's run offers."""

    action: str = Field("", max_length=120, description="NAME.OPERATION; may be left out where a run's form fits one.")
    fields: dict[str, str] = Field(default={}, max_length=100, description="Other values than those that it offers.")
    run: str = Field("", max_length=64, description="An app's run; `offer` is one of its offers.")
    offer: int = Field(0, ge=0, le=1_000)


class FormIn(OfferIn):
    """A form to fill in: with fields, with a text for its title and body, or with what an app's run offers."""

    text: str = Field("", max_length=100_000, description="For the form's title (its first line) and text.")


class FormChange(Sent):
    """Other values for some fields."""

    fields: dict[str, str] = Field(max_length=100)


class FormName(Sent):
    """A form by its id."""

    form: str = Field(max_length=64)


class Seen(Sent):
    """The form as it was shown."""

    mark: str = Field(max_length=64, description="`mark` of the form that the person has read; another one isn't sent.")


class Again(Sent):
    """Another try."""

    not_there: bool = Field(False, description="The person has looked: the record isn't in the other system.")


class There(Sent):
    """Where the person has found the record."""

    record: str = Field("", max_length=255)


class QuoteOut(BaseModel):
    """Words that a value was taken from, if the person may read them now."""

    quote: str
    title: str
    locator: str
    document: str
    url: str


class FormFieldOut(ActionFieldOut):
    """A field with its value, what stood there before, what it rests on, and what is wrong with it."""

    value: str
    before: str | None = None
    evidence: list[QuoteOut] = []
    problem: str = ""


class RecordOut(BaseModel):
    """What stands in the other system."""

    id: str
    link: str
    title: str


class FormOut(BaseModel):
    """A form and what became of it. `review` is the page on which a person confirms it."""

    id: str
    action: str
    title: str
    state: State
    mark: str
    made_at: datetime
    fields: list[FormFieldOut] = []
    problem: str = ""
    record: RecordOut | None = None
    review: str


class FormListed(BaseModel):
    """A form in the person's list."""

    id: str
    action: str
    state: State
    made_at: datetime
    problem: str = ""
    record: RecordOut | None = None
    review: str
