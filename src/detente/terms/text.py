"""Text that people will sign or read: what is refused on our side, what is flagged on theirs.

Carries out docs/spec/00-terms.md §5 (Unicode Technical Reports 36 and 39, and the published
"Trojan Source" list of bidirectional controls). Text is never normalised: it is stored and
relayed exactly as received; our own side is refused before release, the other side is flagged.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final, NamedTuple

# Joiners that Persian, Arabic and Indic scripts need stay allowed (U+200C, U+200D).
_ALLOWED_FORMAT: Final = frozenset("\u200c\u200d")
_ALLOWED_CONTROL: Final = frozenset("\n\t")

# One regular expression finds every candidate; only hits pay for a category look-up. It covers
# controls, bidi controls, invisible operators, layout controls of single scripts, variation and tag
# characters, private use, surrogates and the soft hyphen.
_SUSPECT: Final = re.compile(
    "[\x00-\x1f\x7f-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f"
    "\u2028-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb"
    "\ue000-\uf8ff\ud800-\udfff\U00013430-\U0001343f\U0001bca0-\U0001bca3\U0001d173-\U0001d17a"
    "\U000e0000-\U000e0fff\U000f0000-\U0010ffff]"
)

# Language, script, region, variants, extensions, private use; or a tag that is private or of the
# grandfathered form i-…
_LANGUAGE_TAG: Final = re.compile(
    r"(?:[a-z]{2,3}(?:-[a-z]{3}){0,3}|[a-z]{4,8})(?:-[a-z]{4})?(?:-(?:[a-z]{2}|[0-9]{3}))?"
    r"(?:-(?:[a-z0-9]{5,8}|[0-9][a-z0-9]{3}))*(?:-[0-9a-wy-z](?:-[a-z0-9]{2,8})+)*"
    r"(?:-x(?:-[a-z0-9]{1,8})+)?|x(?:-[a-z0-9]{1,8})+|i-[a-z]{2,8}",
    re.ASCII | re.IGNORECASE,
).fullmatch


class Flag(NamedTuple):
    """One place in a text that a reader could not see or could misread."""

    position: int
    """Index of the character, counted in code points from 0."""
    codepoint: int
    name: str
    """Unicode name, or ``not NFC`` for text that has a shorter or reordered canonical form."""


def find_flags(text: str, limit: int = 20) -> tuple[Flag, ...]:
    """Return the hidden or misleading characters of `text`, at most `limit` of them.

    Returns:
        Flags in order of position; empty when the text is NFC and holds nothing invisible but
        line feeds, tabs and the two joiners.
    """
    flags: list[Flag] = []
    for match in _SUSPECT.finditer(text):
        char = match.group()
        if char in _ALLOWED_FORMAT or char in _ALLOWED_CONTROL:
            continue
        flags.append(Flag(match.start(), ord(char), _name(char)))
        if len(flags) >= limit:
            return tuple(flags)
    if not unicodedata.is_normalized("NFC", text):
        canonical = unicodedata.normalize("NFC", text)
        # Both decompose to the same characters, so neither is a mere beginning of the other, and there
        # is a first place where they differ.
        pairs = enumerate(zip(text, canonical, strict=False))
        place = next(i for i, (said, normal) in pairs if said != normal)
        flags.append(Flag(place, ord(text[place]), "not NFC"))
    return tuple(flags)


def _name(char: str) -> str:
    return unicodedata.name(char, f"{unicodedata.category(char)} U+{ord(char):04X}")


def quote_foreign(text: str, limit: int) -> str:
    """Return `text` cut to `limit` characters with every control or hidden character made visible.

    For sentences, log lines and terminals: the result holds no character that could move a
    cursor, change direction or hide another.
    """
    cut = text if len(text) <= limit else text[: limit - 1] + "…"
    return _SUSPECT.sub(_visible, cut.replace("\n", " ").replace("\t", " "))


def show_foreign(text: str) -> str:
    """Return `text` whole, for display: lines kept, every hidden character made visible."""
    return _SUSPECT.sub(
        lambda match: match.group() if match.group() in "\n\t\u200c\u200d" else _visible(match),
        text,
    )


def _visible(match: re.Match[str]) -> str:
    return f"<U+{ord(match.group()):04X}>"


def is_language_tag(text: str) -> bool:
    """Tell whether `text` has the form of a language tag, as ``en``, ``ar-EG`` or ``zh-Hant``.

    Source: BCP 47 (RFC 5646 §2.1), well-formed tags; whether a subtag is registered is not asked.
    """
    return _LANGUAGE_TAG(text) is not None


def ascii_digits(text: str) -> str:
    """Return the decimal digits of `text`, of any script, as 0 to 9; spaces and hyphens are left out."""
    kept = (char for char in text if not char.isspace() and char not in "-\u2010\u2011\u2012\u2013")
    return "".join(str(unicodedata.decimal(char, char)) for char in kept)
