"""Claims about sealed files as a whole. Source: C2SP age.md."""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterator
from itertools import pairwise
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detente.seals import age
from detente.seals.secrets import Secret
from detente.terms.errors import Refused, Rejected
from detente.terms.limits import KIB, MIB

PIECE = 64 * KIB
SEALED_PIECE = PIECE + 16

HYBRID = age.HybridIdentity(Secret(bytes(range(32))))
X25519 = age.X25519Identity(Secret(bytes(range(32, 64))))
PASSPHRASE = age.PassphraseIdentity(Secret(b"correct horse"))
PASSPHRASE_RECIPIENT = age.PassphraseRecipient(Secret(b"correct horse"), work_factor=4)

KINDS: list[tuple[age.Recipient, age.Identity]] = [
    (HYBRID.recipient(), HYBRID),
    (X25519.recipient(), X25519),
    (PASSPHRASE_RECIPIENT, PASSPHRASE),
]
CODES = {f"seals.age.{kind}" for kind in ("header", "mac", "payload", "no-match")}


def _seal(plain: bytes, recipient: age.Recipient, seed: int = 0) -> bytes:
    return b"".join(age.seal([plain], [recipient], Random(seed).randbytes))


def _open(sealed: bytes, identity: age.Identity) -> bytes:
    return b"".join(age.open_sealed([sealed], [identity]))


def _drain(pieces: Iterator[bytes], into: bytearray) -> None:
    for piece in pieces:
        into += piece


def _cut(data: bytes, places: list[int]) -> list[bytes]:
    ends = [0, *sorted(place % (len(data) + 1) for place in places), len(data)]
    return [data[start:end] for start, end in pairwise(ends)]


@pytest.mark.parametrize(("recipient", "identity"), KINDS)
@pytest.mark.parametrize("size", [0, 1, PIECE - 1, PIECE, PIECE + 1, 2 * PIECE, 3 * PIECE + 5])
def test_what_was_sealed_opens_to_the_same_bytes(
    recipient: age.Recipient, identity: age.Identity, size: int
) -> None:
    """age.md, "Payload": every boundary of a piece, every kind of recipient."""
    plain = Random(size).randbytes(size)
    sealed = _seal(plain, recipient)
    assert _open(sealed, identity) == plain
    pieces = max(1, -(-size // PIECE))
    assert len(sealed) == sealed.index(b"\n--- ") + 5 + 43 + 1 + 16 + size + 16 * pieces


@settings(deadline=None, derandomize=True, max_examples=60)
@given(
    st.binary(max_size=200),
    st.integers(0, 3 * PIECE),
    st.lists(st.integers(0, 4 * PIECE), max_size=12),
    st.lists(st.integers(0, 4 * PIECE), max_size=12),
)
def test_where_the_input_is_cut_changes_nothing(
    start: bytes, size: int, cut_plain: list[int], cut_sealed: list[int]
) -> None:
    """Chunks arrive as the disk and the network give them."""
    plain = start + Random(size).randbytes(size)
    whole = _seal(plain, X25519.recipient())
    parts = age.seal(_cut(plain, cut_plain), [X25519.recipient()], Random(0).randbytes)
    assert b"".join(parts) == whole
    assert b"".join(age.open_sealed(_cut(whole, cut_sealed), [X25519])) == plain


@pytest.mark.parametrize("off", [-1, 0, 1])
def test_cut_beside_the_boundary_of_a_piece_changes_nothing(off: int) -> None:
    """A piece that is gathered from several chunks ends where it should, to the byte."""
    plain = Random(8).randbytes(2 * PIECE + 7)
    whole = _seal(plain, X25519.recipient())
    parts = age.seal(_cut(plain, [10, PIECE + off]), [X25519.recipient()], Random(0).randbytes)
    assert b"".join(parts) == whole
    body = len(whole) - 2 * SEALED_PIECE - 7 - 16
    cut = _cut(whole, [body + 10, body + SEALED_PIECE + off])
    assert b"".join(age.open_sealed(cut, [X25519])) == plain


def test_single_bytes_are_chunks_too() -> None:
    """The least favourable cut: the header is found byte by byte."""
    sealed = _seal(b"a short note", HYBRID.recipient())
    singles = [sealed[i : i + 1] for i in range(len(sealed))]
    assert b"".join(age.open_sealed(singles, [HYBRID])) == b"a short note"


@settings(deadline=None, derandomize=True, max_examples=400)
@given(st.sampled_from(range(len(KINDS))), st.integers(0, 10**6), st.integers(1, 255))
def test_an_altered_byte_gives_a_typed_fault_and_no_byte_of_its_piece(
    kind: int, place: int, change: int
) -> None:
    """age.md: files are not malleable without the file key."""
    recipient, identity = KINDS[kind]
    plain = b"we accept paragraph four as it stands"
    sealed = bytearray(_seal(plain, recipient))
    sealed[place % len(sealed)] ^= change
    released = bytearray()
    ceiling = age.PassphraseIdentity(Secret(b"correct horse"), work_factor_ceiling=10)
    used = ceiling if identity is PASSPHRASE else identity  # a mutated factor stays cheap
    with pytest.raises(Rejected) as fault:
        _drain(age.open_sealed([bytes(sealed)], [used]), released)
    assert fault.value.code in CODES
    assert not released


@settings(deadline=None, derandomize=True, max_examples=200)
@given(st.binary(max_size=600), st.booleans())
def test_garbage_gives_a_typed_fault(data: bytes, is_begun: bool) -> None:
    """Garbage in gives `Rejected`, whether or not it begins like a sealed file."""
    begun = b"age-encryption.org/v1\n-> X25519 " if is_begun else b""
    with pytest.raises(Rejected) as fault:
        _open(begun + data, X25519)
    assert fault.value.code in CODES


@pytest.mark.parametrize("size", [0, 10, PIECE, 2 * PIECE, 2 * PIECE + 10])
def test_truncation_is_found_at_every_boundary(size: int) -> None:
    """age.md, "Payload": the end of the file must be a successfully opened final piece."""
    plain = Random(1).randbytes(size)
    sealed = _seal(plain, X25519.recipient())
    body = sealed.index(b"\n--- ") + 5 + 43 + 1 + 16
    places = {body + n * SEALED_PIECE + off for n in range(4) for off in (-1, 0, 1, 15, 16, 17)}
    for place in sorted(place for place in places if body <= place < len(sealed)):
        released = bytearray()
        with pytest.raises(Rejected) as fault:
            _drain(age.open_sealed([sealed[:place]], [X25519]), released)
        assert fault.value.code == "seals.age.payload"
        assert plain.startswith(released)
        assert len(released) % PIECE == 0


def test_file_that_ends_in_or_before_the_nonce_has_no_payload_to_speak_of() -> None:
    """Nothing has been opened yet, so it is told as a fault of the header, as the vectors do."""
    sealed = _seal(b"", X25519.recipient())
    for missing in (17, 20, 32):
        with pytest.raises(Rejected) as fault:
            age.open_sealed([sealed[:-missing]], [X25519])
        assert fault.value.code == "seals.age.header"


def test_exchanged_dropped_doubled_and_appended_pieces_are_found() -> None:
    """age.md, "Payload": the counter and the last-piece flag are in each nonce."""
    plain = Random(2).randbytes(4 * PIECE)
    sealed = _seal(plain, X25519.recipient())
    body = len(sealed) - 4 * SEALED_PIECE
    head, p = sealed[:body], [sealed[body + i * SEALED_PIECE :][:SEALED_PIECE] for i in range(4)]
    for pieces in (
        [p[1], p[0], p[2], p[3]],
        [p[0], p[2], p[3]],
        [p[0], p[0], p[1], p[2], p[3]],
        [p[0], p[1], p[2], p[3], p[3]],
        [p[0], p[1], p[2], p[3], b"x"],
        [p[0], p[3]],
        [p[3]],
    ):
        with pytest.raises(Rejected) as fault:
            _open(head + b"".join(pieces), X25519)
        assert fault.value.code == "seals.age.payload"


def test_piece_is_released_only_after_its_own_tag_held() -> None:
    """Streaming must not hand out what nobody has authenticated."""
    plain = Random(3).randbytes(3 * PIECE)
    sealed = bytearray(_seal(plain, X25519.recipient()))
    sealed[-SEALED_PIECE - 1] ^= 1  # last byte of the second piece's tag
    pieces = age.open_sealed([bytes(sealed)], [X25519])
    assert next(pieces) == plain[:PIECE]
    with pytest.raises(Rejected):
        next(pieces)


def test_first_piece_comes_before_the_second_is_read() -> None:
    """Opening is a stream: it waits for a piece, not for the file."""
    sealed = _seal(Random(4).randbytes(2 * PIECE), X25519.recipient())
    given_out = 0

    def arriving() -> Iterator[bytes]:
        nonlocal given_out
        for at in range(0, len(sealed), KIB):
            given_out = at
            yield sealed[at : at + KIB]

    next(age.open_sealed(arriving(), [X25519]))
    assert given_out < len(sealed) - PIECE + 2 * KIB


def test_header_is_judged_before_the_first_piece_is_asked_for() -> None:
    """A caller may open its output after `open_sealed` returned."""
    with pytest.raises(Rejected) as fault:
        age.open_sealed([_seal(b"x", HYBRID.recipient())], [X25519])
    assert fault.value.code == "seals.age.no-match"
    with pytest.raises(Rejected) as fault:
        age.open_sealed([_seal(b"x", HYBRID.recipient())], [])
    assert fault.value.code == "seals.age.no-match"


def test_memory_does_not_follow_the_size_of_the_file() -> None:
    """48 MiB pass through in less than 3 MiB."""
    chunk = Random(5).randbytes(256 * KIB)
    tracemalloc.start()
    try:
        sealed = age.seal((chunk for _ in range(192)), [HYBRID.recipient()], Random(6).randbytes)
        opened = sum(len(piece) for piece in age.open_sealed(sealed, [HYBRID]))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert opened == 48 * MIB
    assert peak < 3 * MIB


def test_each_of_several_recipients_opens_the_file() -> None:
    """age.md, "Recipient stanza": the same file key is wrapped for each."""
    identities = [age.HybridIdentity(Secret(bytes([n]) * 32)) for n in range(5)]
    recipients = [identity.recipient() for identity in identities]
    sealed = b"".join(age.seal([b"for five"], recipients, Random(7).randbytes))
    for identity in identities:
        assert _open(sealed, identity) == b"for five"
    with pytest.raises(Rejected) as fault:
        _open(sealed, HYBRID)
    assert fault.value.code == "seals.age.no-match"


def test_same_bytes_sealed_twice_share_nothing() -> None:
    """age.md: file key and nonce are made anew for each file."""
    one, two = _seal(bytes(100), X25519.recipient(), 1), _seal(bytes(100), X25519.recipient(), 2)
    assert one[-132:] != two[-132:]
    assert one == _seal(bytes(100), X25519.recipient(), 1)  # and a test can fix them


def test_weaker_recipient_cannot_be_put_beside_a_stronger_one() -> None:
    """age.md: post-quantum with other types SHOULD NOT, passphrases with anything MUST NOT."""
    hybrid, x25519 = HYBRID.recipient(), X25519.recipient()
    mixtures: list[list[age.Recipient]] = [
        [hybrid, x25519],
        [PASSPHRASE_RECIPIENT, x25519],
        [hybrid, PASSPHRASE_RECIPIENT],
        [PASSPHRASE_RECIPIENT, PASSPHRASE_RECIPIENT],
    ]
    for mixture in mixtures:
        with pytest.raises(Refused) as fault:
            age.seal([b""], mixture, Random(0).randbytes)
        assert fault.value.code == "seals.age.mixed"


def test_number_of_recipients_has_both_bounds() -> None:
    """What `seal` writes, `open_sealed` reads."""
    recipient = X25519.recipient()
    for recipients, code in (([], "nobody"), ([recipient] * (age.RECIPIENTS + 1), "too-many")):
        with pytest.raises(Refused) as fault:
            age.seal([b""], recipients, Random(0).randbytes)
        assert fault.value.code == f"seals.age.{code}"
    most = b"".join(age.seal([b"x"], [recipient] * age.RECIPIENTS, Random(0).randbytes))
    assert _open(most, X25519) == b"x"
    hybrid = [HYBRID.recipient()] * age.RECIPIENTS
    assert _open(b"".join(age.seal([b"y"], hybrid, Random(0).randbytes)), HYBRID) == b"y"
