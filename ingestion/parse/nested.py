"""A file inside a file (an attachment, an archive's member): parsed, or noted with the reason why not."""

from __future__ import annotations

from core.errors import ParseError, TooLarge, Unsupported
from ingestion.parse.draft import Draft, File, one_line

# Pictures, sound and signatures ride along with many messages; that they have no text is no news.
_SILENT = (".png", ".jpg", ".jpeg", ".gif", ".bmp", ".svg", ".ico", ".webp", ".tif", ".tiff", ".mp3", ".mp4", ".wav",
           ".p7s", ".asc", ".sig", ".css", ".js", ".woff", ".woff2", ".ttf")  # fmt: skip


def include_nested(draft: Draft, file: File, body: bytes, name: str, media_type: str = "") -> None:
    """Adds a nested file's sections under its name; one that can't be read becomes a warning.

    Raises:
        TooLarge: the whole document is over a limit.
    """
    from ingestion.parse.formats import parse_file

    name = one_line(name)[:200] or "attachment"
    limits = file.budget.limits
    if file.depth >= limits.max_depth:
        draft.warn(f"{name}: files nested deeper than {limits.max_depth} levels were not read.")
        return
    if not body:
        return
    if len(body) > limits.max_bytes:
        draft.warn(f"{name} was not read: it has {len(body):,} bytes, over the limit of {limits.max_bytes:,}.")
        return
    file.budget.member()
    try:
        parsed = parse_file(file.inner(body, name, media_type))
    except TooLarge:
        raise
    except Unsupported as error:
        if not name.lower().endswith(_SILENT) and not media_type.startswith(("image/", "audio/", "video/")):
            draft.warn(f"{name} was not read: {error}.")
        return
    except ParseError as error:
        draft.warn(f"{name} was not read: {error}.")
        return
    draft.include(parsed, (name,))
