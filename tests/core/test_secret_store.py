"""Secrets from a file and from AWS Secrets Manager, in debrief.yaml."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.errors import SettingsError
from core.masking import masked
from core.settings import load_settings


def _settings(tmp_path: Path, value: str) -> Path:
    file = tmp_path / "debrief.yaml"
    file.write_text(f"llm: {{model: 'openai:x', api_key: '{value}'}}\n", encoding="utf-8")
    return file


def test_a_file_that_a_container_mounts(tmp_path: Path) -> None:
    (tmp_path / "mail").write_text("a-long-secret-word\n", encoding="utf-8")
    password = load_settings(_settings(tmp_path, f"${{file:{tmp_path}/mail}}")).llm.api_key
    assert password is not None and password.get_secret_value() == "a-long-secret-word"
    assert masked("it said a-long-secret-word") == "it said ***"


def test_a_file_that_is_not_there_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"'llm\.api_key': the secret /nowhere can't be read .*mount it"):
        load_settings(_settings(tmp_path, "${file:/nowhere}"))


@pytest.fixture(scope="module")
def aws() -> Iterator[None]:
    """A stand-in of the service, spoken to by the real client."""
    server = pytest.importorskip("moto.server")
    import boto3

    running = server.ThreadedMotoServer(port=0, verbose=False)
    running.start()
    with pytest.MonkeyPatch.context() as environment:
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            environment.setenv(name, "x")
        environment.setenv("AWS_DEFAULT_REGION", "eu-central-1")
        environment.setenv("AWS_ENDPOINT_URL_SECRETS_MANAGER", f"http://127.0.0.1:{running.get_host_and_port()[1]}")
        client = boto3.client("secretsmanager")
        client.create_secret(Name="debrief/mail", SecretString=json.dumps({"password": "kept-by-the-service"}))
        client.create_secret(Name="debrief/plain", SecretString="plain-and-long-word")
        yield
    running.stop()


@pytest.mark.integration
@pytest.mark.parametrize(
    ("name", "value"), [("debrief/mail#password", "kept-by-the-service"), ("debrief/plain", "plain-and-long-word")]
)
def test_a_secret_of_aws(aws: None, tmp_path: Path, name: str, value: str) -> None:
    password = load_settings(_settings(tmp_path, f"${{aws:{name}}}")).llm.api_key
    assert password is not None and password.get_secret_value() == value


@pytest.mark.integration
@pytest.mark.parametrize(
    ("name", "said"),
    [("debrief/none", "ResourceNotFoundException"), ("debrief/mail#user", "no JSON with the key 'user'")],
)
def test_a_secret_that_is_not_there_is_a_sentence(aws: None, tmp_path: Path, name: str, said: str) -> None:
    with pytest.raises(SettingsError, match=said):
        load_settings(_settings(tmp_path, f"${{aws:{name}}}"))
