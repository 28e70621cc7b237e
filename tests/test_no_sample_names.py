"""No name of the sample company stands in what runs: code, prompts, words, and the steps of the library's apps."""

import re

import yaml

ROOMS = (
    "core",
    "connectors",
    "ingestion",
    "retrieval",
    "prompts",
    "actions",
    "apps",
    "warehouse",
    "assistant",
    "chat_ui",
)


def sample_names(root):
    """The company, its products and its customers, each as people write it and by the words that are its own."""
    world = yaml.safe_load((root / "samples" / "world.yaml").read_text(encoding="utf-8"))
    names = [world["company"]["name"].split()[0]]
    names += [p["name"] for p in world["products"].values()]
    customers = world["customers"]
    for customer in customers.values() if isinstance(customers, dict) else customers:
        names += [customer["name"], customer["name"].split()[0]]
    # A name that is an ordinary word counts as a whole only.
    ordinary = {"Grupo", "Maison", "Lure", "Skyline"}
    return [name for name in dict.fromkeys(names) if name not in ordinary and len(name) > 4]


def running_text(path):
    """A file's text; of a library app only what a run uses: neither its tests nor who keeps it."""
    text = path.read_text(encoding="utf-8")
    if path.parent.name == "library" and path.suffix == ".yaml":
        return re.sub(r"^owner: .*$", "", text.split("\ntests:\n")[0], flags=re.MULTILINE)
    return text


def test_no_name_of_the_sample_is_in_what_runs(project_root):
    names = sample_names(project_root)
    assert len(names) > 10
    pattern = re.compile("|".join(rf"\b{re.escape(name)}\b" for name in names), re.IGNORECASE)
    found = {
        f"{path.relative_to(project_root)}: {match.group()}"
        for room in ROOMS
        for path in (project_root / room).rglob("*")
        if path.suffix in (".py", ".yaml", ".md", ".json", ".txt")
        for match in [pattern.search(running_text(path))]
        if match
    }
    assert found == set()
