"""Jira Cloud: issues and comments by its REST interface v3.

Texts go in as documents of plain paragraphs: wiki marks and mentions in what a form was filled from do nothing. An
issue is found again by a label, a comment by the reference at its end.

Source: developer.atlassian.com/cloud/jira/platform/rest/v3
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import httpx

from actions.kinds.atlassian import ACCOUNT, AtlassianSettings, atlassian_sign_in
from actions.kinds.kind import ActionKind, Choice, Draft, Field, Lookup, Operation, Record, Values
from actions.wire import Wire
from core.errors import Refused

_ISSUE = r"[A-Z][A-Z0-9_]+-\d+"
_SCOPES = ("read:jira-work", "write:jira-work", "read:jira-user")


class Jira:
    """The site, as its operations speak to it."""

    def __init__(self, settings: AtlassianSettings, signed_in: httpx.Auth | None = None) -> None:
        self.site = settings.url
        self.project = settings.fixed.get("project") or settings.preset.get("project", "")
        auth, base = settings.signed(signed_in), settings.base("jira")
        self.wire = Wire(settings.name, base, settings.timeout_s, auth=auth, reason=_reason)

    def record(self, issue: Mapping[str, Any]) -> Record:
        """The issue, with the address at which a person opens it."""
        summary = (issue.get("fields") or {}).get("summary", "")
        return Record(str(issue["key"]), f"{self.site}/browse/{issue['key']}", f"{issue['key']} {summary}".strip())

    def search(self, jql: str, most: int = 10) -> list[Record]:
        """The issues that a query finds."""
        asked = {"jql": jql, "fields": "summary,status", "maxResults": most}
        return [self.record(i) for i in self.wire.read("GET", "/rest/api/3/search/jql", params=asked)["issues"]]


def document(text: str) -> dict[str, Any]:
    """The text as an Atlassian document: a paragraph for each block of lines, and nothing that is interpreted."""
    blocks = [block.strip("\n") for block in text.split("\n\n") if block.strip()]
    return {"type": "doc", "version": 1, "content": [_paragraph(block) for block in blocks]}


def _paragraph(block: str) -> dict[str, Any]:
    inner: list[dict[str, Any]] = []
    for line in block.split("\n"):
        inner += [{"type": "hardBreak"}] if inner else []
        inner += [{"type": "text", "text": line}] if line else []
    return {"type": "paragraph", "content": inner}


def _open_issue(client: Jira, draft: Draft) -> Record:
    values = draft.values
    fields: dict[str, Any] = {
        "project": {"key": values["project"]},
        "issuetype": {"name": values["type"]},
        "summary": values["summary"],
        "description": document(draft.signed("description")),
        "labels": [draft.reference],
    }
    fields |= {"duedate": values["due"]} if values.get("due") else {}
    fields |= {"priority": {"name": values["priority"]}} if values.get("priority") else {}
    made = client.wire.write("POST", "/rest/api/3/issue", json={"fields": fields})
    return client.record({**made, "fields": {"summary": values["summary"]}})


def _found_issue(client: Jira, draft: Draft) -> Record | None:
    return next(iter(client.search(f'labels = "{draft.reference}"', 1)), None)


def _choices(client: Jira) -> Mapping[str, Sequence[Choice]]:
    projects = client.wire.read("GET", "/rest/api/3/project/search", params={"maxResults": 100})["values"]
    known = client.project or (str(projects[0]["key"]) if projects else "")
    types = client.wire.read("GET", f"/rest/api/3/issue/createmeta/{known}/issuetypes") if known else {}
    priorities = client.wire.read("GET", "/rest/api/3/priority/search", params={"maxResults": 50})["values"]
    return {
        "project": [Choice(str(p["key"]), f"{p['name']} ({p['key']})") for p in projects],
        "type": [Choice(str(t["name"])) for t in types.get("issueTypes", ()) if not t.get("subtask")],
        "priority": [Choice(str(p["name"])) for p in priorities],
    }


def _comment(client: Jira, draft: Draft) -> Record:
    key = draft.values["issue"]
    made = client.wire.write("POST", f"/rest/api/3/issue/{key}/comment", json={"body": document(draft.signed("text"))})
    return _comment_record(client, key, str(made["id"]))


def _found_comment(client: Jira, draft: Draft) -> Record | None:
    key = draft.values["issue"]
    asked = {"orderBy": "-created", "maxResults": 100}
    comments = client.wire.read("GET", f"/rest/api/3/issue/{key}/comment", params=asked)["comments"]
    mine = (c for c in comments if draft.reference in json.dumps(c.get("body")))
    return next((_comment_record(client, key, str(c["id"])) for c in mine), None)


def _comment_record(client: Jira, key: str, number: str) -> Record:
    return Record(f"{key}/{number}", f"{client.site}/browse/{key}?focusedCommentId={number}", f"Comment on {key}")


def _issue_before(client: Jira, values: Values) -> Values:
    asked = {"fields": "summary,status"}
    issue = client.wire.read("GET", f"/rest/api/3/issue/{values['issue']}", params=asked)
    fields = issue["fields"]
    return {"Issue": f"{issue['key']} {fields['summary']}", "Status": str((fields.get("status") or {}).get("name", ""))}


def _delete_issue(client: Jira, record: Record) -> None:
    client.wire.write("DELETE", f"/rest/api/3/issue/{record.id}")


def _delete_comment(client: Jira, record: Record) -> None:
    key, _, number = record.id.partition("/")
    client.wire.write("DELETE", f"/rest/api/3/issue/{key}/comment/{number}")


def _search(client: Jira, words: str) -> Sequence[Record]:
    quoted = json.dumps(" ".join(words.split()), ensure_ascii=False)
    return client.search(f"text ~ {quoted} ORDER BY updated DESC")


def _reason(body: Any) -> str:
    told = [*body.get("errorMessages", ()), *(f"{name}: {why}" for name, why in body.get("errors", {}).items())]
    if not told:
        raise Refused(str(body)[:200])
    return "; ".join(told)


KIND = ActionKind(
    "jira",
    "Jira",
    AtlassianSettings,
    Jira,
    (
        Operation(
            "issue",
            "Open a Jira issue",
            ("ticket", "issue", "bug", "jira ticket"),
            (
                Field("project", "Project", "choice", addressee=True),
                Field("type", "Type", "choice"),
                Field("summary", "Summary"),
                Field("description", "Description", "long_text", max_chars=30_000),
                Field("priority", "Priority", "choice", required=False),
                Field("due", "Due", "date", required=False),
            ),
            _open_issue,
            find=_found_issue,
            choices=_choices,
            undo=_delete_issue,
            title_field="summary",
            text_field="description",
        ),
        Operation(
            "comment",
            "Comment on a Jira issue",
            ("comment",),
            (
                Field("issue", "Issue", pattern=_ISSUE, help="write its key, as ABC-123", about=True, addressee=True),
                Field("text", "Comment", "long_text", max_chars=30_000),
            ),
            _comment,
            find=_found_comment,
            before=_issue_before,
            undo=_delete_comment,
            text_field="text",
        ),
    ),
    (Lookup("issues", "Jira issues", _search),),
    account=ACCOUNT,
    sign_in=lambda settings: atlassian_sign_in(settings, _SCOPES),
)
