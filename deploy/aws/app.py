"""The managed variant of review: `cdk deploy --app "python deploy/aws/app.py" --context settings=workforce.yaml`.

The settings file is described in docs/review.md.
"""

from __future__ import annotations

import sys
from pathlib import Path

import aws_cdk as cdk

sys.path.insert(0, str(Path(__file__).parent))
# The folder is no package: it is deployed, not imported.
from workforce import WorkforceStack, read_settings


def main() -> None:
    """Writes the template for CDK."""
    app = cdk.App()
    settings = read_settings(Path(app.node.try_get_context("settings") or "workforce.yaml"))
    WorkforceStack(app, f"debrief-review-{settings.name}", settings)
    app.synth()


if __name__ == "__main__":
    main()
