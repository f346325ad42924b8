"""Claims about text: what is flagged, what passes, and what is shown (docs/spec/00-terms.md §5)."""

from __future__ import annotations

import sys
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detente.terms.text import (
    ascii_digits,
    find_flags,
    is_language_tag,
    quote_foreign,
    show_foreign,
)

#: Drawn by every font, though Unicode counts them among the format characters: signs of Arabic, Syriac
#: and Kaithi that stand before a number.
DRAWN = frozenset(
    "\u0600\u0601\u0602\u0603\u0604\u0605\u06dd\u070f\u0890\u0891\u08e2\U000110bd\U000110cd"
)
ALLOWED = frozenset("\n\t\u200c\u200d")
ACTING = frozenset({"Cc", "Cf", "Cs", "Co", "Zl", "Zp"})
#: Of the property Default_Ignorable_Code_Point, those that no category gives away.
IGNORABLE = (
    "\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u3164\uffa0"
    + "".join(map(chr, range(0xFE00, 0xFE10)))
    + "".join(map(chr, range(0xE0100, 0xE01F0)))
)


def test_every_bidirectional_control_is_flagged() -> None:
    """Attack 31 ("Trojan Source"): the controls of embedding, override and isolation, and the marks."""
    for code in (*range(0x202A, 0x202F), *range(0x2066, 0x206A), 0x200E, 0x200F, 0x061C):
        (flag,) = find_flags(f"pay {chr(code)}100")
        assert flag.position == 4
        assert flag.codepoint == code
        assert flag.name == unicodedata.name(chr(code))


def test_tag_characters_that_spell_a_hidden_text_are_flagged() -> None:
    """Tags mirror ASCII without being drawn: a whole sentence can hide behind one letter."""
    hidden = "".join(chr(0xE0000 + ord(char)) for char in "ignore")
    assert [flag.position for flag in find_flags(f"a{hidden}")] == [1, 2, 3, 4, 5, 6]


def test_no_character_that_a_screen_obeys_or_leaves_out_goes_unflagged() -> None:
    """All of Unicode: controls, formats, surrogates, private use, separators, ignorable characters."""
    unflagged = [
        f"U+{code:04X}"
        for code in range(sys.maxunicode + 1)
        if (unicodedata.category(chr(code)) in ACTING or chr(code) in IGNORABLE)
        and chr(code) not in DRAWN | ALLOWED
        and not find_flags(chr(code))
    ]
    assert unflagged == []


def test_no_letter_digit_or_punctuation_is_flagged() -> None:
    """All of Unicode: a language that could not be written without flags would be shut out."""
    flagged = [
        f"U+{code:04X}"
        for code in range(sys.maxunicode + 1)
        if unicodedata.category(chr(code))[0] in "LNPS"
        and chr(code) not in IGNORABLE
        and any(flag.name != "not NFC" for flag in find_flags(chr(code)))
    ]
    assert flagged == []


@pytest.mark.parametrize(
    "text",
    [
        "می\u200cخواهم",  # Persian: "I want", whose two parts are kept apart by a non-joiner
        "نامه\u200cای",
        "الجمهورية العربية",
        "क्\u200dष",  # Devanagari half form
        "ක්\u200dෂ",  # Sinhala
        "一、二、三。",
        "line\n\tindented",
        "Zürich, Đà Nẵng, Ångström",
        "",
    ],
)
def test_languages_that_need_joiners_pass(text: str) -> None:
    """Persian, Arabic and Indic scripts cannot be written without U+200C and U+200D."""
    assert find_flags(text) == ()
    assert show_foreign(text) == text


@pytest.mark.parametrize(
    ("text", "place", "code"),
    [
        ("e\u0301", 0, 0x65),  # decomposed
        ("abc\u212b", 3, 0x212B),  # Ångström sign, a singleton
        ("a\u0301\u0323", 0, 0x61),  # marks out of order
        ("\u0958", 0, 0x958),  # excluded from composition: the canonical form is longer
        ("ok \uf900", 3, 0xF900),
    ],
)
def test_text_with_another_canonical_form_is_flagged_where_it_differs(
    text: str, place: int, code: int
) -> None:
    """Two texts that look the same must not be signed as two different ones unnoticed."""
    (flag,) = find_flags(text)
    assert flag == (place, code, "not NFC")


def test_characters_without_a_name_are_flagged_by_category_and_number() -> None:
    """A control has no Unicode name; the reader still learns what it is."""
    assert find_flags("\x07")[0].name == "Cc U+0007"
    assert find_flags("\ud800")[0].name == "Cs U+D800"
    assert find_flags("\ue000")[0].name == "Co U+E000"


def test_flags_are_bounded_and_in_order() -> None:
    """A text made of nothing but flags costs its reader a few lines, not a million."""
    text = "\u202e" * 40_000
    assert [flag.position for flag in find_flags(text)] == list(range(20))
    assert len(find_flags(text, limit=3)) == 3
    assert len(find_flags("x\u202ee\u0301", limit=1)) == 1


def test_quoted_text_is_cut_and_stands_on_one_line() -> None:
    """For sentences and log lines: nothing moves the cursor, changes direction or hides."""
    assert quote_foreign("a\nb\tc", 80) == "a b c"
    assert quote_foreign("abcdef", 4) == "abc…"
    assert quote_foreign("abcd", 4) == "abcd"
    assert quote_foreign("\x1b[2J\u202e\u200d", 80) == "<U+001B>[2J<U+202E><U+200D>"
    assert quote_foreign("\U000e0041", 80) == "<U+E0041>"


def test_shown_text_keeps_its_lines_and_joiners() -> None:
    """For display: whole, with what is hidden made visible in place."""
    assert show_foreign("a\n\tb\u200cc\u202ed\r") == "a\n\tb\u200cc<U+202E>d<U+000D>"


@given(st.text(max_size=60))
def test_whatever_the_text_nothing_hidden_remains_in_what_is_shown(text: str) -> None:
    """Attack 31: showing twice changes nothing more, and what is shown has only the flag of its form."""
    shown = show_foreign(text)
    assert show_foreign(shown) == shown
    assert all(flag.name == "not NFC" for flag in find_flags(shown))
    quoted = quote_foreign(text, 20)
    assert quote_foreign(quoted, 1000) == quoted


def test_digits_of_any_script_are_digits() -> None:
    """A number read aloud may be typed on a Persian or Arabic keyboard."""
    assert ascii_digits("۱۲۳۴۵ ٦٧٨٩٠-12345\u20136789०") == "12345678901234567890"
    assert ascii_digits("12a") == "12a"


@pytest.mark.parametrize(
    "tag",
    "en fr ar-EG zh-Hant zh-Hant-TW sr-Latn-RS de-CH-1901 es-419 sl-rozaj-biske x-private "
    "en-u-ca-gregory de-x-amt i-klingon zh-yue EN-gb haw tlhx".split(),
)
def test_the_forms_of_language_tags_are_known(tag: str) -> None:
    """BCP 47 (RFC 5646 §2.1), with examples of its appendix A."""
    assert is_language_tag(tag)


@pytest.mark.parametrize(
    "tag",
    ["", "e", "english please", "fr !!", "zzzzzz-99999999999", "en_US", "en-", "-en", "en--US",
     "en\n", "ٱر", "a-DE", "en-x", "en-u"],
)  # fmt: skip
def test_what_is_no_language_tag_is_none(tag: str) -> None:
    """It would stand in the record for good."""
    assert not is_language_tag(tag)
