"""Runs: resumed, compared, gated, reported and sent."""

import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from core.errors import DatasetError, QuestionError
from core.settings import EvaluationSettings, Settings
from evals.commands.runs import changed_figures
from evals.metrics import mean
from evals.report.delivery import deliver
from evals.report.page import page
from evals.report.report import Report, markdown, verdict_line
from evals.suite.compare import compare
from evals.suite.foreign import flat, record_run
from evals.suite.gates import Gate, Gates, failed_gates, load_gates
from evals.suite.history import Result
from evals.suite.runner import Runner, summarise
from evals.suite.scorers import Score
from tests.evals.mail_server import mail_server
from tests.evals.systems import CASES, WORLD, Good, InventedNumbers


def runner(system, history):
    return Runner(system, WORLD, history, threads=2)


def results(values, metric="fact_coverage"):
    return {
        f"c{n}": Result(f"c{n}", "scored", trace_id=f"t{n}", scores=(Score(metric, v),)) for n, v in enumerate(values)
    }


def test_a_broken_off_run_goes_on_where_it_was(history):
    class Breaks(Good):
        def observe(self, case, user):
            if case.id == "lunch":
                raise RuntimeError("the machine goes down")
            return super().observe(case, user)

    asked = []

    class Counts(Good):
        def observe(self, case, user):
            asked.append(case.id)
            return super().observe(case, user)

    run = history.start("suite", "test", {})
    with pytest.raises(RuntimeError):
        Runner(Breaks(), WORLD, history, threads=1).run(run.id, CASES)
    before = set(history.results(run.id))
    assert before == {"kept", "travel", "margin"}
    found = runner(Counts(), history).run(run.id, CASES)
    assert asked == ["lunch"]
    assert list(found) == [c.id for c in CASES]
    assert history.results(run.id) == found


def test_what_is_not_here_is_not_run_and_what_fails_is_an_error(history):
    class Refuses(Good):
        def missing(self, case):
            return "no app is set up" if case.id == "lunch" else ""

        def observe(self, case, user):
            raise QuestionError("The question is too long.")

    unsynced = CASES[0].model_copy(update={"id": "far", "expected_documents": ("warehouse:a/b",)})
    stranger = CASES[3].model_copy(update={"id": "who", "user": "nobody@x.example"})
    run = history.start("suite", "test", {})
    found = runner(Refuses(), history).run(run.id, [*CASES, unsynced, stranger])
    assert {i: r.state for i, r in found.items()} == {
        "kept": "error", "travel": "error", "margin": "error", "lunch": "not_run", "far": "not_run", "who": "not_run",
    }  # fmt: skip
    assert "warehouse" in found["far"].message
    assert summarise(found.values())["errors"].value == 3


def test_noise_is_no_change_and_a_real_fall_is_named():
    before = results([1.0] * 40)
    one = compare(before, results([1.0] * 39 + [0.0]))[0]
    assert one.verdict == "same"
    assert [c.case_id for c in one.fell] == ["c39"]
    many = compare(before, results([0.0] * 10 + [1.0] * 30))[0]
    assert many.verdict == "worse"
    assert many.low < -0.25 < many.high < 0
    assert len(many.fell) == 10 and many.fell[0].trace_now == "t0"
    assert compare(results([0.0] * 10 + [1.0] * 30), before)[0].verdict == "better"


def test_slower_is_worse():
    assert compare(results([1.0] * 20, "seconds"), results([2.0] * 20, "seconds"))[0].verdict == "worse"


def test_gates_fail_on_the_mean_the_tag_and_a_fall_beyond_noise():
    now = {**results([1.0, 0.0]), "x": Result("x", "scored", tags=("hostile",), scores=(Score("no_leak", 0.0),))}
    gates = Gates(gates=(Gate(metric="fact_coverage", at_least=0.9), Gate(metric="no_leak", tag="hostile", at_least=1)))
    failed = failed_gates(gates, now)
    assert [f.cases for f in failed] == [("c1",), ("x",)]
    assert not failed_gates(Gates(gates=(Gate(metric="routing", at_least=1),)), now)
    floor = Gates(gates=(Gate(metric="fact_coverage", at_least=0.9, whole_suite=True),))
    assert failed_gates(floor, now) and not failed_gates(floor, now, filtered=True)
    worse = compare(results([1.0] * 20), results([0.0] * 20))
    assert failed_gates(Gates(no_worse=("fact_coverage",)), now, worse)[0].cases[0] == "c0"


def test_a_gates_file_with_a_mistake_is_refused(tmp_path):
    file = tmp_path / "gates.yaml"
    settings = Settings(evaluation=EvaluationSettings(gates_file=file))
    file.write_text("gates: [{metric: outcome}]")
    with pytest.raises(DatasetError, match="has no bound"):
        load_gates(settings)
    file.write_text("gates: [{metric: outcome, at_leest: 1}]")
    with pytest.raises(DatasetError, match="at_leest"):
        load_gates(settings)
    assert any(g.metric == "no_leak" and g.at_least == 1 for g in load_gates(Settings()).gates)


@pytest.fixture
def report(history):
    good, bad = history.start("suite", "test", {"model": "a"}), history.start("suite", "test", {"model": "b"})
    before = runner(Good(), history).run(good.id, CASES)
    now = runner(InventedNumbers(), history).run(bad.id, CASES)
    now["kept"] = Result(
        **{**{f: getattr(now["kept"], f) for f in Result.__slots__}, "question": "<script>alert(1)</script>"}
    )
    baseline = history.finish(good.id, summarise(before.values()))
    run = history.finish(bad.id, summarise(now.values()))
    differences = compare(before, now)
    failed = failed_gates(Gates(gates=(Gate(metric="fact_coverage", at_least=0.5),)), now, differences)
    return Report(run, now, baseline, before, differences, failed, [baseline, run])


def test_a_report_says_what_failed_and_escapes_what_people_wrote(report):
    text, html = markdown(report), page(report)
    assert "fact_coverage is 0.000" in text and "kept (trace t1)" in text
    assert "1 gates failed" in verdict_line(report)
    assert report.changed_settings == [("model", "a", "b")]
    assert "<script" not in html and "&lt;script&gt;" in html
    assert html.count("<svg") > 5 and "http" not in html.replace("https://x.example", "")
    assert "400 days" in html and "90 days" in html  # now, and the baseline beside it


def test_a_pipe_in_a_metrics_name_stays_in_its_cell(report):
    report.run.summary["recall|strict"] = mean([1.0, 0.5])
    assert "| recall\\|strict |" in markdown(report)
    assert "<td>recall|strict</td><td>0.750" in page(report)


@pytest.mark.integration
def test_the_webhook_gets_figures_and_no_answers(report, tmp_path):
    got = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            got.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_):
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        url = f"http://127.0.0.1:{server.server_port}/hook"
        assert deliver(report, Settings(data_dir=tmp_path, evaluation={"webhook_url": url})) == []
    finally:
        server.shutdown()
        server.server_close()
    assert got[0]["passed"] is False and "400 days" not in json.dumps(got)
    assert len(list((tmp_path / "reports").glob("*.html"))) == 1
    failed = deliver(
        report, Settings(data_dir=tmp_path, evaluation={"webhook_url": url, "mail": {"to": ["a@b.example"], "port": 1}})
    )
    assert len(failed) == 2 and url not in " ".join(failed)


@pytest.mark.integration
def test_the_report_is_mailed(report, tmp_path):
    with mail_server() as server:
        mail = {"to": ["ana@x.example", "bo@x.example"], "sender": "debrief@x.example", "host": "127.0.0.1",
                "port": server.port, "starttls": False, "user": "debrief", "password": "secret"}  # fmt: skip
        settings = Settings(data_dir=tmp_path, evaluation={"mail": mail})
        assert deliver(report, settings) == []
        server.refuse = "DATA"
        (problem,) = deliver(report, settings)
    assert "can't be mailed" in problem and "secret" not in problem
    assert server.login == "\0debrief\0secret" and server.to[:2] == ["ana@x.example", "bo@x.example"]
    (message,) = server.messages
    assert message["From"] == "debrief@x.example" and "failed" in message["Subject"]
    body, (page_,) = message.get_body().get_content(), list(message.iter_attachments())
    assert "gates failed" in body and "400 days" not in body
    assert page_.get_content_type() == "text/html" and page_.get_content().splitlines() == page(report).splitlines()


def test_foreign_sets_land_in_the_same_history(tmp_path):
    (tmp_path / "debrief.yaml").write_text("")
    settings = Settings(file=tmp_path / "debrief.yaml", root=tmp_path)
    run = record_run(settings, "retrieval", "xquad", {"ndcg@10": mean([1.0, 0.5]), "stage": {"ms": 3}, "set": "xquad"})
    assert run.summary["ndcg@10"].value == 0.75 and run.summary["stage.ms"].value == 3.0
    assert run.environment["index"] == "the set's own"
    assert record_run(Settings(file=tmp_path / "none.yaml"), "retrieval", "xquad", {}) is None
    assert dict(flat({"a": True, "b": [1], "c": {"d": 1}})) == {"c.d": 1.0}


def test_two_runs_of_a_foreign_set_are_compared_by_their_figures(history):
    before = history.record_run("retrieval", "xquad", {}, {"ndcg@10": 0.8, "questions": 40})
    now = history.record_run("retrieval", "xquad", {}, {"ndcg@10": 0.7, "questions": 40, "mrr": 0.5})
    assert changed_figures(Report(now, {}, before)) == {"ndcg@10": (0.8, 0.7)}
    assert [r.id for r in history.latest("xquad", kind="retrieval")] == [now.id, before.id]
