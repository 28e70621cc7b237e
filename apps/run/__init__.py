"""What a run has and makes: the context that every step gets, inputs from the form, outputs."""

from apps.run.context import Context, Model, SourceQuote, Tools
from apps.run.inputs import InputsWrong, Problem, check_inputs
from apps.run.offers import OfferedForm
from apps.run.outputs import OutputValue

__all__ = [
    "Context",
    "InputsWrong",
    "Model",
    "OfferedForm",
    "OutputValue",
    "Problem",
    "SourceQuote",
    "Tools",
    "check_inputs",
]
