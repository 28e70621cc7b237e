"""What a kind of step is: its parameters, what its result has, and the function that does it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Generic, TypeVar

from pydantic import BaseModel, ConfigDict

from apps.accounts import vocabulary
from apps.customers import CustomerScope
from apps.run import Context
from retrieval.query.filters import Filter


class Parameters(BaseModel):
    """What stands under a step's `with`, after its expressions are filled in."""

    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True)


class Addressed(Parameters):
    """Parameters of a step whose text may go to a customer.

    Attributes:
        for_customer: It does: what is about another customer, or names one, is left out and counted in a remark, and
            so is every document that isn't for customers by its confidentiality (accounts.yaml, `for_customers`).
        customer: Whom it goes to. When it isn't known, no customer may be named at all.
    """

    for_customer: bool = False
    customer: str = ""

    def discretion(self, context: Context) -> CustomerScope | None:
        """What may be said to the customer; None for a text that stays in the house."""
        if not self.for_customer:
            return None
        return replace(context.discretion(self.customer), keeps_in=vocabulary(context).keeps_in)

    def opened(self, context: Context) -> Filter | None:
        """The documents that may be told to a customer at all; None for a text that stays in the house."""
        return vocabulary(context).open_filter() if self.for_customer else None


P = TypeVar("P", bound=Parameters)


@dataclass(frozen=True)
class StepKind(Generic[P]):
    """One kind of step.

    Attributes:
        fields: The keys of its result; expressions that ask for another are refused when the app is checked.
        templates: Parameters that the step fills in itself, with more names than the run has.
        prompts: Of these, the ones in which `@name` is an input or a step.
        expressions: Of the templates, the ones that are expressions without marks around them.
        names: What an expression in a template may name besides what the run has; "*" for what only the run knows.
        literal: Parameters that stand in the file as they are: an expression in them is refused.
        needs_one: Parameters of which one at least must stand in the file.
        makes_files: Its parameters become bytes that nothing can be taken out of later.
    """

    name: str
    does: str
    parameters: type[P]
    fields: tuple[str, ...]
    run: Callable[[P, Context], dict[str, Any]]
    templates: tuple[str, ...] = ()
    prompts: tuple[str, ...] = ()
    expressions: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    literal: tuple[str, ...] = ()
    needs_one: tuple[str, ...] = ()
    makes_files: bool = False
