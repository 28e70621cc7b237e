"""From a file to an offered app: load, check, test, catalogue, versions."""

from apps.publish.catalogue import app_files, find_app, load_apps
from apps.publish.load import load_app, parse_app
from apps.publish.template import app_from_conversation, new_app
from apps.publish.testing import SampleFile, Samples, TestResult, run_tests
from apps.publish.versions import AppVersion, Available, all_apps

__all__ = [
    "AppVersion",
    "Available",
    "SampleFile",
    "Samples",
    "TestResult",
    "all_apps",
    "app_files",
    "app_from_conversation",
    "find_app",
    "load_app",
    "load_apps",
    "new_app",
    "parse_app",
    "run_tests",
]
