"""Documents chosen from the index: the newest are taken, one is named, and closed ones aren't there."""

from datetime import date

import pytest

from apps.accounts.documents import candidates
from apps.publish.load import parse_app
from apps.run import Context, InputsWrong
from apps.runner import finish
from assistant.app_runs.tools import open_tools
from assistant.ask import Assistant
from core.errors import AppError
from core.types import User

ANA = User("ana@example.com", ("delivery",), name="Ana")
BEN = User("ben@example.com", name="Ben")
APP = """\
name: small
title: Small
description: For a test.
version: "1"
owner: me@example.com
inputs:
  - {name: customer, type: account, required: false}
  - {name: chosen, type: documents, filter: FILTER, customer: customer, latest: LATEST}
steps:
  - {id: text, use: write, for_each: chosen, with: {draft: "{{ item.title }}"}}
  - {id: all, use: find_documents, with: {filter: document_type=policy}}
outputs:
  - {name: titles, kind: json, value: {chosen: "{{ text | map(attribute='text') | list }}", all: "{{ all.documents | map(attribute='title') | list }}"}}
"""


@pytest.fixture
def tools(retriever, settings):
    return open_tools(settings, Assistant.over(retriever, settings), retriever)


@pytest.fixture
def run(tools):
    def go(given, user=ANA, latest=2, filter="document_type=policy"):
        text = APP.replace("LATEST", str(latest)).replace("FILTER", filter)
        context = Context(user, tools, today=date(2026, 11, 22))
        return finish(parse_app(text, "small.yaml"), given, context).output("titles").value

    return go


def test_the_newest_are_taken_where_none_is_chosen(run):
    assert run({}, latest=1)["chosen"] == ["Data retention policy"]
    assert len(run({}, latest=2)["chosen"]) == 2


def test_they_are_chosen_by_title_or_id_and_several_at_once(run):
    assert run({"chosen": ["travel policy", "retention"]})["chosen"] == ["Travel policy", "Data retention policy"]


def test_a_wrong_title_is_refused_with_the_nearest(run):
    with pytest.raises(
        InputsWrong, match="no document that you may choose is called 'Travel polcy'; did you mean 'Travel policy'"
    ):
        run({"chosen": ["Travel polcy"]})


def test_a_closed_document_is_not_there(run):
    assert run({"chosen": ["aurora"]}, filter="document_type=renewal")["chosen"] == ["Aurora Bank – renewal pack"]
    with pytest.raises(InputsWrong) as caught:
        run({"chosen": ["aurora"]}, BEN, filter="document_type=renewal")
    assert "no document that you may choose" in str(caught.value) and "pack" not in str(caught.value)
    with pytest.raises(InputsWrong, match="there is none with document_type=renewal that ben@example"):
        run({}, BEN, filter="document_type=renewal")


def test_of_a_customer(run):
    found = run({"customer": "Meridian Foods"}, filter="document_type=renewal")["chosen"]
    assert found == ["Meridian Foods – renewal pack"]


def test_all_that_fit_are_found_with_what_is_known_of_them(run):
    assert set(run({}, latest=1)["all"]) == {"Data retention policy", "Urlaubsrichtlinie", "Travel policy"}


def test_the_form_offers_the_same_documents(tools):
    item = parse_app(APP.replace("LATEST", "1").replace("FILTER", "document_type=renewal"), "small.yaml").inputs[1]
    assert {c.document_id for c in candidates(item, {}, Context(ANA, tools))} == {"aurora", "meridian"}
    assert candidates(item, {}, Context(BEN, tools)) == []


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ("type: documents", "filter: found it on a text"),
        ("customer: customer", "customer: found 'custmer'; did you mean 'customer'"),
        ("filter: FILTER", "filter: "),
    ],
)
def test_what_is_wrong_with_such_an_input_is_refused(wrong, message):
    right = {
        "type: documents": "type: text",
        "customer: customer": "customer: custmer",
        "filter: FILTER": "filter: '>=('",
    }
    with pytest.raises(AppError, match=message):
        parse_app(APP.replace("LATEST", "1").replace(wrong, right[wrong]).replace("FILTER", "a=1"), "small.yaml")
