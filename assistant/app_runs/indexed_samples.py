"""Documents of the index for an app's tests, as the person who tests may read them now."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence

from apps.publish import SampleFile
from apps.run.indexed import file_of
from core.errors import AppError
from core.types import User
from retrieval.query.search import Searcher


def indexed_files(searcher: Searcher, user: User) -> Callable[[Sequence[str]], tuple[SampleFile, ...]]:
    """Ids → their documents.

    The function raises AppError: one isn't indexed any more, or the person may not read it.
    """

    def read(ids: Sequence[str]) -> tuple[SampleFile, ...]:
        return tuple(_file(searcher, user, document) for document in ids)

    return read


def _file(searcher: Searcher, user: User, document: str) -> SampleFile:
    chunks = searcher.document(document, user)
    if not chunks:
        raise AppError(
            f"The test reads {document}, which isn't indexed, or which {user.email} may not read; take it out of "
            "`indexed`, or let somebody test who may."
        )
    file, first = file_of(chunks), chunks[0]
    content = hashlib.sha256(file.text.encode()).hexdigest()[:8]
    metadata = {**first.metadata, "title": first.title, "source_uri": first.url}
    # An index of tests is kept by its files' names: another text is another file.
    return SampleFile(f"{content}/{file.name}", file.parsed, metadata)
