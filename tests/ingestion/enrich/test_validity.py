"""What a text says of its own validity becomes attributes; what it says of other things doesn't."""

from __future__ import annotations

import pytest

from ingestion.enrich.validity import stated_validity


def days(text: str) -> dict[str, object]:
    return {
        name: str(value)[:10] if name != "replaces_earlier" else value for name, value in stated_validity(text).items()
    }


@pytest.mark.parametrize(
    ("text", "stated"),
    [
        ("Version 3, valid from 1 January 2020. Fees.", {"version": "3", "valid_from": "2020-01-01"}),
        (
            "Gültig ab 01.03.2026, ersetzt alle früheren Fassungen.",
            {"valid_from": "2026-03-01", "replaces_earlier": True},
        ),
        ("Effective date: 2026-04-01\nVersion: 2.1", {"valid_from": "2026-04-01", "version": "2.1"}),
        ("| Version | 3 |\n| Valid from | 1 May 2026 |", {"valid_from": "2026-05-01"}),
        (
            "Versión 2, vigente desde el 1 de abril de 2026. Sustituye a las versiones anteriores.",
            {"version": "2", "valid_from": "2026-04-01", "replaces_earlier": True},
        ),
        (
            "Version 7, en vigueur à partir du 1 avril 2026. Elle remplace toutes les versions précédentes.",
            {"version": "7", "valid_from": "2026-04-01", "replaces_earlier": True},
        ),
        ("This policy is valid until 31 December 2026.", {"valid_until": "2026-12-31"}),
        ("Stand: März 2023", {"as_of": "2023-03-01"}),
        ("Fees.\n\n" + "Text of a page. " * 100 + "\n\nLast updated: 3 May 2024", {"as_of": "2024-05-03"}),
        ("This page is no longer valid.", {"status": "superseded"}),
        # about something else
        ("The discount is valid from 1 May 2026 for all.", {}),
        ("The old crane was replaced by a new one in 2024.", {}),
        ("The agent supports Windows version 10 and later on all hosts that we run.", {}),
        ("Text of a page. " * 60 + "Version 3, valid from 1 May 2020. " + "More of it. " * 60, {}),
    ],
)
def test_validity_as_stated(text: str, stated: dict[str, object]) -> None:
    assert days(text) == stated
