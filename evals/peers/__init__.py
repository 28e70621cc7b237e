"""The whole pipeline against what a user would otherwise pick, on the same documents and the same model.

`python -m evals.peers --data ../shared/data/anthropic_docs` runs each system in a process of its own and prints one
table. A system is a module here; the packages are the extra `peers`, which nothing else installs:

    python3 -m venv peers && peers/bin/pip install torch==2.13.0 && peers/bin/pip install -e .[peers]
    peers/bin/python -m evals.peers --data ../shared/data/anthropic_docs
"""
