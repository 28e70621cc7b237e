"""How answers are written: for whom, how long, in which tone and form, as the deployment, a person and an app want it.

A later one wins where it says something: the deployment's (`answer.style`), the person's own, the app's.
"""

from __future__ import annotations

from collections.abc import Iterator

import sqlalchemy as sa
from pydantic import ValidationError

from core.database import Engine, Json, metadata, personal
from core.errors import QuestionError
from core.settings import AnswerStyle
from core.types import User

answer_styles = sa.Table(
    "answer_styles",
    metadata,
    sa.Column("user", sa.String(320), primary_key=True, info=personal("delete")),
    sa.Column("style", Json, nullable=False),
)

_FORMS = {
    "prose": "Write running text, no list.",
    "bullets": "Write a list: each sentence on a line of its own after “- ”.",
}


def merged(*styles: AnswerStyle) -> AnswerStyle:
    """One style of several; what a later one leaves open is as the earlier ones have it."""
    said = [style.model_dump(exclude_defaults=True) for style in styles]
    return AnswerStyle(**{key: value for one in said for key, value in one.items()})


def sentences_wanted(style: AnswerStyle, usual: int) -> int:
    """How many sentences an answer has at most: one when short, twice the usual when detailed."""
    return {"short": 1, "detailed": 2 * usual}.get(style.length, usual)


def instructions(style: AnswerStyle, usual: int) -> str:
    """The style in words, for a language model. `usual` is the setting `answer.max_sentences`."""
    return " ".join(_instructions(style, usual))


def _instructions(style: AnswerStyle, usual: int) -> Iterator[str]:
    most = sentences_wanted(style, usual) + (1 if style.length == "short" else 2)
    yield f"Use at most {most} sentences unless the person asks for more."
    if style.audience:
        yield f"Write for this audience: {style.audience}."
    if style.tone:
        yield f"The tone is {style.tone}."
    if style.format:
        yield _FORMS[style.format]


class Styles:
    """What people have chosen for their own answers."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def of(self, user: User) -> AnswerStyle:
        """The person's style; says nothing for somebody who chose none."""
        with self._engine.connect() as connection:
            stored = connection.execute(
                sa.select(answer_styles.c.style).where(answer_styles.c.user == user.email.lower())
            ).scalar()
        return AnswerStyle.model_validate(stored) if stored else AnswerStyle()

    def choose(self, user: User, style: AnswerStyle) -> None:
        """Keeps the person's style in the place of the one before; an empty one forgets it."""
        mine = answer_styles.c.user == user.email.lower()
        with self._engine.begin() as connection:
            connection.execute(answer_styles.delete().where(mine))
            if style != AnswerStyle():
                chosen = style.model_dump(mode="json", exclude_defaults=True)
                connection.execute(answer_styles.insert().values(user=user.email.lower(), style=chosen))


def parse_style(values: dict[str, str]) -> AnswerStyle:
    """A style of words that a person gave.

    Raises:
        QuestionError: a value isn't one that there is, or too long.
    """
    try:
        return AnswerStyle.model_validate(values)
    except ValidationError as error:
        first = error.errors()[0]
        message = f"{first['msg'][0].lower()}{first['msg'][1:]}"
        raise QuestionError(f"The style's {first['loc'][0]} can't be {first['input']!r}: {message}.") from error
