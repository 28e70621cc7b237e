"""One set-up for every process: text or JSON lines on stderr, ours from the level on, libraries from WARNING on."""

import json
import logging
import os
import tomllib

import pytest

from core import logs
from core.errors import AppError, SettingsError


@pytest.fixture(autouse=True)
def _as_before(monkeypatch):
    """Leaves the process's logging and environment as they were."""
    monkeypatch.delenv(logs.FORMAT_VARIABLE, raising=False)
    monkeypatch.delenv(logs.LEVEL_VARIABLE, raising=False)
    root = logging.getLogger()
    handlers, levels = list(root.handlers), {name: logging.getLogger(name).level for name in ("", *logs.PACKAGES)}
    formatters = [handler.formatter for handler in handlers]
    yield
    root.handlers[:] = handlers
    for handler, formatter in zip(handlers, formatters, strict=True):
        handler.setFormatter(formatter)
    for name, level in levels.items():
        logging.getLogger(name).setLevel(level)
    logging.captureWarnings(False)
    for variable in (logs.FORMAT_VARIABLE, logs.LEVEL_VARIABLE):
        os.environ.pop(variable, None)


def lines(capsys):
    return capsys.readouterr().err.splitlines()


def test_a_json_line_has_the_sentence_and_its_values(capsys):
    logs.set_up("json", "info")
    logging.getLogger("core.x").info("answer %(trace)s in %(seconds).1f s", {"trace": "ab12", "seconds": 1.25})
    (line,) = map(json.loads, lines(capsys))
    assert line["message"] == "answer ab12 in 1.2 s"
    assert (line["trace"], line["seconds"], line["level"], line["logger"]) == ("ab12", 1.25, "info", "core.x")
    assert line["time"].endswith("Z") and line["time"][10] == "T"


def test_a_value_can_not_take_the_place_of_the_level(capsys):
    logs.set_up("json", "info")
    logging.getLogger("core.x").warning("%(level)s", {"level": "nothing of note", "message": "other"})
    (line,) = map(json.loads, lines(capsys))
    assert (line["level"], line["message"]) == ("warning", "nothing of note")


@pytest.mark.parametrize("form", ["text", "json"])
def test_a_line_break_in_a_value_makes_no_line(form, capsys):
    logs.set_up(form, "info")
    logging.getLogger("core.x").info("host %(host)s", {"host": "a\n2026-11-28 ERROR core: forged\r"})
    assert len(lines(capsys)) == 1


def test_a_traceback_stays_in_its_json_line(capsys):
    logs.set_up("json", "info")
    try:
        raise KeyError("x")
    except KeyError:
        logging.getLogger("core.x").exception("page error")
    (line,) = map(json.loads, lines(capsys))
    assert "Traceback" in line["exception"] and line["message"] == "page error"


def test_the_level_is_for_us_and_libraries_speak_from_warning_on(capsys):
    logs.set_up("text", "debug")
    logging.getLogger("core.x").debug("ours")
    logging.getLogger("httpx").info('HTTP Request: GET https://x.example/?token=secret "200 OK"')
    logging.getLogger("httpx").warning("theirs")
    assert [line.split(": ")[-1] for line in lines(capsys)] == ["ours", "theirs"]
    logs.set_up("text", "error")
    logging.getLogger("core.x").warning("too low")
    assert lines(capsys) == []


def test_a_second_set_up_writes_nothing_twice(capsys):
    logs.set_up("text", "info")
    logs.set_up("text", "info")
    logging.getLogger("core.x").info("once")
    assert len(lines(capsys)) == 1


def test_a_process_follows_its_parent(monkeypatch, capsys):
    monkeypatch.setenv(logs.FORMAT_VARIABLE, "json")
    monkeypatch.setenv(logs.LEVEL_VARIABLE, "warning")
    logs.set_up_as_parent()
    logging.getLogger("core.x").info("no")
    logging.getLogger("core.x").warning("yes")
    assert [json.loads(line)["message"] for line in lines(capsys)] == ["yes"]
    monkeypatch.setenv(logs.LEVEL_VARIABLE, "loud")
    with pytest.raises(SettingsError, match=r"DEBRIEF_LOG_LEVEL is 'loud'; set it to one of debug, info"):
        logs.set_up_as_parent()


def test_a_library_with_a_handler_of_its_own_takes_the_form():
    library = logging.getLogger("some.library")
    library.addHandler(logging.StreamHandler())
    logs.set_up("json", "info")
    assert isinstance(library.handlers[0].formatter, logs.JsonLines)


def test_a_scheduled_job_logs_its_begin_and_its_end(caplog):
    caplog.set_level(logging.INFO)
    log = logging.getLogger("core.x")
    with logs.scheduled(log, "sync a"):
        pass
    assert [r.getMessage() for r in caplog.records] == ["job sync a begins", "job sync a ended after 0.0 s"]
    caplog.clear()
    with logs.scheduled(log, "sync a"):
        raise AppError("It didn't work; do this.")
    assert [r.levelname for r in caplog.records] == ["INFO", "ERROR", "INFO"]
    assert "do this" in caplog.records[1].getMessage()
    with pytest.raises(ValueError, match="ours"), logs.scheduled(log, "sync a"):
        raise ValueError("not ours")


def test_the_level_reaches_every_package(project_root):
    settings = tomllib.loads((project_root / "pyproject.toml").read_text(encoding="utf-8"))
    assert set(logs.PACKAGES) == set(settings["tool"]["importlinter"]["root_packages"])
