"""Any system that takes JSON at an address: the form's fields with their key, in the header Idempotency-Key too.

Whether a silence may be answered by sending again is the receiver's to say: one that honours the key makes it safe
(`honours_key: true`). Another can't be searched, so that a person settles what became of it.
"""

from __future__ import annotations

from pydantic import SecretStr

from actions.kinds.kind import ActionKind, Draft, Field, Operation, Record, WebSettings
from actions.wire import Wire
from core.errors import ActionError


class WebhookSettings(WebSettings):
    """Where to post.

    Attributes:
        token: Sent as `Authorization: Bearer`; write it as ${NAME}.
        honours_key: Whether the receiver takes a key that it has seen for the same message.
    """

    token: SecretStr | None = None
    honours_key: bool = False


class Webhook:
    """The receiver, as the form's operation speaks to it."""

    def __init__(self, settings: WebhookSettings) -> None:
        headers = {"Authorization": f"Bearer {settings.token.get_secret_value()}"} if settings.token else {}
        self.wire = Wire(settings.name, settings.url, settings.timeout_s, headers=headers)
        self.honours_key = settings.honours_key


def _post(client: Webhook, draft: Draft) -> Record:
    body = {**draft.values, "key": draft.key, "by": {"email": draft.person.email, "name": draft.person.name}}
    said = client.wire.write("POST", "", json=body, headers={"Idempotency-Key": draft.key})
    told = said if isinstance(said, dict) else {}
    link = str(told.get("link") or told.get("url") or "")
    return Record(str(told.get("id") or draft.key), link, draft.values["subject"])


def _find(client: Webhook, _draft: Draft) -> Record | None:
    if not client.honours_key:
        raise ActionError(
            f"{client.wire.name} may have it already, and doesn't say that it takes a key only once; look there, then "
            f"settle it: it is there, or it isn't and is sent again."
        )
    return None


KIND = ActionKind(
    "webhook",
    "Webhook",
    WebhookSettings,
    Webhook,
    (
        Operation(
            "post",
            "Send to a webhook",
            ("webhook",),
            (
                Field("subject", "Subject"),
                Field("text", "Text", "long_text", max_chars=20_000),
                Field("link", "Link", required=False, max_chars=2_000),
            ),
            _post,
            find=_find,
            title_field="subject",
            text_field="text",
        ),
    ),
)
