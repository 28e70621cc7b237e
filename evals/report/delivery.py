"""The report goes out: as a file, by webhook, by mail, whatever is configured."""

from __future__ import annotations

from email.message import EmailMessage
from pathlib import Path

from core.outgoing import post_json, send_mail
from core.settings import MailSettings, Settings
from evals.report.page import page
from evals.report.report import Report, markdown, verdict_line


def deliver(report: Report, settings: Settings) -> list[str]:
    """Writes, posts and mails the report; what went wrong, in sentences. A report that can't be sent is still kept."""
    chosen = settings.evaluation
    folder = settings.path(chosen.reports_dir) if chosen.reports_dir is not None else settings.data_path / "reports"
    problems = []
    try:
        write_report(report, folder)
    except OSError as error:
        problems.append(f"The report can't be written to {folder} ({error.strerror}); check evaluation.reports_dir.")
    if chosen.webhook_url is not None:
        problems += _post(report, chosen.webhook_url.get_secret_value())
    if chosen.mail.to:
        problems += _mail(report, chosen.mail)
    return problems


def write_report(report: Report, folder: Path) -> Path:
    """The page in `folder`, under the day and the run's id; Markdown beside it."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / f"{report.run.started_at:%Y-%m-%d}-{report.run.suite}-{report.run.id}.html"
    file.write_text(page(report), encoding="utf-8")
    file.with_suffix(".md").write_text(markdown(report), encoding="utf-8")
    return file


def summary(report: Report) -> dict[str, object]:
    """What a webhook gets. Neither questions nor answers are in it: whoever reads the channel may not read them."""
    text = verdict_line(report)
    return {
        "text": text,  # Slack, Teams and Mattermost show this field.
        "run": report.run.id,
        "suite": report.run.suite,
        "passed": not report.failed,
        "failed_gates": [{"message": f.message, "cases": list(f.cases)} for f in report.failed],
        "worse": [
            {"metric": d.metric, "before": d.before, "now": d.now, "cases": [c.case_id for c in d.fell]}
            for d in report.differences
            if d.verdict == "worse"
        ],
        "metrics": {name: round(m.value, 4) for name, m in report.run.summary.items()},
    }


def _post(report: Report, url: str) -> list[str]:
    if problem := post_json(url, summary(report)):
        # The address holds a secret, so it isn't in the message.
        return [f"The evaluation's webhook failed ({problem}); check evaluation.webhook_url."]
    return []


def _mail(report: Report, mail: MailSettings) -> list[str]:
    message = EmailMessage()
    message["Subject"] = f"Evaluation {report.run.suite}: {'failed' if report.failed else 'passed'}"
    message["From"] = mail.sender or mail.to[0]
    message["To"] = ", ".join(mail.to)
    message.set_content(verdict_line(report) + "\n\nThe whole report is attached.\n")
    message.add_attachment(page(report), subtype="html", filename=f"evaluation-{report.run.id}.html")
    if problem := send_mail(mail, message):
        return [f"The report can't be mailed by {mail.host}:{mail.port} ({problem}); check evaluation.mail."]
    return []
