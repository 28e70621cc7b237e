"""`debrief trace ID --prompt`: what a model was sent, for whoever may read all that it quotes."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from assistant.ask import Assistant
from assistant.commands.questions import _check_may_read
from assistant.question import Question
from assistant.records import Traces
from core.database import open_database
from core.errors import QuestionError
from core.settings import LlmSettings, Settings
from retrieval.retriever import Retriever
from tests.assistant.conftest import ANA, BEN
from tests.fakes import scripted_models

QUESTION = "When does the contract of Aurora Bank end?"


def asked(retriever: Retriever, folder: Path, keep: bool = True) -> tuple[Traces, str, list[list[object]]]:
    reply = "The contract of Aurora Bank ends on 30 March 2027 [1]."
    models, model = scripted_models(reply, '{"corrections": []}')
    settings = Settings(data_dir=folder, llm=LlmSettings(keep_prompts=keep))
    assistant = Assistant.over(retriever, settings, engine=open_database(settings), models=models)
    answer = assistant.answer(Question(QUESTION, ANA))
    assert assistant.traces is not None
    return assistant.traces, answer.trace_id, [list(seen) for seen in model.seen]


def test_prompts_are_kept_as_they_were_sent(retriever: Retriever, tmp_path: Path) -> None:
    traces, trace_id, seen = asked(retriever, tmp_path)
    first, repair = traces.prompts(trace_id)
    assert [text for _, text in first.messages] == [str(m.content) for m in seen[0]]  # type: ignore[attr-defined]
    assert (first.task, first.model) == ("answer", "scripted:one")
    assert repair.messages[-1][0] == "schema" and "corrections" in repair.messages[-1][1]
    assert "aurora" in traces.load(trace_id, ANA)["given"]
    assert traces.forget_older_than(-1) == 1 and traces.prompts(trace_id) == []


def test_prompts_need_not_be_kept(retriever: Retriever, tmp_path: Path) -> None:
    traces, trace_id, _ = asked(retriever, tmp_path, keep=False)
    assert traces.prompts(trace_id) == []


def test_only_who_may_read_all_that_is_quoted_sees_a_prompt(
    retriever: Retriever, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("assistant.commands.questions.open_generations", lambda _: retriever.generations)
    traces, trace_id, _ = asked(retriever, tmp_path)
    record = traces.load(trace_id, ANA)
    settings = Settings(data_dir=tmp_path)
    _check_may_read(record, ANA, settings)
    # An administrator who may see the trace, but not the customer's documents.
    with pytest.raises(QuestionError, match=r"quote \d of \d documents that you may not read"):
        _check_may_read(traces.load(trace_id, BEN, everyone=True), BEN, settings)
    with pytest.raises(QuestionError, match="quote 1 of"):
        _check_may_read({**record, "given": [*record["given"], "gone"]}, ANA, settings)
    attached = {**record, "given": ["attachment:x"]}
    _check_may_read(attached, ANA, settings)
    with pytest.raises(QuestionError):
        _check_may_read(attached, BEN, settings)


def test_the_command_prints_them_word_for_word(
    retriever: Retriever, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from cli import app

    _, trace_id, _ = asked(retriever, tmp_path)
    settings = tmp_path / "debrief.yaml"
    settings.write_text(f"data_dir: {tmp_path}\nauth: {{mode: development, development_user: {ANA.email}}}\n")
    monkeypatch.setattr("assistant.commands.questions.open_generations", lambda _: retriever.generations)
    monkeypatch.setattr("assistant.commands.questions.asking_user", lambda *_: ANA)
    monkeypatch.setenv("DEBRIEF_SETTINGS", str(settings))
    said = CliRunner().invoke(app, ["trace", trace_id, "--prompt"])
    assert said.exit_code == 0, said.output
    assert "1. answer, scripted:one" in said.output and f"Question: {QUESTION}" in said.output
    assert "square brackets: [1] or" in said.output
