"""The custom resource that makes, changes and deletes the private workforce, and waits until that is done.

CDK's provider framework calls `on_event` once and then `is_complete` until it says so.
"""

from __future__ import annotations

from typing import Any

import boto3
from botocore.exceptions import ClientError

_GONE = ("ResourceNotFound", "ValidationException")


def on_event(event: dict[str, Any], _context: object = None) -> dict[str, Any]:
    """Begins what CloudFormation asks for; the workforce's name is the resource's id."""
    properties, kind = event["ResourceProperties"], event["RequestType"]
    name = properties["WorkforceName"]
    sagemaker = boto3.client("sagemaker")
    if kind == "Delete":
        if event["PhysicalResourceId"] == name and _described(sagemaker, name) is not None:
            sagemaker.delete_workforce(WorkforceName=name)
        return {"PhysicalResourceId": event["PhysicalResourceId"]}
    login = {"UserPool": properties["UserPool"], "ClientId": properties["ClientId"]}
    addresses = {"Cidrs": list(properties.get("Cidrs", ()))}
    there = _described(sagemaker, name) if kind == "Update" else None
    if there is not None and there["CognitoConfig"] != login:
        # Only another name would make another workforce, and an account has room for one.
        raise ValueError("The workforce's pool or app client can't be changed; delete the stack and deploy it again.")
    if there is not None:
        sagemaker.update_workforce(WorkforceName=name, SourceIpConfig=addresses)
    else:
        sagemaker.create_workforce(WorkforceName=name, CognitoConfig=login, SourceIpConfig=addresses)
    return {"PhysicalResourceId": name}


def is_complete(event: dict[str, Any], _context: object = None) -> dict[str, Any]:
    """Whether it is done; then with the labelling portal's domain."""
    found = _described(boto3.client("sagemaker"), event["ResourceProperties"]["WorkforceName"])
    if event["RequestType"] == "Delete":
        return {"IsComplete": found is None}
    status = found["Status"] if found else ""
    if found is None or status == "Failed":
        reason = found.get("FailureReason", "no reason was given") if found else "it is gone"
        raise RuntimeError(f"The workforce could not be made: {reason}.")
    if status != "Active" or not found.get("SubDomain"):
        return {"IsComplete": False}
    return {"IsComplete": True, "Data": {"SubDomain": found["SubDomain"], "WorkforceArn": found["WorkforceArn"]}}


def _described(sagemaker: Any, name: str) -> dict[str, Any] | None:
    """The workforce; None if there is none."""
    try:
        found: dict[str, Any] = sagemaker.describe_workforce(WorkforceName=name)["Workforce"]
    except ClientError as error:
        if error.response["Error"]["Code"] in _GONE:
            return None
        raise
    return found
