"""A new epoch of our own logs, when the old ones cannot be continued.

Carries out docs/spec/02-order.md §8. The new logs name the last own entries known, so that everybody sees
what they follow on; what others hold beyond that stays in the record.
"""

from __future__ import annotations

from detente.charter import entries as charter_entries
from detente.charter.document import SignedDocument
from detente.charter.entries import LogMark
from detente.desk.book import Book
from detente.desk.counter import Counter
from detente.desk.introduce import Room, epochs_of
from detente.desk.write import Writer
from detente.ports import LogInfo
from detente.record.genesis import log_id
from detente.seals.signing import PublicKey
from detente.terms.errors import N_, Refused
from detente.terms.ids import Lane, Ref

REASONS = ("restored", "forked", "rotated")


def open_epoch(
    book: Book,
    writer: Writer,
    counter: Counter,
    reason: str,
    node: PublicKey | None = None,
    document: SignedDocument | None = None,
) -> list[Ref]:
    """Open new logs of ours on both lanes and enter their openings.

    Args:
        reason: one of `REASONS`.
        node: a new node key, named by a document in the record or by `document`; None to keep the
            present one.
        document: the document that names `node`, when the old log can no longer bring it because
            somebody else holds its key.

    Raises:
        Refused: ``epoch.reason``; ``epoch.empty`` when the present epoch has no entry yet; ``epoch.room``
            when others would not take further logs under this node key, or none at all.
    """
    if reason not in REASONS:
        raise Refused(
            "epoch.reason", N_("The reason is one of: {known}."), known=", ".join(REASONS)
        )
    present = [book.state.logs[book.own_log(lane)] for lane in Lane]
    if all(standing.admitted == 0 for standing in present):
        raise Refused("epoch.empty", N_("The present epoch has no entry yet; there is no need."))
    party = book.state.charter.parties[book.own]
    node = node or present[0].node
    epoch = 1 + max(standing.epoch for standing in present)
    _check_room(book, node, epoch)
    marks = tuple(
        LogMark(log, book.heads[log].size, book.heads[log].head)
        for log in (book.own_log(lane) for lane in Lane)
    )
    infos = [
        LogInfo(log_id(book.id, party, node.print, epoch, lane), party, node, epoch, lane)
        for lane in Lane
    ]
    _open(book, infos)
    writer.closed_because = None
    counter.unconfirmed = False
    return [
        writer.enter(
            info.lane,
            charter_entries.OPENING,
            charter_entries.Opening(
                party,
                node.print,
                epoch,
                info.lane,
                marks,
                reason,
                document if info.lane is Lane.LINE else None,
            ),
        )
        for info in infos
    ]


def _check_room(book: Book, node: PublicKey, epoch: int) -> None:
    """Refuse an epoch that other nodes would not take."""
    room = Room(book)
    if epoch >= epochs_of(book.state.parties) or not room.takes(book.own, node.print):
        raise Refused(
            "epoch.room",
            N_("There is no room for another epoch: others would not take its logs."),
            N_(
                "Under one node key there is room for half of a party's epochs: renew the node key."
            ),
        )


def _open(book: Book, infos: list[LogInfo]) -> None:
    with book.store.unit() as unit:
        for info in infos:
            unit.open_log(book.id, info)
    for info in infos:
        book.open_log(info)
