"""The custom resource that puts the labelling portal's address into the app client and the invitation mail.

Cognito's update calls forget what they aren't told, so everything that was set is read first and given again.
"""

from __future__ import annotations

from typing import Any

import boto3

SUBJECT = "Your invitation to review"
_MAIL = (
    "<p>You are invited to label items for review.</p>"
    '<p>Sign in at <a href="https://{domain}">https://{domain}</a> with {{username}} and this password, which you '
    "choose anew at once: {{####}}</p>"
    "<p>You will be asked for a second factor: have an authenticator app ready.</p>"
)


def on_event(event: dict[str, Any], _context: object = None) -> dict[str, Any]:
    """Sets the addresses on creation and change. Deleting leaves them: pool and client are deleted next."""
    properties = event["ResourceProperties"]
    domain = properties["SubDomain"]
    if event["RequestType"] != "Delete":
        cognito = boto3.client("cognito-idp")
        _client(cognito, properties["UserPool"], properties["ClientId"], domain)
        _invitation(cognito, properties["UserPool"], domain)
    return {"PhysicalResourceId": f"portal-{properties['ClientId']}"}


def _client(cognito: Any, pool: str, client_id: str, domain: str) -> None:
    known = cognito.describe_user_pool_client(UserPoolId=pool, ClientId=client_id)["UserPoolClient"]
    told = _accepted(cognito, "UpdateUserPoolClient", known)
    told |= {"CallbackURLs": [f"https://{domain}/oauth2/idpresponse"], "LogoutURLs": [f"https://{domain}/logout"]}
    told.pop("DefaultRedirectURI", None)  # it would have to be one of the call-backs
    cognito.update_user_pool_client(**told)


def _invitation(cognito: Any, pool: str, domain: str) -> None:
    known = cognito.describe_user_pool(UserPoolId=pool)["UserPool"]
    told = _accepted(cognito, "UpdateUserPool", known) | {"UserPoolId": pool}
    admin = dict(known.get("AdminCreateUserConfig", {}))
    # Deprecated, and refused beside the password policy's own.
    admin.pop("UnusedAccountValidityDays", None)
    admin["InviteMessageTemplate"] = {"EmailSubject": SUBJECT, "EmailMessage": _MAIL.format(domain=domain)}
    cognito.update_user_pool(**told | {"AdminCreateUserConfig": admin})


def _accepted(cognito: Any, operation: str, known: dict[str, Any]) -> dict[str, Any]:
    """Of what was described that which the update takes."""
    takes = cognito.meta.service_model.operation_model(operation).input_shape.members
    return {name: value for name, value in known.items() if name in takes}
