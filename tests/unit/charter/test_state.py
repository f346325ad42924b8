"""Claims about what charter entries amount to (docs/spec/03-charter.md §4)."""

from __future__ import annotations

from typing import Any

from detente.charter import entries
from detente.charter.act import Act, place
from detente.charter.document import key_bytes
from detente.charter.entries import SPEAK, Closing, Cut, LogMark, NewDocument, Opening, Revocation
from detente.charter.state import (
    Charter,
    apply,
    document_seen,
    documents_seen,
    grants_seen,
    is_ended,
    newest_document,
    start,
    use,
)
from detente.record.order import Seen
from detente.record.shapes import from_bytes, to_bytes
from detente.terms.limits import MIB
from tests.acts import orders
from tests.parties import key
from tests.unit.charter.mandates import (
    CLERK,
    COUNCIL,
    FOUNDING,
    HEAD,
    PARTIES,
    SOLO,
    Counted,
    grant_of,
)

NOTHING: dict[bytes, int] = {}
NODE = PARTIES[SOLO].node.public.print


def _everything(counted: Counted) -> dict[bytes, int]:
    seen: dict[bytes, int] = {}
    for act in counted.talk.acts:
        seen[act.ref.log] = max(seen.get(act.ref.log, 0), act.ref.seq + 1)
    return seen


def test_a_charter_begins_with_what_was_founded() -> None:
    """Documents of all parties, and nobody who may speak."""
    charter = start(FOUNDING)
    assert charter.parties == tuple(party.id for party in PARTIES)
    for seat, party in enumerate(PARTIES):
        assert newest_document(charter, seat).document == party.documents[-1]
        assert document_seen(charter, seat, NOTHING) == newest_document(charter, seat)
        assert grants_seen(charter, party.roots[0].public.print, seat, NOTHING) == []


def test_the_document_seen_is_the_newest_in_a_past() -> None:
    """docs/spec/03-charter.md §4.2: brought by any of several entries."""
    counted = Counted()
    party = PARTIES[SOLO]
    two = party.renewed()
    three = two.renewed()
    first = counted.do(SOLO, entries.DOCUMENT, NewDocument(two.chain[-1]))
    opening = Opening(party.id, NODE, 1, 0, (), "restored", two.chain[-1])
    again = counted.do(SOLO, entries.OPENING, opening, past=[], epoch=1)
    last = counted.do(SOLO, entries.DOCUMENT, NewDocument(three.chain[-1]), past=[first])
    charter = counted.charter
    assert newest_document(charter, SOLO).document.version == 3
    assert newest_document(charter, SOLO).brought_by == (place(last.ref),)
    pasts: list[tuple[Seen, int]] = [
        (NOTHING, 1), ({first.ref.log: 1}, 2), ({again.ref.log: 1}, 2), ({last.ref.log: 2}, 3),
    ]  # fmt: skip
    for past, version in pasts:
        assert document_seen(charter, SOLO, past).document.version == version
        assert len(documents_seen(charter, SOLO, past)) == version
    assert set(charter.versions[SOLO][1].brought_by) == {place(first.ref), place(again.ref)}


def test_a_document_of_the_founding_brought_again_changes_nothing() -> None:
    """It was there before any entry, and stays so for every past."""
    counted = Counted()
    opening = Opening(PARTIES[SOLO].id, NODE, 1, 0, (), "restored", PARTIES[SOLO].chain[0])
    counted.do(SOLO, entries.OPENING, opening, epoch=1)
    assert counted.charter.versions == start(FOUNDING).versions


def test_grants_are_found_by_key_and_party_within_a_past() -> None:
    """The same key may have a mandate of either side; they never mix."""
    counted = Counted()
    before = counted.confirm(SOLO, grant_of(HEAD, SPEAK))
    counted.do(COUNCIL, entries.GRANT, grant_of(HEAD, SPEAK))
    second = counted.do(SOLO, entries.GRANT, grant_of(HEAD, "bind"))
    charter, print_ = counted.charter, HEAD.public.print
    everything = _everything(counted)
    found = grants_seen(charter, print_, SOLO, everything)
    assert [one.where for one in found] == [place(second.ref), place(before.ref)]
    assert len(grants_seen(charter, print_, COUNCIL, everything)) == 1
    assert len(grants_seen(charter, print_, SOLO, second.seen)) == 1
    assert grants_seen(charter, print_, SOLO, NOTHING) == []
    assert grants_seen(charter, CLERK.public.print, SOLO, everything) == []
    assert charter.confirmed[SOLO] == (place(before.ref),)


def test_a_grant_ends_where_its_end_was_seen() -> None:
    """docs/spec/03-charter.md §4.3: never "now", always a past."""
    counted = Counted()
    grant = counted.do(SOLO, entries.GRANT, grant_of(HEAD, SPEAK))
    (granted,) = counted.charter.grants[HEAD.public.print]
    assert is_ended(counted.charter, granted, _everything(counted)) is None
    revoked = counted.do(SOLO, entries.REVOCATION, Revocation(grant.ref, ""))
    assert is_ended(counted.charter, granted, _everything(counted)) is False
    assert is_ended(counted.charter, granted, revoked.seen) is None
    closed = counted.draft(SOLO, entries.CLOSING, Closing(grant.ref), past=[grant], epoch=1)
    counted.count(closed)
    assert is_ended(counted.charter, granted, {**grant.seen, closed.ref.log: 1}) is True


def test_only_limited_grants_count_what_was_done_under_them() -> None:
    """Memory grows with what a limit needs, and with nothing else."""
    counted = Counted()
    counted.do(SOLO, entries.GRANT, grant_of(HEAD, SPEAK, most=3))
    counted.do(SOLO, entries.GRANT, grant_of(CLERK, SPEAK))
    (limited,) = counted.charter.grants[HEAD.public.print]
    (free,) = counted.charter.grants[CLERK.public.print]
    act = counted.draft(SOLO, 80, None, by=HEAD)
    assert use(counted.charter, limited, act).used[limited.where] == (place(act.ref),)
    assert use(counted.charter, free, act) is counted.charter


def test_entries_that_change_no_mandate_leave_the_charter_as_it_is() -> None:
    """An opening without a document, a fork proof: `apply` is total."""
    counted = Counted()
    charter = counted.charter
    body: Any = Opening(PARTIES[SOLO].id, NODE, 0, 0, (), "founding", None)
    assert apply(charter, counted.draft(SOLO, entries.OPENING, body)) is charter
    fork = counted.draft(SOLO, entries.FORK, entries.ForkProof(b""))
    assert apply(charter, fork) is charter


def _busy() -> tuple[Charter, list[Act]]:
    """Return a charter and its acts, many of which had not seen each other."""
    counted = Counted()
    party = PARTIES[SOLO]
    confirmed = counted.confirm(SOLO, grant_of(HEAD, SPEAK))
    one, other = party.renewed(), party.renewed(pouch="age1other")
    counted.do(SOLO, entries.DOCUMENT, NewDocument(one.chain[-1]), past=[confirmed])
    branch = Opening(party.id, NODE, 1, 0, (), "restored", other.chain[-1])
    counted.do(SOLO, entries.OPENING, branch, past=[], epoch=1)
    counted.do(SOLO, entries.GRANT, grant_of(HEAD, "bind"), past=[], epoch=1)
    counted.do(SOLO, entries.REVOCATION, Revocation(confirmed.ref, ""), past=[confirmed])
    late = key("a late key")
    counted.do(COUNCIL, entries.GRANT, grant_of(late, SPEAK), past=[])
    cut = Cut(NODE, (LogMark(bytes(32), 1, bytes(32)),), "stolen")
    counted.do(SOLO, entries.CUT, cut, past=[], epoch=2)
    again = Opening(party.id, NODE, 3, 0, (), "restored", one.chain[-1])
    counted.do(SOLO, entries.OPENING, again, past=[], epoch=3)
    return counted.charter, counted.talk.acts


def test_the_same_entries_give_the_same_charter_in_whatever_order_they_arrive() -> None:
    """Attack 8: also when a party brought two documents of one number that had not seen each other."""
    expected, acts = _busy()
    found = orders(acts, limit=300)
    assert len(found) == 300
    for order in found:
        charter = start(FOUNDING)
        for act in order:
            charter = apply(charter, act)
        assert charter == expected
    assert len(expected.versions[SOLO]) == 3


def test_a_charter_survives_its_cache() -> None:
    """Canonical bytes and back; keys stay usable."""
    expected, _ = _busy()
    data = to_bytes(expected, 32)
    assert from_bytes(Charter, data, MIB, "cache", 32) == expected


def test_a_renewed_node_key_is_the_newest_documents() -> None:
    """Attack 13: what signs the logs of the next epoch."""
    counted = Counted()
    node = key("a new node key")
    renewed = PARTIES[SOLO].renewed(node=key_bytes(node.public))
    counted.do(SOLO, entries.DOCUMENT, NewDocument(renewed.chain[-1]))
    assert newest_document(counted.charter, SOLO).document.node_key() == node.public
