from pathlib import Path

import pytest
import yaml
from pydantic import BaseModel

from core.errors import SettingsError
from core.settings import Settings, SourceSettings, load_settings


def write(folder: Path, text: str) -> Path:
    file = folder / "debrief.yaml"
    file.write_text(text, encoding="utf-8")
    return file


def test_an_empty_file_gives_the_defaults(tmp_path):
    settings = load_settings(write(tmp_path, ""))
    assert settings.data_path == tmp_path / ".debrief"
    assert settings.sources == ()


def test_relative_paths_start_at_the_files_folder(tmp_path, monkeypatch):
    file = write(tmp_path, "data_dir: state")
    monkeypatch.chdir("/")
    assert load_settings(file).data_path == tmp_path / "state"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("chunkng: {}", "unknown key 'chunkng'; did you mean 'chunking'"),
        ("chunking: {size: 3}", "unknown key 'chunking.size'; did you mean 'size_words'"),
        ("chunking: {size_words: many}", "'chunking.size_words' is 'many'"),
        ("chunking: {size_words: 1}", "greater than or equal to 20"),
        ("sources: [{kind: files}]", "'sources[0].name' is missing"),
        ("sources: [{name: A B, kind: files}]", "'sources[0].name'"),
        ("root: /etc", "unknown key 'root'"),
        ("- a", "holds a list"),
        ("a: [", "not valid YAML"),
        ("llm: {api_key: '${DEBRIEF_NO_SUCH}'}", "'llm.api_key' needs the environment variable DEBRIEF_NO_SUCH"),
        ("sources: [{name: a, kind: '${DEBRIEF_NO_SUCH}'}]", "'sources[0].kind' needs"),
    ],
)
def test_a_mistake_is_refused_with_file_key_and_remedy(tmp_path, text, said):
    file = write(tmp_path, text)
    with pytest.raises(SettingsError) as caught:
        load_settings(file)
    assert said in str(caught.value)
    assert str(file) in str(caught.value)


def test_values_come_from_the_environment(tmp_path, monkeypatch):
    monkeypatch.setenv("DEBRIEF_KEY", "s3cret")
    settings = load_settings(write(tmp_path, "llm: {api_key: '${DEBRIEF_KEY}', model: '${DEBRIEF_M:-openai:x}'}"))
    assert settings.llm.api_key.get_secret_value() == "s3cret"
    assert settings.llm.model == "openai:x"
    assert "s3cret" not in repr(settings)


def test_a_missing_file_says_where_it_was_looked_for(tmp_path, monkeypatch):
    monkeypatch.setenv("DEBRIEF_SETTINGS", str(tmp_path / "none.yaml"))
    with pytest.raises(SettingsError, match=r"none\.yaml.*--settings"):
        load_settings()


def test_the_shipped_file_loads_and_shows_every_key(project_root):
    file = project_root / "debrief.yaml"
    load_settings(file)
    shown = yaml.safe_load(file.read_text(encoding="utf-8"))
    assert missing(Settings, shown) == []
    assert [key for key in SourceSettings.model_fields if key not in shown["sources"][0]] == []


def missing(model: type[BaseModel], shown: dict, prefix: str = "") -> list[str]:
    lacking = []
    for name, field in model.model_fields.items():
        if field.exclude:
            continue
        if name not in shown:
            lacking.append(prefix + name)
        elif isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            lacking += missing(field.annotation, shown[name], f"{prefix}{name}.")
    return lacking
