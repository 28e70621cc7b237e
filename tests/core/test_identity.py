import pytest

from core.database import open_database
from core.errors import IdentityError, SettingsError
from core.identity import load_directory, save_memberships
from core.settings import AuthSettings, Settings

USERS = """
groups:
  emea: {members: ["user:Ana@X.example", "group:dach"]}
  dach: {members: ["user:bo@x.example", "group:emea"]}
  all: {members: ["group:emea"]}
users:
  - {email: Ana@x.example, name: Ana, attributes: {region: emea}}
  - {email: bo@x.example}
  - {email: cy@x.example}
"""


@pytest.fixture
def settings(tmp_path):
    (tmp_path / "users.yaml").write_text(USERS)
    return Settings(root=tmp_path, auth=AuthSettings(users_file="users.yaml"))


@pytest.fixture
def directory(settings):
    return load_directory(settings, open_database(settings))


def test_groups_are_followed_upwards_even_in_a_circle(directory):
    assert directory.user("bo@x.example").groups == ("all", "dach", "emea")
    assert directory.user("ANA@x.example").groups == ("all", "dach", "emea")
    assert directory.user("cy@x.example").groups == ()


def test_a_user_is_everyone_and_their_groups(directory):
    assert directory.user("cy@x.example").principals() == {"user:cy@x.example", "everyone"}


def test_an_unknown_user_is_refused_with_the_nearest(directory):
    with pytest.raises(IdentityError, match=r"did you mean 'ana@x\.example"):
        directory.user("anna@x.example")


def test_claimed_groups_bring_the_groups_that_they_are_in(directory):
    assert directory.groups_of("new@x.example", ["dach"]) == ("all", "dach", "emea")


def test_a_sources_own_groups_replace_what_was_known_of_them(settings):
    engine = open_database(settings)
    save_memberships(engine, "sp", {"owners": frozenset({"group:dach", "user:CY@x.example"})})
    assert "owners" in load_directory(settings, engine).user("cy@x.example").groups
    save_memberships(engine, "sp", {"owners": frozenset({"group:dach"})})
    found = load_directory(settings, engine)
    assert "owners" not in found.user("cy@x.example").groups
    assert "owners" in found.user("bo@x.example").groups


@pytest.mark.parametrize(
    "text",
    ["users: 3", "people: []", "[", "3", "groups: {staff: {members: [ana@x.example]}}", "groups: {a: {members: [b]}}"],
)
def test_a_wrong_users_file_is_refused(settings, text):
    (settings.root / "users.yaml").write_text(text)
    with pytest.raises(SettingsError, match=r"users\.yaml"):
        load_directory(settings, open_database(settings))
