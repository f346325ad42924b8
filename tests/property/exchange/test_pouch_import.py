"""Claims about pouches on their way. Spec: 10-pouch §7 and §8. Threat 36."""

from __future__ import annotations

from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detente.exchange.frames import Batch
from detente.exchange.pouch_counters import NO_POUCHES, note_imported
from detente.exchange.pouch_manifest import Manifest
from detente.terms.errors import Rejected
from detente.terms.ids import LogId
from tests.unit.exchange import pouch_cases as cases
from tests.unit.exchange.pouch_cases import LINE, TABLE

#: What each pouch of a series carries: it begins where the sender last had a receipt.
SERIES: list[list[tuple[LogId, int, int]]] = [
    [(TABLE, 0, 4)],
    [(TABLE, 0, 9), (LINE, 0, 1)],
    [(TABLE, 4, 12)],
    [(LINE, 1, 3), (TABLE, 9, 12)],
    [(TABLE, 12, 20)],
    [(LINE, 0, 4), (TABLE, 12, 26)],
]


@cache
def _files() -> list[bytes]:
    files: list[bytes] = []
    previous: bytes | None = None
    for number, carried in enumerate(SERIES, 1):
        parcels = [cases.batch(*one) for one in carried]
        draft = cases.manifest(parcels, counter=number, previous=previous)
        sealing = cases.pack(parcels, draft)
        previous = sealing.digest
        files.append(b"".join(sealing.chunks))
    return files


def _expected(arrived: set[int]) -> dict[tuple[bytes, int], bytes]:
    """Return log and place → identifier for all that can be joined without a gap."""
    sizes = {TABLE: 0, LINE: 0}
    # Pouches are listed by where they begin, so one pass joins all that can be joined.
    for log, start, end in sorted(one for number in arrived for one in SERIES[number]):
        if start <= sizes[log]:
            sizes[log] = max(sizes[log], end)
    inlet = cases.Inlet()
    for log, size in sizes.items():
        if size:
            inlet.take(cases.batch(log, 0, size))
    return inlet.ids


def _import(numbers: list[int]) -> cases.Inlet:
    inlet = cases.Inlet()
    for number in numbers:
        for parcel in cases.unpack(_files()[number]).parcels:
            inlet.take(parcel)
    return inlet


arrivals = st.lists(st.integers(0, len(SERIES) - 1), max_size=12)


@settings(max_examples=60)
@given(arrivals)
def test_order_repetition_and_loss_of_pouches_change_nothing_but_what_is_missing(
    numbers: list[int],
) -> None:
    """Threat 36: the set that is imported depends on the set that arrived."""
    assert _import(numbers).ids == _expected(set(numbers))


def test_planted_fault_an_inlet_that_keeps_no_early_batch_is_caught(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Threat 36: then the order would matter."""
    monkeypatch.setattr(cases.Inlet, "_continue", _continue_or_drop)
    assert _import([0, 2, 4]).ids == _expected({0, 2, 4})
    assert _import([4, 2, 0]).ids != _expected({0, 2, 4})


_CONTINUE = cases.Inlet._continue


def _continue_or_drop(self: cases.Inlet, one: Batch) -> bool:
    took = _CONTINUE(self, one)
    self._early.clear()
    return took


@settings(max_examples=40)
@given(arrivals, st.data())
def test_torn_pouches_bring_only_what_was_signed_and_whole_ones_then_bring_the_rest(
    numbers: list[int], data: st.DataObject
) -> None:
    """Threat 36: a copy that breaks off does no harm, and is not counted as having come."""
    inlet = cases.Inlet()
    counters = NO_POUCHES
    for number in numbers:
        file = _files()[number]
        length = data.draw(st.integers(0, len(file)))
        torn, code = cases.drain(file[:length])
        assert bool(code) == (length < len(file))
        for parcel in torn:
            inlet.take(parcel)
    assert inlet.ids.items() <= _expected(set(range(len(SERIES)))).items()

    manifest: Manifest | None = None
    for number in range(len(SERIES)):
        pouch = cases.unpack(_files()[number])
        for parcel in pouch.parcels:
            inlet.take(parcel)
        noted = note_imported(counters, pouch.line, pouch.digest)
        counters, manifest = noted.counters, pouch.manifest
        assert noted.notices() == ()
    assert inlet.ids == _expected(set(range(len(SERIES))))
    assert manifest is not None
    assert manifest.missing_from({log: head.size for log, head in inlet.heads.items()}) == ()


@settings(max_examples=60)
@given(st.integers(0, len(SERIES) - 1), st.data())
def test_flips_anywhere_are_faults_with_a_sentence_or_nothing(
    number: int, data: st.DataObject
) -> None:
    """§7: outside the seal and inside it; the inlet holds nothing but what A signed."""
    file = _files()[number]
    content = cases.open_content(file)
    is_inside = data.draw(st.booleans())
    changed = bytearray(content if is_inside else file)
    for place in data.draw(st.lists(st.integers(0, len(changed) - 1), min_size=1, max_size=4)):
        changed[place] ^= data.draw(st.integers(1, 255))
    inlet = cases.Inlet()
    given_up = bytes(changed) if not is_inside else cases.reseal(bytes(changed), cases.B)
    parcels, code = cases.drain(given_up)
    for parcel in parcels:
        inlet.take(parcel)
    assert inlet.ids.items() <= _expected(set(range(len(SERIES)))).items()
    assert code or bytes(changed) == (content if is_inside else file)


def test_inlet_of_these_tests_refuses_what_was_not_signed() -> None:
    """The claims above lean on it."""
    one = cases.batch(TABLE, 0, 3)
    with pytest.raises(Rejected):
        cases.Inlet().take(one._replace(pieces=one.pieces[:2] + one.pieces[:1]))
    with pytest.raises(Rejected):
        cases.Inlet().take(one._replace(checkpoint=one.checkpoint._replace(root=bytes(32))))
