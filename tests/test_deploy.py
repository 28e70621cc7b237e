"""What deploy/ says holds: systemd takes the units, and commands, files and paths are those that there are."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
from configparser import ConfigParser
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml
from typer.testing import CliRunner

import cli

ROOT = Path(__file__).resolve().parents[1]
UNITS = sorted((ROOT / "deploy").glob("*.service")) + sorted((ROOT / "deploy").glob("*.timer"))
COMPOSE = ROOT / "deploy" / "compose" / "compose.yaml"
KUBERNETES = "1.31"
MANIFESTS = [
    one
    for file in sorted((ROOT / "deploy" / "kubernetes").glob("*.yaml"))
    for one in yaml.safe_load_all(file.read_text(encoding="utf-8"))
]
DOCKERFILE = (ROOT / "deploy" / "Dockerfile").read_text(encoding="utf-8")


def unit(path: Path) -> ConfigParser:
    read = ConfigParser(strict=False, interpolation=None)
    read.optionxform = str  # type: ignore[assignment,method-assign]
    read.read_string(path.read_text(encoding="utf-8"))
    return read


def accepted(command: list[str]) -> bool:
    """Whether `debrief` knows the command and its options."""
    return CliRunner().invoke(cli.app, [*command, "--help"]).exit_code == 0


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze isn't on this machine")
def test_systemd_takes_the_units(tmp_path: Path) -> None:
    program = tmp_path / "debrief"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    for path in UNITS:
        text = path.read_text(encoding="utf-8").replace("/opt/debrief/.venv/bin/debrief", str(program))
        (tmp_path / path.name).write_text(re.sub(r"^User=.*\n", "", text, flags=re.MULTILINE))
    found = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", *(str(tmp_path / path.name) for path in UNITS)],
        capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    said = [line for line in found.stderr.splitlines() if str(tmp_path) in line or "debrief" in line]
    assert (found.returncode, said) == (0, [])


@pytest.mark.parametrize("path", [path for path in UNITS if path.suffix == ".service"], ids=lambda path: path.name)
def test_a_unit_calls_a_command_that_there_is_as_nobody_special(path: Path) -> None:
    service = unit(path)["Service"]
    program, option, _settings, *command = shlex.split(service["ExecStart"])
    assert program.endswith("/bin/debrief") and option == "--settings"
    assert accepted([part for part in command if not part.startswith("/")])
    assert (service["User"], service["NoNewPrivileges"], service["ProtectSystem"]) == ("debrief", "yes", "strict")


def test_the_timer_has_its_service() -> None:
    for path in UNITS:
        assert path.suffix != ".timer" or path.with_suffix(".service") in UNITS


def test_the_image_copies_what_there_is_and_runs_a_command_as_nobody_special() -> None:
    steps = re.findall(r"^([A-Z]+) (.*)$", re.sub(r"\\\n", " ", DOCKERFILE), re.MULTILINE)
    known = {"FROM", "ENV", "WORKDIR", "COPY", "RUN", "USER", "VOLUME", "EXPOSE", "STOPSIGNAL", "HEALTHCHECK"}
    assert {name for name, _ in steps} <= known | {"ENTRYPOINT", "CMD"}
    for copied in (what for name, what in steps if name == "COPY"):
        for file in copied.split()[:-1]:
            assert (ROOT / file).exists(), file
    order = [name for name, _ in steps]
    assert order[0] == "FROM" and order.index("USER") < order.index("ENTRYPOINT")
    entry, command = (
        re.findall(r'"([^"]+)"', next(what for name, what in steps if name == n)) for n in ("ENTRYPOINT", "CMD")
    )
    assert entry[0] == "debrief" and accepted(command)


def test_the_image_has_every_package_of_the_code() -> None:
    left_out = (ROOT / ".dockerignore").read_text(encoding="utf-8").split()
    assert not {"core", "chat_ui", "models.txt", "hashes.txt", "pyproject.toml", "README.md"} & set(left_out)


@pytest.mark.parametrize("manifest", MANIFESTS, ids=lambda one: f"{one['kind']} {one['metadata']['name']}")
def test_kubernetes_takes_the_manifests(manifest: dict[str, Any]) -> None:
    kubernetes_validate.validate(manifest, KUBERNETES, strict=True)


def test_what_is_deployed_calls_commands_that_there_are_as_nobody_special() -> None:
    pods = [one["spec"]["template"]["spec"] for one in MANIFESTS if one["kind"] == "Deployment"]
    services = yaml.safe_load(COMPOSE.read_text(encoding="utf-8"))["services"]
    commands = [pod["containers"][0]["args"] for pod in pods]
    commands += [services[name]["command"] for name in ("page", "schedule")]
    assert len(commands) == 4 and all(map(accepted, commands))
    for pod in pods:
        container = pod["containers"][0]
        assert pod["securityContext"]["runAsNonRoot"] and container["securityContext"]["readOnlyRootFilesystem"]
    assert services["page"]["read_only"] and services["page"]["cap_drop"] == ["ALL"]
    written = {mount["mountPath"] for pod in pods for mount in pod["containers"][0]["volumeMounts"]}
    assert {"/data", "/tmp", "/home/debrief", "/settings"} == written


def test_services_find_their_pods_and_pods_their_volumes() -> None:
    labels = [one["spec"]["template"]["metadata"]["labels"] for one in MANIFESTS if "template" in one["spec"]]
    for one in MANIFESTS:
        wanted = one["spec"].get("selector", {})
        wanted = wanted.get("matchLabels", wanted)
        assert any(wanted.items() <= found.items() for found in labels), one["metadata"]["name"]
    for pod in (one["spec"]["template"]["spec"] for one in MANIFESTS if one["kind"] == "Deployment"):
        mounted = {mount["name"] for mount in pod["containers"][0]["volumeMounts"]}
        assert mounted == {volume["name"] for volume in pod["volumes"]}
    assert (COMPOSE.parent / "nginx.conf").is_file()
