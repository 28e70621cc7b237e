"""What is shipped is permissive, listed, and pinned by hash."""

from __future__ import annotations

import json
import re
from importlib.metadata import Distribution
from pathlib import Path

import pytest

from operations import dependencies
from operations.dependencies import EXCEPTIONS, bill, forbidden, hashes, is_permissive, licence, packages

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize(
    "expression",
    [
        "MIT",
        "Apache-2.0 OR GPL-3.0-only",
        "Apache-2.0 AND Apache-2.0 WITH LLVM-exception AND BSL-1.0",
        "MIT OR Apache-2.0",
    ],
)
def test_permissive(expression: str) -> None:
    assert is_permissive(expression)


@pytest.mark.parametrize(
    "expression", ["", "GPL-3.0-only", "MIT AND LGPL-3.0-only", "MPL-2.0 AND (Apache-2.0 OR MIT)", "Proprietary"]
)
def test_not_permissive(expression: str) -> None:
    assert not is_permissive(expression)


class Made(Distribution):
    """A package with this metadata."""

    def __init__(self, metadata: str) -> None:
        self._said = metadata

    def read_text(self, filename: str) -> str | None:
        return self._said if filename == "METADATA" else None

    def locate_file(self, path: object) -> Path:
        raise NotImplementedError


@pytest.mark.parametrize(
    ("metadata", "expected"),
    [
        ("License-Expression: MIT-0", "MIT-0"),
        ("Classifier: License :: OSI Approved :: BSD License", "BSD-3-Clause"),
        ("Classifier: License :: OSI Approved\nLicense: Apache 2.0 License", "Apache-2.0"),
        ("License: GNU GPL v3", "GNU GPL v3"),
        ("Keywords: none", ""),
    ],
)
def test_a_licence_is_read_wherever_it_stands(metadata: str, expected: str) -> None:
    made = Made(f"Metadata-Version: 2.1\nName: x\nVersion: 1\n{metadata}\n")
    assert licence(made) == expected


def test_a_copyleft_package_is_named() -> None:
    gpl = Made("Metadata-Version: 2.1\nName: readline\nVersion: 8\nLicense: GPL\n")
    (said,) = forbidden({"readline": gpl})
    assert said.startswith("readline 8 is under GPL; replace it, or name it with its reason")
    assert forbidden({"certifi": gpl}) == []


def test_what_is_installed_is_permissive_or_named() -> None:
    found = packages(["dev", "postgresql"])
    assert {"alembic", "prometheus-client", "streamlit", "psycopg", "pytest", "mako"} <= set(found), (
        "what they need, too"
    )
    assert forbidden(found) == []
    runtime = packages()
    assert "pytest" not in runtime and not {"hypothesis", "axe-playwright-python"} & set(runtime)
    assert all(len(reason) > 10 for reason in EXCEPTIONS.values())


def test_the_bill_of_materials_lists_each_package_once() -> None:
    made = json.loads(json.dumps(bill(packages(), "0.3.0")))
    assert (made["bomFormat"], made["specVersion"]) == ("CycloneDX", "1.6")
    purls = [component["purl"] for component in made["components"]]
    assert len(purls) == len(set(purls)) > 60
    assert any(purl.startswith("pkg:pypi/sqlalchemy@2") for purl in purls)


def test_the_hashes_are_of_the_versions_of_the_lock() -> None:
    def names(file: str, pattern: str) -> dict[str, str]:
        text = (ROOT / file).read_text(encoding="utf-8")
        return {dependencies.canonicalize_name(n): v for n, v in re.findall(pattern, text, re.MULTILINE)}

    hashed = names("hashes.txt", r"^(\S+)==(\S+) --hash=sha256:[0-9a-f]{64}$")
    models = names("models.txt", r"^(\S+)==(\S+) --hash")
    assert hashed | models == names("constraints.txt", r"^(\S+)==(\S+)$") | models


def test_hashes_come_from_pips_report() -> None:
    item = {
        "metadata": {"name": "A_b", "version": "1+cpu"},
        "download_info": {"archive_info": {"hashes": {"sha256": "c0"}}},
    }
    assert hashes({"install": [item]}) == "a-b==1 --hash=sha256:c0"
