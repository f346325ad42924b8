"""What is made from the source is up to date, and a translation says what its message says."""

from __future__ import annotations

import pytest
from babel.messages import Catalog
from babel.messages.mofile import write_mo

from scripts import catalogue, cli_reference


def test_the_command_line_s_page_is_up_to_date() -> None:
    """docs/guides/cli.md is made from the commands: scripts/cli-reference."""
    assert cli_reference.PAGE.read_text("utf-8") == cli_reference.page()


@pytest.mark.parametrize(
    ("message", "translation"),
    [
        ("Sent {time}.", "أُرسل."),
        ("Sent {time}.", "أُرسل {tmie}."),
        (("{n} entry of {who}", "{n} entries of {who}"), ("مدخل واحد", "{n} مداخل {who}")),
    ],
)
def test_a_planted_slip_in_a_translation_is_caught(
    message: str | tuple[str, str], translation: str | tuple[str, ...]
) -> None:
    """A place left out hides a name; a place invented breaks the sentence."""
    catalog = Catalog(locale="en")
    catalog.add(message, translation)
    (fault,) = catalogue.faults_of_translation("xx", catalog)
    assert "differ" in fault


@pytest.mark.parametrize(
    ("message", "translation"),
    [
        ("Sent {time}.", "{time}: أُرسل."),
        (("{n} entry", "{n} entries"), ("مدخل واحد", "{n} مداخل")),
        ("Sent {time}.", ""),
    ],
)
def test_a_rightful_translation_passes(
    message: str | tuple[str, str], translation: str | tuple[str, ...]
) -> None:
    """Another order, a form without its number, or nothing yet."""
    catalog = Catalog(locale="en")
    catalog.add(message, translation)
    assert list(catalogue.faults_of_translation("xx", catalog)) == []


def test_every_catalogue_compiles(tmp_path: object) -> None:
    """What the build will do, done here without writing."""
    import io

    for path in catalogue.languages():
        out = io.BytesIO()
        write_mo(out, catalogue.read(path, path.parent.parent.name))
        assert out.getvalue()
