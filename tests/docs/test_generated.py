"""Pages that are written by a script are as the script would write them now."""

from __future__ import annotations

import pytest

from detente.dialogue.kinds import KINDS
from scripts import errors_table, kinds_table
from tests.docs.pages import prose_of


def test_the_table_of_kinds_is_up_to_date() -> None:
    """05-kinds is the list that another program is written from."""
    assert kinds_table.PAGE.read_text("utf-8") == kinds_table.render(), "run scripts/kinds-table"


def test_the_table_of_errors_is_up_to_date() -> None:
    """Every code in the source is documented, with the sentence that people see."""
    assert errors_table.PAGE.read_text("utf-8") == errors_table.render(), "run scripts/errors-table"


def test_every_kind_and_each_of_its_fields_stands_in_the_table() -> None:
    """The table cannot leave out what the code has."""
    page = prose_of(kinds_table.PAGE)
    for kind in KINDS.values():
        assert f"`{kind.name}`** ({kind.number})" in page
        for field in kind.body._fields:  # type: ignore[attr-defined]
            assert f"| `{field}` |" in page


@pytest.mark.parametrize(
    "code",
    [
        "record.chain.prev",  # a helper is given code and sentence
        "record.tree.inclusion",  # a helper is given the code alone
        "charter.document",  # a decoder is given the code
        "seals.age.header",  # a helper is given the sentence alone
        "statements.statement.form",  # made from the kind
        "desk.void",  # the second of two choices
        "verify.root",  # a finding whose sentence is assigned before
        "house.bug",
    ],
)
def test_codes_are_found_however_they_are_made(code: str) -> None:
    """The reader of the source knows each way in which the source makes a fault."""
    found = [one for one in errors_table.find_all() if one.code == code]
    assert found
    assert all(one.sentence for one in found)
