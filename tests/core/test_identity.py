import pytest

from core.database import open_database
from core.errors import IdentityError, SettingsError
from core.identity import asking_user, home_address, load_directory, save_memberships
from core.settings import AuthSettings, Settings
from core.types import UNKNOWN_GROUPS
from retrieval.query import may_read

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


@pytest.mark.parametrize(
    ("written", "address"),
    [
        ("Ana@X.example ", "ana@x.example"),
        ("i:0#.f|membership|Ana@X.example", "ana@x.example"),
        ("ben_partner.com#EXT#@host.onmicrosoft.com", "ben@partner.com"),
        ("i:0#.f|membership|b_en_partner.com#ext#@host.onmicrosoft.com", "b_en@partner.com"),
        ("#EXT#@host.onmicrosoft.com", "#ext#@host.onmicrosoft.com"),
    ],
)
def test_a_person_has_one_address_in_whatever_spelling(written, address):
    assert home_address(written) == address


def test_another_address_of_a_person_opens_and_closes_the_same_documents(tmp_path):
    users = "users: [{email: ana@x.example, aliases: [Ana.Old@y.example]}]\ngroups: {g: {members: ['user:ana.old@y.example']}}\n"
    (tmp_path / "users.yaml").write_text(users)
    settings = Settings(root=tmp_path, auth=AuthSettings(users_file="users.yaml"))
    directory = load_directory(settings, open_database(settings))
    ana = directory.user("ANA.old@Y.example")
    assert ana == directory.person("ana@x.example") and ana.groups == ("g",)
    assert may_read(ana, ("user:ana.old@y.example",), ()) and may_read(ana, ("user:ana@x.example",), ())
    assert not may_read(ana, ("everyone",), ("user:ANA.OLD@y.example",))


def test_the_command_line_is_who_the_account_of_the_machine_is(tmp_path, monkeypatch):
    monkeypatch.setattr("core.identity.getpass.getuser", lambda: "anna")
    settings = Settings(root=tmp_path, auth=AuthSettings(mode="oidc"))
    engine = open_database(settings)
    with pytest.raises(IdentityError, match="'anna' of this machine; add `anna: EMAIL`"):
        asking_user(settings, "", engine)
    with pytest.raises(IdentityError, match="add `anna"):
        asking_user(settings, "boss@x.example", engine)
    named = settings.model_copy(update={"auth": AuthSettings(mode="oidc", os_users={"anna": "Ana@x.example"})})
    assert asking_user(named, "", engine).email == "ana@x.example"
    assert asking_user(named, "ANA@x.example", engine).groups == (UNKNOWN_GROUPS,)
    with pytest.raises(IdentityError, match="can't ask as boss@"):
        asking_user(named, "boss@x.example", engine)
