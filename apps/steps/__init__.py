"""The kinds of steps: `KINDS`. A new kind is a module and a line here; tests/apps/steps/test_kinds.py picks it up."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from apps.steps import (
    account_facts,
    answer,
    ask,
    ask_data,
    choose,
    compare_documents,
    extract_meeting,
    find_documents,
    list_customers,
    query,
    render,
    retrieve,
    run_app,
    stop,
    table,
    translate,
    write,
)
from apps.steps.kind import Parameters, StepKind

__all__ = ["KINDS", "Parameters", "StepKind"]

KINDS: Mapping[str, StepKind[Any]] = {
    module.KIND.name: module.KIND
    for module in (
        retrieve,
        find_documents,
        list_customers,
        answer,
        extract_meeting,
        compare_documents,
        account_facts,
        query,
        ask_data,
        write,
        table,
        choose,
        ask,
        stop,
        run_app,
        translate,
        render,
    )
}
