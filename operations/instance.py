"""One `debrief serve` a data folder: two would run each schedule twice, and end each other's local model."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from core.errors import IndexLocked
from core.files import claimed


@contextmanager
def the_only_instance(data: Path) -> Iterator[None]:
    """Holds the data folder for this process; its end lets go of it, however that comes.

    Raises:
        IndexLocked: another process has it; the sentence names it.
    """
    with ExitStack() as held:
        try:
            held.enter_context(claimed(data / "instance.lock"))
        except BlockingIOError as error:
            raise IndexLocked(
                f"The data folder {data} is served by {error}; stop that first, or set another data_dir."
            ) from error
        yield
