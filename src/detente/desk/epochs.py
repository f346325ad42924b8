"""A new epoch of our own logs, when the old ones cannot be continued.

Carries out docs/spec/02-order.md §8. The new logs name the last own entries known, so that everybody sees
what they follow on; what others hold beyond that stays in the record.

Known weakness: two copies of one backup that are both restored to a new epoch, on different machines and
without hearing of each other, take the same number once in three times; then one log has two histories.
"""

from __future__ import annotations

from collections.abc import Collection

from detente.charter import entries as charter_entries
from detente.charter.document import SignedDocument
from detente.charter.entries import LogMark
from detente.desk.book import Book
from detente.desk.counter import Counter
from detente.desk.introduce import Room
from detente.desk.write import Writer
from detente.ports import LogInfo
from detente.record.genesis import epochs_of, log_id
from detente.seals.signing import PublicKey
from detente.terms.errors import N_, Refused
from detente.terms.ids import KeyPrint, Lane, LogId, Ref

REASONS = ("restored", "forked", "rotated")


def open_epoch(
    book: Book,
    writer: Writer,
    counter: Counter,
    reason: str,
    node: PublicKey | None = None,
    document: SignedDocument | None = None,
    *,
    gap: int = 0,
    known: Collection[LogId] = (),
) -> list[Ref]:
    """Open new logs of ours on both lanes and enter their openings.

    Args:
        reason: one of `REASONS`.
        node: a new node key, named by a document in the record or by `document`; None to keep the
            present one.
        document: the document that names `node`, when the old log can no longer bring it because
            somebody else holds its key.
        gap: how many numbers of epochs to leave out, while there are enough of them: drawn anew for a
            restored copy, so that another copy of the same backup hardly takes the same number.
        known: logs of ours that were seen in use, here or not: their epochs are taken.

    Raises:
        Refused: ``epoch.reason``; ``epoch.empty`` when the present epoch has no entry yet; ``epoch.room``
            when others would not take further logs under this node key, or none at all.
    """
    if reason not in REASONS:
        raise Refused(
            "epoch.reason", N_("The reason is one of: {known}."), known=", ".join(REASONS)
        )
    present = [book.state.logs[book.own_log(lane)] for lane in Lane]
    if all(book.heads[book.own_log(lane)].size == 0 for lane in Lane):
        raise Refused("epoch.empty", N_("The present epoch has no entry yet; there is no need."))
    party = book.state.charter.parties[book.own]
    node = node or present[0].node
    latest = max(standing.epoch for standing in present)
    epoch = _next_epoch(book, node.print, latest, gap, known)
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
    book.node = node
    writer.closed_because = None
    counter.unconfirmed = False
    openings = [
        charter_entries.Opening(party, node.print, epoch, lane, marks, reason, brought)
        for lane, brought in ((Lane.LINE, document), (Lane.TABLE, None))
    ]
    return [writer.enter(Lane(one.lane), charter_entries.OPENING, one) for one in openings]


def _next_epoch(book: Book, node: KeyPrint, latest: int, gap: int, known: Collection[LogId]) -> int:
    """Return the number of the epoch to open, above every one that is known to be taken.

    Args:
        node: key that will sign it.
        latest: number of the present epoch.
    """
    keys = {node, book.state.logs[book.own_log(Lane.LINE)].node.print}
    party, bound = book.state.charter.parties[book.own], len(epochs_of(book.state.parties))
    for epoch in range(latest + 1, bound):
        names = (log_id(book.id, party, key, epoch, lane) for key in keys for lane in Lane)
        if any(log in known for log in names):
            latest = epoch
    if latest + 1 >= bound and not any(
        (standing.party, standing.node.print) == (book.own, node)
        for standing in book.state.logs.values()
    ):
        return (
            1  # somebody else used our numbers up, with a key that was stolen; these are of another
        )
    # The last eighth of the numbers is not skipped: who is restored often shall not run out of them.
    return latest + 1 + (gap if latest + 1 + gap < bound - bound // 8 else 0)


def _check_room(book: Book, node: PublicKey, epoch: int) -> None:
    """Refuse an epoch that other nodes would not take."""
    room = Room(book)
    if epoch not in epochs_of(book.state.parties) or not room.takes(book.own, node.print):
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
