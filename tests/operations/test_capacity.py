"""What a deployment of a size needs, from figures that were measured."""

from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner

from cli import app
from core.errors import SettingsError
from operations.capacity import Size, coefficients, cost, needs


def amounts(size: Size) -> dict[str, float]:
    return {line.what: line.amount for line in needs(size, coefficients())}


def test_needs_grow_with_what_they_come_from() -> None:
    small, large = amounts(Size(1_000, 1_000)), amounts(Size(10_000, 1_000))
    assert large["chunks"] == 10 * small["chunks"] and large["first sync"] == pytest.approx(10 * small["first sync"])
    assert large["memory of a page's process"] == small["memory of a page's process"]
    assert amounts(Size(1_000, 10_000_000))["cores for questions"] > 100 * small["cores for questions"]
    assert amounts(Size(1_000, 1_000, changed=0))["a day's sync"] == 0


def test_what_was_measured_only_smaller_is_said() -> None:
    lines = {line.what: line for line in needs(Size(10_000_000, 1_000), coefficients())}
    assert lines["memory of the index"].beyond > 1_000 and lines["memory of a page's process"].beyond < 1


def test_a_month_costs_cores_memory_and_disk() -> None:
    lines = needs(Size(1_000, 1_000), coefficients())
    prices = {"core": 1.0, "memory": 0.0, "disk": 0.0}
    assert 729 < cost(lines, prices) < 740
    assert cost(lines, {**prices, "core": 0.0}) == 0


def test_own_figures_take_the_place_of_ours(tmp_path: Path) -> None:
    file = tmp_path / "ours.yaml"
    file.write_text(yaml.safe_dump({**coefficients(), "chunks_per_document": {"value": 2, "up_to": 5, "from": "here"}}))
    assert next(iter(needs(Size(100, 1), coefficients(file)))).amount == 200


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("a: [", "can't be read"),
        ("just words", "lacks answer_cpu_s"),
        ("chunks_per_document: {}", "lacks answer_cpu_s"),
    ],
)
def test_a_file_of_figures_that_isnt_one(tmp_path: Path, written: str, said: str) -> None:
    (tmp_path / "f.yaml").write_text(written)
    with pytest.raises(SettingsError, match=said):
        coefficients(tmp_path / "f.yaml")


def test_a_figure_must_be_positive() -> None:
    with pytest.raises(SettingsError, match="no positive number"):
        needs(Size(1, 1), {**coefficients(), "answer_cpu_s": {"value": 0, "up_to": 1, "from": "x"}})
    with pytest.raises(SettingsError, match="choose english or multilingual"):
        needs(Size(1, 1, "own"), coefficients())


def test_the_command_reads_counts_as_people_write_them() -> None:
    found = CliRunner().invoke(
        app, ["capacity", "--documents", "10M", "--questions-per-day", "200k", "--languages", "en,de"]
    )
    assert (
        found.exit_code == 0
        and "10,000,000 documents, 200,000 questions a day, embedding.model: multilingual" in found.stdout
    )
