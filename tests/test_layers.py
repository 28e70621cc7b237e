"""import-linter checks the packages; `cli.py` is a module, which it doesn't take, so it is checked here."""

import ast


def test_nothing_imports_the_command_line(project_root):
    found = []
    for path in project_root.glob("*/**/*.py"):
        if path.parts[len(project_root.parts)] in (".venv", "tests", "build"):
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            if "cli" in [name.split(".")[0] for name in names]:
                found.append(str(path))
    assert found == []


def test_no_page_is_called_as_a_package_beside_the_pages(project_root):
    # Streamlit puts the folder of its script on the path anew at each run, before whatever is there: `import apps` would
    # find a page of that name, first with many people at once, whose runs come between each other's imports.
    packages = {folder.parent.name for folder in project_root.glob("*/__init__.py")}
    assert packages >= {"apps", "core"}
    assert packages & {entry.stem for entry in (project_root / "chat_ui").iterdir()} == set()
