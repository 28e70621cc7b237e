"""The managed workforce: the stack that CDK writes, and the code of its custom resources."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
import yaml
from botocore.stub import Stubber
from moto import mock_aws

AWS = Path(__file__).resolve().parents[1] / "deploy" / "aws"
ANA, BEN = "ana@example.com", "ben@example.com"
SETTINGS = {"name": "answers", "teams": {"consultants": [ANA, BEN], "leads": [ANA]}, "addresses": ["192.0.2.0/24"]}


@pytest.fixture(scope="module", autouse=True)
def deployed() -> Iterator[None]:
    """The folder that CDK puts on the path."""
    sys.path.insert(0, str(AWS))
    yield
    sys.path.remove(str(AWS))


def template(tmp_path_factory: pytest.TempPathFactory, **other: Any) -> Any:
    if shutil.which("node") is None:
        pytest.skip("CDK needs Node.js, which isn't on this machine")
    pytest.MonkeyPatch().setenv("JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION", "1")
    import aws_cdk as cdk
    from aws_cdk.assertions import Template
    from workforce import WorkforceStack, read_settings

    file = tmp_path_factory.mktemp("aws") / "workforce.yaml"
    file.write_text(yaml.safe_dump({**SETTINGS, **other}))
    return Template.from_stack(WorkforceStack(cdk.App(), "review", read_settings(file)))


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Any:
    return template(tmp_path_factory)


def resources(stack: Any, kind: str) -> dict[str, Any]:
    return dict(stack.find_resources(kind))


def test_the_client_begins_with_an_address_that_leads_nowhere(own: Any) -> None:
    (client,) = resources(own, "AWS::Cognito::UserPoolClient").values()
    assert client["Properties"]["CallbackURLs"] == ["https://placeholder.invalid/oauth2/idpresponse"]
    assert client["Properties"]["GenerateSecret"] and client["Properties"]["AllowedOAuthFlows"] == ["code"]


def test_everything_waits_for_what_it_needs(own: Any) -> None:
    (workforce,) = resources(own, "Custom::PrivateWorkforce").items()
    (portal,) = resources(own, "Custom::PortalAddress").items()
    (domain,) = resources(own, "AWS::Cognito::UserPoolDomain")
    assert domain in workforce[1]["DependsOn"]
    assert portal[1]["Properties"]["SubDomain"] == {"Fn::GetAtt": [workforce[0], "SubDomain"]}
    people = resources(own, "AWS::Cognito::UserPoolUser").values()
    assert sorted(one["Properties"]["Username"] for one in people) == [ANA, BEN]
    # Nobody is invited before the mail has the portal's address.
    assert all(portal[0] in one["DependsOn"] for one in people)
    teams = resources(own, "AWS::SageMaker::Workteam").values()
    assert len(teams) == 2 and all(workforce[0] in team["DependsOn"] for team in teams)
    assert len(resources(own, "AWS::Cognito::UserPoolUserToGroupAttachment")) == 3


def test_passwords_second_factor_firewall_and_logs(own: Any) -> None:
    (pool,) = resources(own, "AWS::Cognito::UserPool").values()
    properties = pool["Properties"]
    assert properties["MfaConfiguration"] == "ON" and properties["EnabledMfas"] == ["SOFTWARE_TOKEN_MFA"]
    assert properties["AdminCreateUserConfig"]["AllowAdminCreateUserOnly"]
    assert properties["Policies"]["PasswordPolicy"]["MinimumLength"] == 14
    own.resource_count_is("AWS::WAFv2::WebACLAssociation", 1)
    (logging,) = resources(own, "AWS::WAFv2::LoggingConfiguration").values()
    groups = resources(own, "AWS::Logs::LogGroup")
    (target,) = logging["Properties"]["LogDestinationConfigs"]
    assert groups[target["Fn::GetAtt"][0]]["Properties"]["LogGroupName"].startswith("aws-waf-logs-")
    assert all(group["Properties"]["RetentionInDays"] == 365 for group in groups.values())
    (bucket,) = resources(own, "AWS::S3::Bucket").values()
    assert all(bucket["Properties"]["PublicAccessBlockConfiguration"].values())


def test_the_domain_is_kept_and_addresses_are_limited(own: Any) -> None:
    own.has_resource_properties("AWS::SSM::Parameter", {"Name": "/debrief/review/answers/domain"})
    own.has_resource_properties("Custom::PrivateWorkforce", {"Cidrs": ["192.0.2.0/24"]})


def test_no_permission_is_for_everything(own: Any) -> None:
    for policy in resources(own, "AWS::IAM::Policy").values():
        for statement in policy["Properties"]["PolicyDocument"]["Statement"]:
            assert "*" not in (statement["Action"], statement["Resource"]), json.dumps(statement)


def test_a_company_may_have_its_own_domain_and_provider(tmp_path_factory: pytest.TempPathFactory) -> None:
    stack = template(
        tmp_path_factory,
        domain={"name": "review.example.com", "certificate_arn": "arn:aws:acm:us-east-1:123456789012:certificate/a"},
        provider={
            "name": "Company", "issuer": "https://login.example.com", "client_id": "abc", "client_secret_name": "oidc"
        },
    )  # fmt: skip
    stack.has_resource_properties("AWS::Cognito::UserPoolDomain", {"Domain": "review.example.com"})
    stack.has_resource_properties("AWS::Cognito::UserPoolClient", {"SupportedIdentityProviders": ["Company"]})
    (provider,) = resources(stack, "AWS::Cognito::UserPoolIdentityProvider").values()
    assert "resolve:secretsmanager:oidc" in json.dumps(provider)
    # Its people exist at their first sign-in: nobody gets a mail with a password.
    stack.resource_count_is("AWS::Cognito::UserPoolUser", 0)


@pytest.mark.parametrize(
    ("other", "said"),
    [
        ({"teams": {}}, "teams"),
        ({"teams": {"a": [ANA, ANA]}}, "each person once"),
        ({"addresses": ["everywhere"]}, "addresses"),
        ({"addresses": [f"192.0.2.{n}/32" for n in range(11)]}, "at most 10"),
        ({"name": "Not A Name"}, "name"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_settings_that_cant_be_used(tmp_path: Path, other: dict[str, Any], said: str) -> None:
    from workforce import read_settings

    (tmp_path / "w.yaml").write_text(yaml.safe_dump({**SETTINGS, **other}))
    with pytest.raises(SystemExit, match=said):
        read_settings(tmp_path / "w.yaml")


def asked(kind: str, **properties: Any) -> dict[str, Any]:
    known = {
        "WorkforceName": "answers",
        "UserPool": "eu-central-1_abcdefghi",
        "ClientId": "client",
        "Cidrs": ["192.0.2.0/24"],
    }
    return {"RequestType": kind, "PhysicalResourceId": "answers", "ResourceProperties": {**known, **properties}}


def described(status: str, **other: Any) -> dict[str, Any]:
    login = {"UserPool": "eu-central-1_abcdefghi", "ClientId": "client"}
    arn = "arn:aws:sagemaker:eu-central-1:123456789012:workforce/answers"
    return {
        "Workforce": {
            "WorkforceName": "answers", "WorkforceArn": arn, "Status": status, "CognitoConfig": login, **other
        }
    }  # fmt: skip


@pytest.fixture
def sagemaker(monkeypatch: pytest.MonkeyPatch) -> Iterator[Stubber]:
    """SageMaker's answers, held against botocore's model of its wire: moto doesn't know workforces."""
    client = boto3.client("sagemaker", region_name="eu-central-1", aws_access_key_id="a", aws_secret_access_key="b")
    monkeypatch.setattr(boto3, "client", lambda _name: client)
    with Stubber(client) as stub:
        yield stub
        stub.assert_no_pending_responses()


def test_the_workforce_is_made_and_waited_for(sagemaker: Stubber) -> None:
    handler = load("workforce")
    login = {"UserPool": "eu-central-1_abcdefghi", "ClientId": "client"}
    sagemaker.add_response(
        "create_workforce",
        {"WorkforceArn": "arn:aws:sagemaker:eu-central-1:123456789012:workforce/answers"},
        {"WorkforceName": "answers", "CognitoConfig": login, "SourceIpConfig": {"Cidrs": ["192.0.2.0/24"]}},
    )
    assert handler.on_event(asked("Create")) == {"PhysicalResourceId": "answers"}
    sagemaker.add_response("describe_workforce", described("Initializing"))
    assert handler.is_complete(asked("Create")) == {"IsComplete": False}
    sagemaker.add_response(
        "describe_workforce", described("Active", SubDomain="abc.labeling.eu-central-1.sagemaker.aws")
    )
    done = handler.is_complete(asked("Create"))
    assert done["IsComplete"] and done["Data"]["SubDomain"] == "abc.labeling.eu-central-1.sagemaker.aws"


def test_a_workforce_that_fails_says_why(sagemaker: Stubber) -> None:
    sagemaker.add_response("describe_workforce", described("Failed", FailureReason="there is one in this region"))
    with pytest.raises(RuntimeError, match="there is one in this region"):
        load("workforce").is_complete(asked("Create"))


def test_addresses_change_and_the_pool_cant(sagemaker: Stubber) -> None:
    handler = load("workforce")
    sagemaker.add_response("describe_workforce", described("Active"))
    told = {"WorkforceName": "answers", "SourceIpConfig": {"Cidrs": []}}
    sagemaker.add_response("update_workforce", described("Updating"), told)
    assert handler.on_event(asked("Update", Cidrs=[])) == {"PhysicalResourceId": "answers"}
    sagemaker.add_response("describe_workforce", described("Active"))
    with pytest.raises(ValueError, match="can't be changed"):
        handler.on_event(asked("Update", ClientId="other"))


def test_deleting_waits_until_it_is_gone_and_never_minds_what_never_was(sagemaker: Stubber) -> None:
    handler = load("workforce")
    sagemaker.add_response("describe_workforce", described("Active"))
    sagemaker.add_response("delete_workforce", {}, {"WorkforceName": "answers"})
    assert handler.on_event(asked("Delete")) == {"PhysicalResourceId": "answers"}
    sagemaker.add_response("describe_workforce", described("Deleting"))
    assert handler.is_complete(asked("Delete")) == {"IsComplete": False}
    sagemaker.add_client_error("describe_workforce", "ValidationException")
    assert handler.is_complete(asked("Delete")) == {"IsComplete": True}
    # A creation that failed has another id, and leaves alone what somebody else made.
    assert handler.on_event({**asked("Delete"), "PhysicalResourceId": "could-not-create"})


@mock_aws
def test_the_portal_replaces_the_placeholder_and_keeps_the_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (
        ("AWS_DEFAULT_REGION", "eu-central-1"),
        ("AWS_ACCESS_KEY_ID", "a"),
        ("AWS_SECRET_ACCESS_KEY", "b"),
    ):
        monkeypatch.setenv(name, value)
    cognito = boto3.client("cognito-idp")
    policy = {"PasswordPolicy": {"MinimumLength": 14, "RequireNumbers": True}}
    pool = cognito.create_user_pool(
        PoolName="reviewers", Policies=policy, AdminCreateUserConfig={"AllowAdminCreateUserOnly": True}
    )["UserPool"]["Id"]
    client = cognito.create_user_pool_client(
        UserPoolId=pool, ClientName="portal", GenerateSecret=True, AllowedOAuthFlows=["code"],
        AllowedOAuthScopes=["openid"], AllowedOAuthFlowsUserPoolClient=True,
        CallbackURLs=["https://placeholder.invalid/oauth2/idpresponse"],
    )["UserPoolClient"]["ClientId"]  # fmt: skip
    handler = load("portal")
    asked_for = {"UserPool": pool, "ClientId": client, "SubDomain": "abc.labeling.eu-central-1.sagemaker.aws"}
    told = handler.on_event({"RequestType": "Create", "ResourceProperties": asked_for})
    assert told == {"PhysicalResourceId": f"portal-{client}"}
    found = cognito.describe_user_pool_client(UserPoolId=pool, ClientId=client)["UserPoolClient"]
    assert found["CallbackURLs"] == ["https://abc.labeling.eu-central-1.sagemaker.aws/oauth2/idpresponse"]
    assert found["LogoutURLs"] == ["https://abc.labeling.eu-central-1.sagemaker.aws/logout"]
    assert (found["AllowedOAuthFlows"], found["AllowedOAuthScopes"], found["ClientName"]) == (
        ["code"],
        ["openid"],
        "portal",
    )
    changed = cognito.describe_user_pool(UserPoolId=pool)["UserPool"]
    mail = changed["AdminCreateUserConfig"]["InviteMessageTemplate"]["EmailMessage"]
    assert "https://abc.labeling.eu-central-1.sagemaker.aws" in mail and "{username}" in mail and "{####}" in mail
    assert changed["AdminCreateUserConfig"]["AllowAdminCreateUserOnly"]
    assert changed["Policies"]["PasswordPolicy"]["MinimumLength"] == 14
    # Deleting changes nothing.
    handler.on_event({"RequestType": "Delete", "ResourceProperties": {**asked_for, "SubDomain": "other"}})
    assert (
        cognito.describe_user_pool_client(UserPoolId=pool, ClientId=client)["UserPoolClient"]["CallbackURLs"]
        == found["CallbackURLs"]
    )


def load(name: str) -> Any:
    """A handler's module, as Lambda has it: from its own folder."""
    from importlib.util import module_from_spec, spec_from_file_location

    spec = spec_from_file_location(f"handlers_{name}", AWS / "handlers" / f"{name}.py")
    assert spec is not None and spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
