from core.database import open_database
from core.settings import Settings
from core.sign_outs import end_sign_in, is_ended, sign_outs


def test_a_sign_in_that_was_ended_stays_so_and_others_go_on(tmp_path):
    engine = open_database(Settings(root=tmp_path))
    mine = {"email": "ana@x.example", "exp": 4_000_000_000, "nonce": "a"}
    assert not is_ended(engine, mine)
    end_sign_in(engine, mine)
    end_sign_in(engine, mine)
    assert is_ended(engine, dict(reversed(mine.items())))
    assert not is_ended(engine, {**mine, "nonce": "b"})


def test_what_has_expired_by_itself_is_forgotten(tmp_path):
    engine = open_database(Settings(root=tmp_path))
    end_sign_in(engine, {"email": "ana@x.example", "exp": 1_000})
    end_sign_in(engine, {"email": "ben@x.example", "exp": 4_000_000_000})
    with engine.connect() as connection:
        assert len(connection.execute(sign_outs.select()).all()) == 1
