"""OpenVINO without its reports: importing it sends one to Google Analytics and leaves an identifier in ~/intel.

Import `ov` and `ops` from here, never from openvino itself.
"""

from __future__ import annotations

import sys

# It takes a missing package for an answer and goes on without; it has no switch, only a file in the home folder.
sys.modules["openvino_telemetry"] = None  # type: ignore[assignment]

import openvino as ov  # noqa: E402
import openvino.opset13 as ops  # noqa: E402

__all__ = ["ops", "ov"]
