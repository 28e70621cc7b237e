"""The benchmarks run on tiny sizes; what they print on real ones is in BENCHMARKS.md."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from evals.bench import embedding, search, sync


def test_an_unchanged_sync_embeds_nothing(tmp_path: Path, capsys, monkeypatch) -> None:
    monkeypatch.setattr(sync.time, "sleep", lambda _seconds: None)
    # In this process: starting two more would take most of the test's time.
    monkeypatch.setattr(sync, "in_a_process", sync.run_once)
    sync.main(["--documents", "4", "--stub", "--json"])
    first, unchanged = json.loads(capsys.readouterr().out)["syncs"]
    assert first["chunks"] == first["embedded"] >= 4
    assert {"parse", "embed", "write", "publish"} <= set(first["seconds_of"])
    assert unchanged["chunks"] == unchanged["embedded"] == 0
    assert first["own_mb"] <= first["peak_mb"]


def test_a_kept_index_is_searched_again_with_its_writing_times(tmp_path: Path, capsys, monkeypatch) -> None:
    monkeypatch.setattr(search, "_ASKED", 20)
    for _ in range(2):
        search.main(["--chunks", "300", "--folder", str(tmp_path), "--json"])
    first, again = (json.loads(line) for line in capsys.readouterr().out.splitlines() if line.startswith("{"))
    assert first["written_per_s"] == again["written_per_s"] > 0
    assert set(again["searches"]) == {
        "plain, 1 thread", "filtered, 1 thread", "weighted, 1 thread",
        "both, 1 thread", "both, 8 threads", "both, 32 threads",
    }  # fmt: skip


def test_ways_are_compared_by_their_rounds() -> None:
    begun: list[str] = []
    speeds, ratio = embedding._in_turn({"a": lambda: begun.append("a"), "b": lambda: begun.append("b")}, 10)
    assert begun == ["a", "b"] * 4
    assert set(speeds) == {"a", "b"} and ratio > 0


def test_texts_are_chunks_of_real_pages() -> None:
    texts = embedding._texts(5)
    assert len(texts) == 5
    assert all(len(text.split()) <= 220 for text in texts)


@pytest.mark.parametrize("seed", ["a passage", "another one"])
def test_made_up_vectors_follow_from_the_text(seed: str, tmp_path: Path) -> None:
    class Like:
        name, dim, languages = "made up", 8, "en"

    made_up = sync.MadeUp(Like())  # type: ignore[arg-type]
    vectors, sketches = made_up.encode_passages([seed, seed])
    assert (vectors[0] == vectors[1]).all()
    assert sketches[0] == sketches[1]
    assert abs(float((vectors[0] ** 2).sum()) - 1) < 1e-5
