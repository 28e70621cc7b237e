"""The file of an app and its words: specification, expressions, patterns, phrases."""

from apps.language.app_file import AppFile
from apps.language.expressions import ExpressionError, Guard
from apps.language.isolated import evaluate
from apps.language.spec import Action, App, AppTest, Expectation, Input, Output, OutputKind, Step, WriteBack
from apps.language.yaml_lines import YamlSource

__all__ = [
    "Action",
    "App",
    "AppFile",
    "AppTest",
    "Expectation",
    "ExpressionError",
    "Guard",
    "Input",
    "Output",
    "OutputKind",
    "Step",
    "WriteBack",
    "YamlSource",
    "evaluate",
]
