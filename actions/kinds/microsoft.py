"""Microsoft 365 by Graph: a draft in the person's own mailbox, and a text file in a SharePoint library.

The application needs Mail.ReadWrite and Sites.Selected (write). A draft is found by its internet message id, which is
made of our key. A file is made only where none of its name is, and known by the reference at its end.
"""

from __future__ import annotations

import re
from urllib.parse import quote

import httpx
from pydantic import SecretStr

from actions.kinds.kind import ActionKind, Draft, Field, Operation, Record, SignIn, WebSettings
from actions.tokens import ClientCredentials
from actions.wire import Wire
from core.errors import Refused


class MicrosoftSettings(WebSettings):
    """The tenant and the application. Write the secret as ${NAME}.

    Attributes:
        login_url: Where tokens come from; default: Microsoft's, for the tenant.
        drive: The id of the library's drive, for files.
    """

    url: str = "https://graph.microsoft.com"
    tenant: str
    client_id: str = ""
    client_secret: SecretStr = SecretStr("")
    login_url: str = ""
    drive: str = ""


class Microsoft:
    """The tenant, as its operations speak to it."""

    def __init__(self, settings: MicrosoftSettings, signed_in: httpx.Auth | None = None) -> None:
        self.settings = settings
        login = settings.login_url or f"https://login.microsoftonline.com/{settings.tenant}/oauth2/v2.0/token"
        scope = f"{settings.url}/.default"
        secret = settings.client_secret.get_secret_value()
        auth = signed_in or ClientCredentials(settings.name, login, settings.client_id, secret, scope)
        self._own = signed_in is not None
        self.wire = Wire(settings.name, settings.url, settings.timeout_s, auth=auth, reason=_reason)

    def mailbox(self, draft: Draft) -> str:
        """The path of the person's messages: with an own sign-in of whoever has signed in, and nobody else's."""
        return "/v1.0/me/messages" if self._own else f"/v1.0/users/{quote(draft.person.email)}/messages"

    def file(self, draft: Draft) -> str:
        """The path of the draft's file. Raises Refused: the settings name no library."""
        if not self.settings.drive:
            raise Refused(f"{self.settings.name} has no library for files; name its drive in the settings.")
        parts = [p for p in (*draft.values.get("folder", "").split("/"), draft.values["name"]) if p.strip(". ")]
        return f"/v1.0/drives/{self.settings.drive}/root:/{'/'.join(quote(p.strip(), safe='') for p in parts)}"


def _sign_in(settings: MicrosoftSettings) -> SignIn:
    login = f"https://login.microsoftonline.com/{settings.tenant}/oauth2/v2.0"
    files = (f"{settings.url}/Files.ReadWrite.All",) if settings.drive else ()
    scopes = (f"{settings.url}/Mail.ReadWrite", *files, "offline_access")
    return SignIn(f"{login}/authorize", f"{login}/token", "", scopes)


def _draft(client: Microsoft, draft: Draft) -> Record:
    v = draft.values
    message = {
        "subject": v["subject"],
        "body": {"contentType": "text", "content": v["body"]},
        "toRecipients": _people(v["to"]),
        "ccRecipients": _people(v.get("cc", "")),
        "internetMessageId": _message_id(draft),
    }
    made = client.wire.write("POST", client.mailbox(draft), json=message)
    return Record(str(made["id"]), str(made.get("webLink") or ""), f"Draft “{v['subject']}”")


def _found_draft(client: Microsoft, draft: Draft) -> Record | None:
    asked = {"$filter": f"internetMessageId eq '{_message_id(draft)}'", "$select": "id,webLink"}
    found = client.wire.read("GET", client.mailbox(draft), params=asked)["value"]
    title = f"Draft “{draft.values['subject']}”"
    return next((Record(str(m["id"]), str(m.get("webLink") or ""), title) for m in found), None)


def _people(addresses: str) -> list[dict[str, dict[str, str]]]:
    return [{"emailAddress": {"address": a}} for a in re.split(r"[,;]\s*", addresses) if a]


def _message_id(draft: Draft) -> str:
    return f"<{draft.key}@debrief.invalid>"


def _put_file(client: Microsoft, draft: Draft) -> Record:
    made = client.wire.write(
        "PUT",
        f"{client.file(draft)}:/content",
        params={"@microsoft.graph.conflictBehavior": "fail"},
        content=draft.signed("text").encode(),
        headers={"Content-Type": "text/plain; charset=utf-8"},
    )
    return Record(str(made["id"]), str(made.get("webUrl") or ""), draft.values["name"])


def _found_file(client: Microsoft, draft: Draft) -> Record | None:
    path = client.file(draft)
    folder, _, name = path.rpartition("/")
    listed = f"{folder}:/children" if not folder.endswith("root:") else f"{folder[:-1]}/children"
    asked = {"$select": "id,name,webUrl", "$top": 999}
    try:
        items = client.wire.read("GET", listed, params=asked)["value"]
    except Refused:
        return None  # the folder is made with its first file
    for item in items:
        if quote(str(item["name"]), safe="") == name and draft.reference in client.wire.text(f"{path}:/content"):
            return Record(str(item["id"]), str(item.get("webUrl") or ""), draft.values["name"])
    return None


def _reason(body: dict[str, dict[str, str]]) -> str:
    return body["error"]["message"]


KIND = ActionKind(
    "microsoft",
    "Microsoft 365",
    MicrosoftSettings,
    Microsoft,
    (
        Operation(
            "draft",
            "Put a draft into Outlook",
            ("outlook", "outlook draft", "my drafts", "drafts", "mailbox"),
            (
                Field("to", "To", "email", addressee=True, max_chars=2_000),
                Field("cc", "Cc", "email", required=False, addressee=True, max_chars=2_000),
                Field("subject", "Subject"),
                Field("body", "Text", "long_text", max_chars=100_000),
            ),
            _draft,
            find=_found_draft,
            title_field="subject",
            text_field="body",
        ),
        Operation(
            "file",
            "Put a file into SharePoint",
            ("sharepoint", "sharepoint file", "file in sharepoint"),
            (
                Field("folder", "Folder", required=False, pattern=r"[^\\:*?\"<>|#%]+", addressee=True),
                Field(
                    "name",
                    "File name",
                    pattern=r"[^/\\:*?\"<>|#%]+\.(?:txt|md|csv)",
                    help="end it in .txt, .md or .csv",
                ),
                Field("text", "Text", "long_text", max_chars=100_000),
            ),
            _put_file,
            find=_found_file,
            title_field="name",
            text_field="text",
        ),
    ),
    account=("client_id", "client_secret"),
    sign_in=_sign_in,
)
