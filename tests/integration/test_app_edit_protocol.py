"""A configured model edits the drafts of the library's apps, over the real wire protocol; it adds nothing to them."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from apps.publish.catalogue import LIBRARY
from apps.publish.load import load_app
from apps.publish.testing import read_sample
from apps.run.context import Context
from apps.runner import RunResult, finish
from assistant.app_runs.tools import open_tools
from core.llm import open_chat_models
from core.settings import LlmSettings, Settings
from core.types import User
from ingestion.parse import parse
from tests.integration.openai_stand_in import OpenAiStandIn, Script, openai_stand_in

pytestmark = pytest.mark.integration
pytest.importorskip("langchain_openai", reason="the extra debrief[openai] isn't installed")
NOTES = (
    "Call with Acme, 3 March 2026\nDecided: the pilot runs in two plants until June.\nMax sends the draft by 10 March."
)
MINUTES = Script(
    '{"decisions": [{"text": "The pilot runs in two plants until June", "turns": [1]}], '
    '"tasks": [{"text": "Send the draft", "owner": "Max", "due": "2026-03-10", "turns": [2]}]}'
)
DRAFT = """Hello everybody,

Thank you for the good conversation on 3 March 2026. Here is what we agreed. Please tell me if I missed something.

**Decisions**

- The pilot runs in two plants until June

**Next steps**

| Who | What | By when |
| --- | --- | --- |
| Max | Send the draft | 10 March 2026 |

Kind regards
Ana"""


@pytest.fixture
def server() -> Iterator[OpenAiStandIn]:
    with openai_stand_in() as running:
        yield running


def run(server: OpenAiStandIn, name: str, inputs: dict[str, Any], *scripts: Script) -> RunResult:
    server.scripts = list(scripts)
    llm = LlmSettings(model="openai:any", base_url=server.url, api_key="sk-test", timeout_s=2.0, retries=0)
    assistant: Any = SimpleNamespace(models=open_chat_models(llm), limits=None)
    tools = open_tools(Settings(file=Path("debrief.yaml"), root=Path()), assistant, None)
    app = load_app(LIBRARY / f"{name}.yaml")
    return finish(app, inputs, Context(User("ana@example.com", name="Ana"), tools, today=date(2026, 3, 4)))


def test_an_edit_that_keeps_to_the_draft_is_used(server: OpenAiStandIn) -> None:
    edit = DRAFT.replace("Thank you for the good conversation on", "It was good to talk on")
    result = run(server, "follow_up_email", {"notes": NOTES}, MINUTES, Script(edit))
    assert edit in result.outputs[0].text and result.notes == () and result.tokens > 0
    system, draft = (m["content"] for m in server.requests[1]["messages"])
    assert "Add a fact only if the material says it" in system and "10 March" in draft


@pytest.mark.parametrize(
    "added",
    [
        "Max sends the draft by 12 March 2026.",
        "The pilot costs 4,000 euros.",
        "Harbour & Lane does the same.",
        'Max said: "we are very happy".',
    ],
)
def test_an_edit_that_adds_a_fact_is_refused(server: OpenAiStandIn, added: str) -> None:
    result = run(
        server, "follow_up_email", {"notes": NOTES}, MINUTES, Script(DRAFT.replace("if I missed something.", added))
    )
    text = result.outputs[0].text
    assert added not in text and "The pilot runs in two plants until June" in text
    assert any("edit" in note for note in result.notes)


def test_a_report_keeps_its_figures(server: OpenAiStandIn, project_root: Path) -> None:
    samples = project_root / "samples" / "workspace"
    names = ("2026-Q2-health-check.xlsx", "2026-Q3-health-check.xlsx")
    before, after = (read_sample(samples, f"s3/health-checks/brightwater/{name}", parse) for name in names)
    inputs = {"before": before, "after": after}
    result = run(server, "health_check_comparison", inputs, Script("The cloud posture score rose from 78 to 95."))
    assert "edit was not used" in result.notes[0] and "95" not in result.outputs[0].text.partition("[1]")[0]
    assert "**Cloud posture score**: 78 → 85" in result.outputs[0].text


def test_without_an_answer_from_the_model_the_draft_is_the_result(server: OpenAiStandIn) -> None:
    result = run(
        server, "follow_up_email", {"notes": NOTES}, Script("broken", status=500), Script("broken", status=500)
    )
    assert result.status == "completed" and "10 March 2026" in result.outputs[0].text
    assert any(note.startswith("This is the draft as it is") for note in result.notes)
