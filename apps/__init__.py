"""No-code apps: a YAML file each, in library/ and in the `apps_dir` of the settings, and what runs them.

Reading order: library/custom_response.yaml, language/spec.py (the file), runner.py (a run), steps/ (the kinds of
steps), run/ (what a run has and makes), publish/ (check, test, versions), kept/ (what stays of runs). The rest serves
single steps: meeting/, compare/, accounts/, customers/, render/. The door for running one is runner.py: `run_app`.
"""
