"""Flipped bytes, overwritten pages, cut files: found, told with the place, never written over.

Spec 01 §9; threat: a failing disk or a careless copy turns the record into something that looks
whole. Every outcome here is either the untouched answers or ``store.damaged``.
"""

from __future__ import annotations

import random
import shutil
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import apsw
import pytest

from detente.ports import Judgement, Snapshot, Unit
from detente.record.order import Seen
from detente.record.verdict import WITHHELD, void
from detente.store.sqlite import SqliteStore
from detente.terms.errors import Fault, Refused, Unavailable
from tests.contract.sample_logs import both_lanes, dialogue, digest, empty, grow, info, signed
from tests.contract.store_picture import TalkPicture, picture

OURS, THEIRS = info("A"), info("B")
TALK = dialogue()
PAGE = 8192


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a store with something in every table, closed."""
    path = tmp_path_factory.mktemp("sound") / "record.db"
    store = SqliteStore(path)
    first = grow(empty(OURS), 300, payload_bytes=100)
    second = grow(first.head, 20, payload_bytes=1500)
    theirs = grow(empty(THEIRS), 40, payload_bytes=700)
    with store.unit() as unit:
        unit.found(TALK, b"founding" * 50, [*both_lanes("A"), *both_lanes("B")])
        for grown in (first, second, theirs):
            unit.append(grown)
            size = grown.head.size
            unit.keep_checkpoint(signed(grown.head.log, size, grown.head.root()))
            unit.keep_receipt(signed(grown.head.log, size, grown.head.root(), by="C"))
        seen: dict[int, Seen] = {
            seq: {OURS.log: seq + 1, THEIRS.log: seq % 40} for seq in range(0, 320, 3)
        }
        unit.judge(Judgement(OURS.log, 320, {seq: void("x.y") for seq in range(9, 300, 9)}, seen))
        unit.judge(Judgement(THEIRS.log, 40, {3: WITHHELD}, {}))
        unit.keep_evidence(TALK, "fork", b"proof" * 100)
        unit.keep_snapshot(TALK, Snapshot({OURS.log: 320}, digest("state") * 400))
        unit.drop_payload(OURS.log, 7)
    store.begin_run()
    store.close()
    return path


@pytest.fixture(scope="module")
def expected(sound: Path) -> list[TalkPicture]:
    return picture(SqliteStore(sound, readonly=True))


def told(fault: Fault) -> None:
    """Check that a person learns what is wrong and what to do."""
    assert fault.code in {"store.damaged", "store.newer", "store.foreign"}, fault
    assert fault.next_step


def outcome(path: Path, expected: list[TalkPicture]) -> str:
    """Open, check and ask everything; say how it ended."""
    before = path.read_bytes()
    try:
        store = SqliteStore(path)
    except (Unavailable, Refused) as fault:
        told(fault)
        assert path.read_bytes() == before
        return fault.code
    try:
        if store.scrub().damage:
            return "scrub"
        assert picture(store) == expected
    finally:
        store.close()
    return "same"


def test_no_flipped_bit_changes_an_answer(
    tmp_path: Path, sound: Path, expected: list[TalkPicture]
) -> None:
    """600 single bits, anywhere in the file: found at the start or by the full check, or idle."""
    dice = random.Random(11)
    whole = sound.read_bytes()
    outcomes = dict.fromkeys(["store.damaged", "scrub", "same"], 0)
    path = tmp_path / "record.db"
    for _ in range(600):
        data = bytearray(whole)
        data[dice.randrange(len(data))] ^= 1 << dice.randrange(8)
        path.write_bytes(data)
        ended = outcome(path, expected)
        outcomes[ended] = outcomes.get(ended, 0) + 1
    assert min(outcomes["store.damaged"], outcomes["scrub"], outcomes["same"]) > 10, outcomes


def test_no_broken_page_changes_an_answer(
    tmp_path: Path, sound: Path, expected: list[TalkPicture]
) -> None:
    """Each page in turn becomes zeros, noise, or another page of the same file."""
    dice = random.Random(12)
    whole = sound.read_bytes()
    pages = range(0, len(whole), PAGE)
    path = tmp_path / "record.db"
    for at in pages:
        other = dice.choice([page for page in pages if page != at])
        for page in (bytes(PAGE), dice.randbytes(PAGE), whole[other : other + PAGE]):
            path.write_bytes(whole[:at] + page + whole[at + PAGE :])
            assert outcome(path, expected) != "same", f"page {at // PAGE}"


def test_a_cut_file_is_found(tmp_path: Path, sound: Path, expected: list[TalkPicture]) -> None:
    """Cut at every page, and in the middle of pages; only an empty file is a new store."""
    whole = sound.read_bytes()
    path = tmp_path / "record.db"
    for size in range(PAGE // 2, len(whole), PAGE // 2):
        path.write_bytes(whole[:size])
        assert outcome(path, expected) != "same", f"cut at {size}"


def change(path: Path, statement: str, *values: object) -> None:
    """Change rows behind the store's back, as broken software would."""
    connection = apsw.Connection(str(path))
    connection.execute(statement, values)
    connection.close()


def looking_at(path: Path) -> closing[SqliteStore]:
    return closing(SqliteStore(path, readonly=True))


@pytest.fixture
def path(tmp_path: Path, sound: Path) -> Path:
    return Path(shutil.copy(sound, tmp_path / "record.db"))


BEFORE = grow(empty(OURS), 5, payload_bytes=100)
OTHER = grow(BEFORE.head, 1, payload_bytes=100, note="other").entries[0]
FIRST_KEY = 2 << 40  # the second log is our table

TAMPERED = [
    ("update entry set payload=zeroblob(100) where n=?+31", FIRST_KEY, 31),
    ("update entry set salt=zeroblob(16) where n=?+32", FIRST_KEY, 32),
    ("update entry set salt=null where n=?+33", FIRST_KEY, 33),
    ("update entry set id=zeroblob(32) where n=?+34", FIRST_KEY, 34),
    ("update entry set header=zeroblob(180) where n=?+35", FIRST_KEY, 35),
    ("delete from entry where n=?+36", FIRST_KEY, 36),
    ("delete from entry where n>=?+310", FIRST_KEY, 310),
    ("update entry set n=n+7 where n=?+319", FIRST_KEY, 319),
    ("update node_hash set hash=zeroblob(32) where level=8 and i=0 and ?", 1, 0),
    ("delete from node_hash where level=8 and i=0 and ?", 1, 0),
    ("update head set size=300 where log=2 and ?", 1, 0),
    ("delete from head where log=2 and ?", 1, 0),
]


@pytest.mark.parametrize(("statement", "value", "seq"), TAMPERED)
def test_the_full_check_names_log_and_position(
    path: Path, statement: str, value: int, seq: int
) -> None:
    """The person is told from where on a log cannot be trusted."""
    change(path, statement, value)
    with looking_at(path) as store:
        report = store.scrub()
    assert (OURS.log, seq) in [(damage.log, damage.seq) for damage in report.damage]
    with looking_at(path) as store, pytest.raises(Unavailable) as raised:
        store.verify(OURS.log, 0, 320)
    assert raised.value.code == "store.damaged"
    assert raised.value.details["seq"] == seq


def test_an_entry_beyond_the_head_is_found(path: Path) -> None:
    """The next entry would be refused by the file for a reason that nobody could tell."""
    more = "insert into entry select n+1, id, header, salt, payload from entry where n=?"
    change(path, more, FIRST_KEY + 319)
    with looking_at(path) as store:
        assert [(damage.log, damage.seq) for damage in store.scrub().damage] == [(OURS.log, 320)]


def test_two_swapped_entries_are_found(path: Path) -> None:
    """Each row is whole; the chain is not."""
    for move in (
        "n=n+(1<<50) where n=?+40",
        "n=n-1 where n=?+41",
        "n=n-(1<<50)+1 where n=?+40+(1<<50)",
    ):
        change(path, f"update entry set {move}", FIRST_KEY)
    with looking_at(path) as store:
        assert [(damage.log, damage.seq) for damage in store.scrub().damage] == [(OURS.log, 40)]


def test_an_entry_of_another_history_is_found(path: Path) -> None:
    """A well-formed entry, with its own identifier, in the place of another."""
    change(
        path,
        "update entry set id=?, header=?, salt=?, payload=? where n=?",
        *(OTHER.id, OTHER.raw, OTHER.salt, OTHER.payload, FIRST_KEY + 5),
    )
    with looking_at(path) as store:
        assert [(damage.log, damage.seq) for damage in store.scrub().damage] == [(OURS.log, 6)]


def test_the_start_checks_the_end_of_each_log_and_refuses_to_write_on_top(path: Path) -> None:
    """What the next entry would stand on is checked before anything is written."""
    change(path, "update entry set payload=zeroblob(1500) where n=?", FIRST_KEY + 318)
    before = path.read_bytes()
    with pytest.raises(Unavailable) as raised:
        SqliteStore(path)
    assert raised.value.code == "store.damaged"
    assert raised.value.details["seq"] == 318
    assert "detente restore" in str(raised.value)
    assert path.read_bytes() == before
    with looking_at(path) as store:  # what is whole can still be read
        assert len(store.entries(THEIRS.log, 0, 99)) == 40


def test_an_older_flaw_is_left_to_the_full_check_which_stops_writing_to_that_log(
    path: Path,
) -> None:
    """A start is quick; the nightly check reads all, and only the damaged log stands still."""
    change(path, "update entry set payload=zeroblob(100) where n=?", FIRST_KEY + 9)
    with closing(SqliteStore(path)) as store:
        whole = grow(BEFORE.head, 295, payload_bytes=100)
        ours = grow(whole.head, 20, payload_bytes=1500).head
        with store.unit() as unit:
            unit.append(grow(ours, 1))
        assert store.scrub().entries == 9 + 40
        before = picture(store)
        steps: list[Callable[[Unit], object]] = [
            lambda unit: unit.append(grow(grow(ours, 1).head, 1)),
            lambda unit: unit.cut_unsent(OURS.log, 320),
            lambda unit: unit.judge(Judgement(OURS.log, 321, {}, {})),
        ]
        for step in steps:
            with pytest.raises(Unavailable) as raised, store.unit() as unit:
                step(unit)
            assert raised.value.code == "store.damaged"
            assert raised.value.details["seq"] == 9
        assert picture(store) == before
        with store.unit() as unit:
            unit.append(grow(grow(empty(THEIRS), 40, payload_bytes=700).head, 1))


@pytest.mark.parametrize(
    ("statement", "ask"),
    [
        ("update entry set header=zeroblob(150) where n=?", lambda s: s.entries(OURS.log, 0, 320)),
        ("update entry set id=zeroblob(32) where n=?", lambda s: s.entry(OURS.log, 9)),
        ("delete from entry where n=?", lambda s: s.entries(OURS.log, 0, 12)),
        ("delete from entry where n=?", lambda s: s.entry(OURS.log, 9)),
        ("update verdict set standing=2 where n=?", lambda s: s.verdicts(OURS.log, 0, 12)),
        ("update seen set past=x'0101' where n=?", lambda s: s.seen_at(OURS.log, 10)),
        ("update checkpoint set body=x'80' where n>?", lambda s: s.checkpoint(OURS.log)),
        ("update receipt set body=x'80' where ?", lambda s: s.receipts(OURS.log)),
        ("update snapshot set state=x'80' where ?", lambda s: s.snapshot(TALK)),
        ("update evidence set kind='x' where ?", lambda s: s.evidence(TALK)),
        ("update dialogue set founding=x'80' where ?", lambda s: s.founding(TALK)),
        ("update log set info=x'80' where ?", lambda s: s.logs(TALK)),
        ("update head set admitted=1 where ?", lambda s: s.logs(TALK)),
    ],
)
def test_a_damaged_row_is_never_an_answer(
    path: Path, statement: str, ask: Callable[[SqliteStore], object]
) -> None:
    """A verdict, a past or an entry that changed on the disk would be acted upon."""
    change(path, statement, FIRST_KEY + 9)
    with looking_at(path) as store, pytest.raises(Unavailable) as raised:
        ask(store)
    assert raised.value.code == "store.damaged"
