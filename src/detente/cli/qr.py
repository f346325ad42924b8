"""QR codes for cards and invitations: on the terminal, or as SVG files to print."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from detente.cli.faults import Usage
from detente.cli.files import write_new
from detente.cli.words import N_

TERMINAL: Final = "terminal"


def put_codes(pieces: Sequence[str], where: str) -> list[str]:
    """Put one code per piece where the person wants them.

    Args:
        pieces: texts in order.
        where: ``terminal``, or the path of an SVG file; several codes get numbered files.

    Returns:
        What to show: the codes as text, or the paths written.

    Raises:
        Usage: ``cli.qr``. Refused: ``cli.file.exists``.
    """
    if where == TERMINAL:
        total = len(pieces)
        return [f"{_as_text(piece)}\n{number}/{total}" for number, piece in enumerate(pieces, 1)]
    path = Path(where)
    if path.suffix.lower() != ".svg":
        raise Usage(
            "cli.qr",
            N_("{where} is neither the word terminal nor a file that ends in .svg."),
            N_("Try: --qr terminal, or --qr code.svg"),
            where=where,
        )
    written = []
    for number, piece in enumerate(pieces, 1):
        target = path
        if len(pieces) > 1:
            target = path.with_name(f"{path.stem}-{number}of{len(pieces)}{path.suffix}")
        write_new(target, _as_svg(piece))
        written.append(str(target))
    return written


def _as_svg(piece: str) -> bytes:
    import segno

    out = io.BytesIO()
    segno.make_qr(piece, error="m").save(out, kind="svg", scale=4, xmldecl=True)
    return out.getvalue()


def _as_text(piece: str) -> str:
    import segno

    out = io.StringIO()
    segno.make_qr(piece, error="l").terminal(out, compact=True)
    return out.getvalue().rstrip("\n")
