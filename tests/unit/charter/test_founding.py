"""Claims about founding papers: all that a verifier must trust (docs/spec/03-charter.md §2)."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from detente.charter.document import sign_with_root
from detente.charter.founding import FoundingPapers, SeatPapers, encode_founding, read_founding
from detente.record.genesis import decode_genesis, dialogue_id, encode_genesis, order_seats
from detente.seals import labels
from detente.terms.errors import Rejected
from tests.parties import found, in_order, make_genesis, make_party, papers_of

PARTIES = in_order(make_party("Arla").renewed(), make_party("Borduria", roots=3, threshold=2))
GENESIS = make_genesis(*PARTIES)
PAPERS = papers_of(GENESIS, *PARTIES)


def _code(papers: FoundingPapers) -> str:
    with pytest.raises(Rejected) as fault:
        read_founding(encode_founding(papers))
    return fault.value.code


def test_founding_papers_tell_dialogue_parties_and_documents() -> None:
    """Everything else follows: the identifier, the order, the keys of the first logs."""
    data = encode_founding(PAPERS)
    founding = read_founding(data)
    assert founding.dialogue == dialogue_id(GENESIS)
    assert founding.genesis == decode_genesis(GENESIS)
    assert founding.papers == PAPERS
    assert encode_founding(founding.papers) == data
    for index, party in enumerate(PARTIES):
        assert founding.genesis.seats[index].party == party.id
        assert founding.documents[index] == party.documents
        assert founding.current(index) == party.documents[-1]


def test_three_parties_found_a_dialogue_alike() -> None:
    """Up to eight; each with its own number of documents."""
    founding, seated = found(*PARTIES, make_party("Cyldavia"))
    assert [seat.party for seat in founding.genesis.seats] == [party.id for party in seated]


def test_every_seat_brings_the_papers_of_its_own_party() -> None:
    """Seats swapped, one too few, one too many, or filled with another party's papers."""
    one, two = PAPERS.seats
    assert _code(PAPERS._replace(seats=(two, one))) == "charter.founding"
    assert _code(PAPERS._replace(seats=(one, two, one))) == "charter.founding"
    assert _code(PAPERS._replace(seats=(one,))) == "charter.founding"
    assert _code(PAPERS._replace(seats=(one, one))) == "charter.founding"
    stranger = papers_of(GENESIS, make_party("Stranger")).seats[0]
    assert _code(PAPERS._replace(seats=(one, stranger))) == "charter.founding"


def test_a_seat_is_of_the_party_whose_papers_fill_it() -> None:
    """Attack 3: even all roots together cannot seat a party under another's identifier."""
    genesis = decode_genesis(GENESIS)
    stranger = make_party("Stranger").id
    seats = tuple(
        seat._replace(party=stranger) if at == 0 else seat for at, seat in enumerate(genesis.seats)
    )
    seats = order_seats(genesis.nonce, list(seats))
    forged = encode_genesis(genesis._replace(seats=seats))
    mine = genesis.seats[0].document
    seated = sorted(
        PARTIES,
        key=lambda party: [seat.document for seat in seats].index(
            mine if party is PARTIES[0] else genesis.seats[1].document
        ),
    )
    assert _code(papers_of(forged, *seated)) == "charter.founding"


def _with_chain(party: int, change: Callable[[SeatPapers], SeatPapers]) -> FoundingPapers:
    seats = list(PAPERS.seats)
    seats[party] = change(seats[party])
    return PAPERS._replace(seats=tuple(seats))


def test_the_last_document_is_the_one_that_the_genesis_names() -> None:
    """An older document, a newer one, or another one of the same number is not what was signed."""
    at = next(index for index, party in enumerate(PARTIES) if party.name == "Arla")
    older = _with_chain(at, lambda seat: seat._replace(chain=seat.chain[:1]))
    newer = _with_chain(at, lambda seat: seat._replace(chain=PARTIES[at].renewed().chain))
    other = make_party("Arla").renewed(pouch="age1other")
    branch = _with_chain(at, lambda seat: seat._replace(chain=other.chain))
    for papers in (older, newer, branch):
        assert _code(papers) == "charter.founding"


def test_a_broken_chain_is_refused() -> None:
    """Each link is checked, not only the last."""
    at = next(index for index, party in enumerate(PARTIES) if party.name == "Arla")
    cut = _with_chain(at, lambda seat: seat._replace(chain=seat.chain[1:]))
    assert _code(cut) == "charter.document"
    turned = _with_chain(at, lambda seat: seat._replace(chain=seat.chain[::-1]))
    assert _code(turned) == "charter.document"


def test_the_roots_of_every_party_signed_the_genesis() -> None:
    """Threshold of each; signatures over another genesis or of another kind do not count."""
    at = next(index for index, party in enumerate(PARTIES) if party.name == "Borduria")
    too_few = _with_chain(at, lambda seat: seat._replace(signatures=seat.signatures[:1]))
    assert _code(too_few) == "charter.roots"
    enough = _with_chain(at, lambda seat: seat._replace(signatures=seat.signatures[1:]))
    assert read_founding(encode_founding(enough)).dialogue == dialogue_id(GENESIS)
    elsewhere = make_genesis(*PARTIES, nonce=b"\x01" * 32)
    for message, label in ((elsewhere, labels.SIGN_GENESIS), (GENESIS, labels.SIGN_DOCUMENT)):
        signed = tuple(sign_with_root(one, label, message) for one in PARTIES[at].roots)
        bad = _with_chain(at, lambda seat, signed=signed: seat._replace(signatures=signed))  # type: ignore[misc]
        assert _code(bad) == "seals.signature"


def test_a_changed_genesis_needs_new_signatures() -> None:
    """One altered word is another dialogue, which nobody has signed."""
    altered = encode_genesis(decode_genesis(GENESIS)._replace(terms="labour"))
    assert _code(PAPERS._replace(genesis=altered)) == "seals.signature"
    assert _code(PAPERS._replace(genesis=b"")) == "record.genesis"


@pytest.mark.parametrize("data", [b"", b"\x80", b"\x82\x40\x80", encode_founding(PAPERS) + b"\0"])
def test_papers_of_any_other_form_are_refused(data: bytes) -> None:
    """Attack 25; papers come in files and from links."""
    with pytest.raises(Rejected) as fault:
        read_founding(data)
    assert fault.value.code == "charter.founding"
