"""`debrief eval apps` on a company of another language, whose words stand in no file of ours but the standard ones."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from apps.accounts import load_accounts
from cli import app
from core.errors import DatasetError, SettingsError
from evals.measures.app_worlds import AppScore, evaluate_apps, load_world

FACILITY = Path(__file__).parent / "worlds" / "facility"


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    folder = tmp_path_factory.mktemp("facility")
    for name in ("debrief.yaml", "apps.yaml"):
        shutil.copy(FACILITY / name, folder)
    subprocess.run([sys.executable, FACILITY / "make.py", folder], check=True)
    return folder


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return tmp_path_factory.mktemp("index")


def test_a_company_that_nobody_prepared_is_told_of_rightly(world, data, tmp_path):
    scores = evaluate_apps(world, data, tmp_path)
    assert set(scores) == {"customer_brief", "renewal_justification", "executive_report"}
    assert sum(s.found for s in scores.values()) / sum(s.facts for s in scores.values()) >= 0.85
    assert [f for s in scores.values() for f in s.false] == []
    brief = (tmp_path / "customer_brief Logistikpark Wismar.md").read_text()
    assert "widersprechen sich" in brief and "31. Dezember 2027" in brief


def test_the_draft_is_a_file_that_loads_and_says_the_same(world, data, monkeypatch):
    settings = data / "debrief.yaml"
    settings.write_text(
        (world / "debrief.yaml").read_text().replace(".debrief", str(data)).replace("docs", str(world / "docs"))
    )
    monkeypatch.setenv("DEBRIEF_SETTINGS", str(settings))
    ran = CliRunner().invoke(app, ["accounts", "draft", "--save", str(data / "accounts.yaml")])
    assert ran.exit_code == 0, ran.output
    file = load_accounts(data / "accounts.yaml")
    assert file.facts["contract_end"] == ["Laufzeitende", "Vertragsende"] and "Ampel" in file.facts["health"]
    assert file.for_customers.labels == ["Kunde"]
    assert "# unknown" in (data / "accounts.yaml").read_text()
    checked = CliRunner().invoke(app, ["accounts", "check", "wismar", "--json"])
    found = json.loads(checked.stdout)
    gates = next(f for f in found["facts"] if f["fact"] == "Torverfügbarkeit")
    assert (gates["value"], gates["for_customers"]) == ("96.2 % (target 99,0 %)", True)
    assert gates["place"].startswith("slide 2")
    assert any("contradict" in remark for remark in found["remarks"]) and found["accounts_file"]


def test_a_world_without_its_file_or_with_a_wrong_one_is_refused(tmp_path):
    with pytest.raises(DatasetError, match=r"There is no .*apps.yaml"):
        load_world(tmp_path)
    (tmp_path / "apps.yaml").write_text("customers: {Acme: {facts: [{pattern: '('}]}}")
    with pytest.raises(SettingsError, match="regular expression"):
        load_world(tmp_path)
    assert AppScore().share == 0.0
