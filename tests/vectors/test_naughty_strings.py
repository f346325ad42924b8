"""Texts that break parsers and displays: stored exactly, and shown without doing anything.

Source: minimaxir/big-list-of-naughty-strings ``blns.json``, 515 texts. Nothing here is about meaning:
whatever a person says must come back as it was said, and whatever is shown must not move, hide or
reverse anything on a screen.
"""

from __future__ import annotations

import json
import unicodedata

import pytest

from detente.protocols.statements.entries import STATEMENT, Statement
from detente.record.entry import Header, decode_entry, decode_payload, encode_payload, make_entry
from detente.record.shapes import from_bytes, to_bytes
from detente.terms.errors import Rejected, Violation
from detente.terms.ids import KeyPrint, LogId
from detente.terms.limits import PAYLOAD_BYTES
from detente.terms.text import find_flags, quote_foreign, show_foreign
from tests.locations import shared_path

#: Categories of characters that a screen obeys instead of showing.
ACTING = frozenset({"Cc", "Cf", "Cs", "Co", "Zl", "Zp"})
#: Arabic, Syriac and Kaithi signs that are drawn, though their category says otherwise.
DRAWN = "\u0600\u0601\u0602\u0603\u0604\u0605\u06dd\u070f\u0890\u0891\u08e2\U000110bd\U000110cd"
LOG = LogId(bytes(range(32)))


@pytest.fixture(scope="module")
def texts() -> list[str]:
    found: list[str] = json.loads(shared_path("vectors", "text", "blns.json").read_text("utf-8"))
    assert len(found) == 515
    return found


_DRAWN = dict.fromkeys(map(ord, DRAWN))


def _is_visible(text: str, but: str) -> bool:
    return all(
        char in but or unicodedata.category(char) not in ACTING for char in text.translate(_DRAWN)
    )


def test_a_statement_of_any_text_comes_back_exactly_as_it_was_said(texts: list[str]) -> None:
    """Attack 31: never normalised, trimmed or cut on the way through an entry. Only empty is refused."""
    prev = bytes(32)
    for seq, text in enumerate(texts):
        said = Statement(text, "en", None, None)
        payload = encode_payload(to_bytes(said))
        header = Header(
            LOG, seq, prev, seq + 1, (), 0, STATEMENT, KeyPrint(bytes(32)), 0, bytes(32)
        )
        made = make_entry(header, bytes(16), payload)
        read = decode_entry(made.raw, made.salt, made.payload)
        body = decode_payload(read.payload or b"").body
        if not text:
            with pytest.raises(Rejected):
                from_bytes(Statement, body, PAYLOAD_BYTES, "statements.statement.form")
            continue
        back = from_bytes(Statement, body, PAYLOAD_BYTES, "statements.statement.form")
        assert back == said
        assert back.text.encode() == text.encode()
        prev = read.id


def test_shown_text_holds_nothing_that_a_screen_would_obey(texts: list[str]) -> None:
    """Attack 31. Letters stay: what had no hidden character is shown unchanged."""
    for text in texts:
        shown = show_foreign(text)
        assert _is_visible(shown, "\n\t\u200c\u200d"), ascii(text)
        quoted = quote_foreign(text, 80)
        assert _is_visible(quoted, ""), ascii(text)
        if not [flag for flag in find_flags(text) if flag.name != "not NFC"]:
            assert shown == text


def test_every_hidden_character_of_a_naughty_text_is_flagged_at_its_place(texts: list[str]) -> None:
    """What a reader cannot see is named with its code point and place, or the text has no flag."""
    flagged = 0
    for text in texts:
        flags = find_flags(text, limit=10_000)
        places = {flag.position for flag in flags if flag.name != "not NFC"}
        acting = {
            place
            for place, char in enumerate(text)
            if unicodedata.category(char) in ACTING and char not in "\n\t\u200c\u200d" + DRAWN
        }
        assert acting <= places, ascii(text)
        for flag in flags:
            assert ord(text[flag.position]) == flag.codepoint
        is_nfc = unicodedata.is_normalized("NFC", text)
        assert is_nfc == (not any(flag.name == "not NFC" for flag in flags))
        flagged += bool(flags)
    assert 0 < flagged < 100


def test_a_naughty_text_in_a_fault_becomes_one_harmless_sentence(texts: list[str]) -> None:
    """Foreign text in an error is quoted, cut, and never taken for a place in the sentence."""
    for text in texts:
        sentence = str(Violation("terms.time", "{text} is no time.", text=text))
        assert sentence.endswith(" is no time. [terms.time]")
        assert "\n" not in sentence
        assert _is_visible(sentence, "")
