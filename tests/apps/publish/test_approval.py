"""Draft, review by a second person, published; what goes back has notes."""

from __future__ import annotations

from pathlib import Path

import pytest

from apps.publish import parse_app
from apps.publish.approval import (
    approve,
    ask_for_review,
    find_review,
    last_review,
    open_reviews,
    request_changes,
    review_needed,
    withdraw,
)
from apps.publish.load import AppText
from apps.publish.testing import TestResult
from apps.publish.versions import list_versions
from core.audit import recorded
from core.database import Engine, open_database
from core.errors import AppError
from core.settings import AuthSettings, Settings
from core.types import User

ANA, BEN = User("ana@x.com", ("cs",)), User("ben@x.com", ("cs",))
TEXT = """\
name: small
title: Small
description: Says a word.
version: "1.0"
owner: ana@x.com
steps: [{id: word, use: write, with: {draft: Word}}]
outputs: [{name: text, kind: markdown, value: "{{ word.text }}"}]
"""
GREEN, RED = [TestResult("says it", ())], [TestResult("says it", ("it doesn't.",))]


@pytest.fixture
def engine(tmp_path: Path) -> Engine:
    return open_database(Settings(root=tmp_path))


@pytest.mark.parametrize(
    ("audience", "needed"),
    [
        ("", "everybody"),
        ("audience: [cs]\n", ""),
        ("audience: [cs, sales]\n", "2 groups"),
        ("audience: [sales]\n", "your own"),
    ],
)
def test_more_than_ones_own_group_needs_a_second_person(audience: str, needed: str) -> None:
    app = parse_app(TEXT.replace("steps:", f"{audience}steps:"), "small.yaml")
    reason = review_needed(app, ANA, AuthSettings())
    assert needed in reason
    assert bool(reason) == bool(needed)
    assert review_needed(app, ANA, AuthSettings(app_reviews=False)) == ""
    assert review_needed(app, ANA, AuthSettings(), app) == reason
    shared = parse_app(TEXT, "small.yaml")
    assert review_needed(app, ANA, AuthSettings(), shared), "what others use now isn't one's own"


def test_a_second_person_publishes_it(engine: Engine) -> None:
    review = ask_for_review(engine, AppText(TEXT, "say it"), GREEN, ANA, "please look")
    assert [r.id for r in open_reviews(engine)] == [review.id]
    assert list_versions(engine, "small") == []
    with pytest.raises(AppError, match="a second person"):
        approve(engine, review.id, ANA)
    made = approve(engine, review.id, BEN)
    assert (made.version, made.verified, made.author, made.examples) == ("1.0", True, "ana@x.com", "say it")
    assert open_reviews(engine) == []
    with pytest.raises(AppError, match="approved already"):
        approve(engine, review.id, BEN)
    assert [(e.user, e.action) for e in recorded(engine)][:4] == [
        ("ben@x.com", "approved app"),
        ("ana@x.com", "made app current"),
        ("ana@x.com", "published app"),
        ("ana@x.com", "asked for app review"),
    ]


def test_what_goes_back_has_notes_and_is_asked_for_anew(engine: Engine) -> None:
    review = ask_for_review(engine, AppText(TEXT), GREEN, ANA)
    with pytest.raises(AppError, match="write what should change"):
        request_changes(engine, review.id, BEN, " ")
    request_changes(engine, review.id, BEN, "Say another word.")
    last = last_review(engine, "small")
    assert last is not None
    assert (last.state, last.reviewer, last.notes) == ("returned", "ben@x.com", "Say another word.")
    again = ask_for_review(engine, AppText(TEXT.replace("Word", "Other")), GREEN, ANA)
    newest = ask_for_review(engine, AppText(TEXT.replace("Word", "Third")), GREEN, ANA)
    assert find_review(engine, again.id).state == "withdrawn"
    with pytest.raises(AppError, match="has asked for a review of small already"):
        ask_for_review(engine, AppText(TEXT), GREEN, BEN)
    withdraw(engine, newest.id, ANA)
    assert open_reviews(engine) == []


def test_verified_is_earned_by_each_version(engine: Engine) -> None:
    approve(engine, ask_for_review(engine, AppText(TEXT), GREEN, ANA).id, BEN)
    review = ask_for_review(engine, AppText(TEXT.replace("1.0", "1.1")), RED, ANA)
    with pytest.raises(AppError, match="says it fail"):
        approve(engine, review.id, BEN)
    assert not approve(engine, review.id, BEN, unverified=True).verified
    with pytest.raises(AppError, match="another content"):
        ask_for_review(engine, AppText(TEXT.replace("Word", "Other")), GREEN, ANA)
