"""Secrets that debrief.yaml refers to and doesn't hold: in a file, as containers get them, or in AWS Secrets Manager.

password: ${file:/run/secrets/redshift}
api_key: ${aws:debrief/openai}            # the whole secret
password: ${aws:debrief/redshift#password}  # one key of a secret that is JSON
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from core.errors import SettingsError


def from_store(store: str, name: str) -> str:
    """The text of the secret `name` in `store`: "file" or "aws".

    Raises:
        SettingsError: it isn't there, or can't be read; one sentence without the secret.
    """
    return _of_file(Path(name)) if store == "file" else _of_aws(*name.partition("#")[::2])


def _of_file(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it isn't UTF-8 text"
        raise SettingsError(f"the secret {file} can't be read ({reason}); mount it, or correct the path.") from error


def _of_aws(secret: str, key: str) -> str:
    import boto3
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        found: dict[str, Any] = boto3.client("secretsmanager").get_secret_value(SecretId=secret)
    except ClientError as error:
        code = error.response.get("Error", {}).get("Code", "an error")
        raise SettingsError(
            f"AWS Secrets Manager doesn't give the secret {secret} ({code}); check its name, the region and "
            "secretsmanager:GetSecretValue for this machine's role."
        ) from error
    except BotoCoreError as error:
        raise SettingsError(
            f"AWS Secrets Manager can't be asked for {secret} ({type(error).__name__}: {error})."
        ) from error
    text = str(found.get("SecretString", ""))
    if not key:
        return text
    try:
        return str(json.loads(text)[key])
    except (ValueError, KeyError, TypeError) as error:
        raise SettingsError(
            f"the secret {secret} is no JSON with the key {key!r}; write the key that it has."
        ) from error
