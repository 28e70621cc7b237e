"""Who asks for a copy is heard by the owner alone, and a grant shows no passage that the asker may not read."""

from pathlib import Path

import pytest

from assistant.records.conversations import Conversations
from assistant.records.copies import WHOLE
from assistant.records.sharing import Sharing
from core.database import open_database
from core.errors import QuestionError
from core.settings import Settings
from core.types import Answer, Citation, User

ANA, BEN, EVE = (User(f"{name}@x.example") for name in ("ana", "ben", "eve"))
WRITTEN = Answer(
    "Open one. [1]\n\nClosed one. [2]\n\nBoth. [1] [2]",
    (Citation(1, "open", "Open", "", "q", 0, 0), Citation(2, "closed", "Closed", "", "q", 0, 0)),
    route="app:brief",
)


@pytest.fixture
def kept(tmp_path: Path) -> tuple[Conversations, Sharing, str]:
    engine = open_database(Settings(root=tmp_path))
    stored = Conversations(engine)
    sharing = Sharing(engine, lambda ids, user: {i for i in ids if i == "open" or user == ANA})
    mine = stored.start(ANA, "Prices")
    stored.append(mine, ANA, "Cost?", "Cost?", WRITTEN)
    return stored, sharing, mine


def test_a_conversation_is_asked_for_granted_and_read_with_the_askers_rights(kept) -> None:
    stored, sharing, mine = kept
    requests = sharing.requests
    requests.ask(mine, BEN, note="I take over  on Monday")
    requests.ask(mine, BEN)  # a second time changes nothing
    requests.ask("0" * 32, BEN)  # and whether there is such a conversation isn't told
    requests.ask(mine, ANA)  # nobody asks themselves
    (one,) = requests.for_owner(ANA)
    assert (one.title, one.asker, one.note, one.whole) == ("Prices", BEN.email, "I take over on Monday", True)
    assert not requests.for_owner(BEN) and not requests.for_owner(EVE)
    with pytest.raises(QuestionError, match="isn't yours"):
        requests.grant(one, EVE)
    requests.grant(one, ANA)
    assert requests.of(mine, BEN) == {WHOLE: "granted"} and not requests.for_owner(ANA)
    (seen,) = sharing.turns(mine, BEN)
    assert seen.withheld and "one" not in seen.turn.answer.text
    with pytest.raises(QuestionError, match="limit is 300"):
        requests.ask(mine, EVE, note="x" * 301)
    stored.delete(mine, ANA)
    assert requests.of(mine, BEN) == {}


def test_a_granted_answer_shows_the_statements_whose_passages_the_asker_may_read(kept) -> None:
    _, sharing, mine = kept
    sharing.share(mine, ANA, [BEN.email])
    sharing.requests.ask(mine, BEN, 0)
    (one,) = sharing.requests.for_owner(ANA)
    assert sharing.preview(one, ANA, BEN).turn.answer.text == "Open one. [1]"
    with pytest.raises(QuestionError):
        sharing.preview(one, EVE, BEN)
    sharing.requests.refuse(one, ANA)
    assert sharing.requests.of(mine, BEN) == {0: "refused"} and sharing.turns(mine, BEN)[0].withheld
    sharing.requests.ask(mine, BEN, 0)
    sharing.requests.grant(sharing.requests.for_owner(ANA)[0], ANA)
    (seen,) = sharing.turns(mine, BEN)
    assert seen.turn.answer.text == "Open one. [1]" and [c.marker for c in seen.turn.answer.citations] == [1]
    # To be granted one answer is no right to the conversation.
    sharing.requests.ask(mine, EVE, 0)
    sharing.requests.grant(sharing.requests.for_owner(ANA)[0], ANA)
    with pytest.raises(QuestionError):
        sharing.turns(mine, EVE)


def test_so_many_requests_may_be_open(kept) -> None:
    stored, sharing, _ = kept
    for _ in range(20):
        sharing.requests.ask(stored.start(ANA), EVE)
    with pytest.raises(QuestionError, match="20 requests of yours wait"):
        sharing.requests.ask(stored.start(ANA), EVE)
