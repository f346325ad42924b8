"""Our own head as others know it: the restore rule, and what happens when two copies of us run.

Carries out docs/spec/02-order.md §8. A node that learns from its own signature, shown by another, that it
once held more or other entries of its own logs, writes nothing until it has fetched them back. One that
learns so after it had been told that it holds everything knows that another copy of it is at work,
and stops.

Invariants: only our own signature is believed; nothing is taken back for which somebody gave a receipt.
"""

from __future__ import annotations

from collections.abc import Callable

from detente.desk.book import Book
from detente.desk.misconduct import difference, root_at
from detente.desk.write import Writer
from detente.exchange.frames import Headers, Sizes
from detente.record.checkpoint import Checkpoint, decode_checkpoint, verify_checkpoint
from detente.record.entry import Entry
from detente.record.genesis import epochs_of, log_id
from detente.terms.errors import N_, Refused, Rejected
from detente.terms.ids import Lane, LogId, PartyId

SetAside = Callable[[LogId, list[Entry]], None]
"""Keeps entries that were taken back, for a person to look at and sign again."""

RESTORED = "desk.restored"
BEHIND = "desk.behind"


class OwnHead:
    """What we have been told about our own logs of one dialogue."""

    def __init__(self, book: Book, writer: Writer, set_aside: SetAside) -> None:
        self._book = book
        self._writer = writer
        self._set_aside = set_aside
        self._heard: set[int] = set()
        self.catching_up: dict[LogId, int] = {}
        """Own log → how many entries of it others hold, while we hold fewer or other ones."""
        self.unconfirmed = False
        """Whether this node was restored, or cannot tell, and not all others have shown it its head."""
        self._is_settled = False
        """Whether another node has shown, in this run, nothing of ours that we did not hold."""

    @property
    def is_open(self) -> bool:
        """Tell whether our own logs may be given to others."""
        return not self.unconfirmed and not self._is_behind()

    def _is_behind(self) -> bool:
        """Tell whether we lack entries of the logs in use; an epoch that is over is no matter."""
        used = {self._book.own_log(lane) for lane in Lane}
        return any(log in used or log not in self._book.heads for log in self.catching_up)

    def is_claimed(self, sizes: Sizes) -> bool:
        """Tell whether the other side claims to hold more, or other, of our own logs than we do."""
        for line in sizes.lines:
            head = self._book.heads.get(LogId(line.log))
            if head is None or self._book.state.logs[line.log].party != self._book.own:
                continue
            if line.size > head.size:
                return True
            if line.size and root_at(self._book, LogId(line.log), line.size) != line.root:
                return True
        return False

    def is_ours(self, checkpoint: Checkpoint) -> bool:
        """Tell whether a checkpoint is of a log of ours, known here or forgotten by a restore."""
        standing = self._book.state.logs.get(checkpoint.log)
        if standing is not None:
            return standing.party == self._book.own
        return checkpoint.dialogue == self._book.id and checkpoint.log in self._possible()

    def _possible(self) -> set[LogId]:
        """Return all logs that may be ours under our key; our signature under any other is a receipt."""
        state, own = self._book.state, self._book.own
        key = state.logs[self._book.own_log(Lane.LINE)].node.print
        return {
            log_id(self._book.id, state.charter.parties[own], key, epoch, lane)
            for epoch in epochs_of(state.parties)
            for lane in Lane
        }

    def learn(self, checkpoint: Checkpoint) -> bool:
        """Take our own signed head from another node; tell whether it contradicts what we hold.

        Raises:
            Rejected: when it is not our signature.
        """
        log = checkpoint.log
        line, table = (self._book.own_log(lane) for lane in Lane)
        standing = self._book.state.logs.get(log) or self._book.state.logs[line]
        verify_checkpoint(standing.node, checkpoint)
        if log in self._book.heads and log not in (line, table):
            return False  # an epoch that is over: what others hold of it is fetched like any log
        held = self._book.heads[log].size if log in self._book.heads else 0
        if checkpoint.size > held:
            self._close(log, checkpoint.size)
            return False
        parted = (
            checkpoint.size > 0 and root_at(self._book, log, checkpoint.size) != checkpoint.root
        )
        if parted:
            self._close(log, checkpoint.size)
        return parted

    def notice(self, checkpoint: Checkpoint) -> None:
        """Take note that entries of our own came from another node, unless we were fetching them."""
        if checkpoint.log not in self.catching_up:
            self.learn(checkpoint)

    def _close(self, log: LogId, size: int) -> None:
        self.catching_up[log] = max(size, self.catching_up.get(log, 0))
        if self._is_settled:
            self._writer.closed_because = Refused(
                "desk.second-copy",
                N_("Another copy of this node is at work: it has written entries of ours."),
                N_("Stop one of the two, then start this one again. See: detente doctor"),
            )
        else:
            self._writer.closed_because = Refused(
                BEHIND,
                N_(
                    "This node is a restored copy: the other side holds entries of ours that are "
                    "missing here."
                ),
                N_("They are being fetched back; writing is possible again when that is done."),
            )

    def confirm(self, peer: PartyId | None) -> None:
        """Take note that a party's node has shown what it holds of ours; it is fetched if we lack it.

        Args:
            peer: None when one voice is enough, as for a pouch that a person has chosen.
        """
        if peer is None:
            self._heard.update(range(self._book.state.parties))
        elif (index := self._book.founding.genesis.index_of(peer)) >= 0:
            self._heard.add(index)
        self._open()

    def _open(self) -> None:
        """Write again, if we hold all that was shown and nobody is left to be heard."""
        others = set(range(self._book.state.parties)) - {self._book.own}
        if self._is_behind() or not self._heard:
            return
        if self.unconfirmed and not self._heard >= others:
            return
        self.unconfirmed, self._is_settled = False, True
        closed = self._writer.closed_because
        if closed is not None and closed.code in (RESTORED, BEHIND):
            self._writer.closed_because = None

    def caught_up(self, log: LogId) -> None:
        """Take note that a log may have become complete."""
        wanted = self.catching_up.get(log)
        head = self._book.heads.get(log)
        if wanted is not None and head is not None and head.size >= wanted:
            del self.catching_up[log]
            self._open()

    def take_back(self, log: LogId, headers: Headers) -> tuple[int | None, bool]:
        """Take back our own unsent entries where another history of ours parts from them.

        Returns:
            Where to ask on, when the histories agree as far as was shown; and whether entries were
            taken back.

        Raises:
            Rejected: when the headers are not under our signature; ``exchange.own-fork`` when both
                histories have reached others.
        """
        shown = decode_checkpoint(headers.checkpoint)
        common = difference(self._book, log, headers.start, headers.headers, shown)
        if log not in self.catching_up:
            return None, False
        if common is None:
            return (headers.start + len(headers.headers) if headers.headers else None), False
        if any(receipt.size > common for receipt in self._book.store.receipts(log)):
            raise Rejected(
                "exchange.own-fork",
                N_("Two copies of this node have written: both versions reached another node."),
                N_("Stop the other copy, then open a new epoch: detente restore --new-epoch."),
            )
        with self._book.store.unit() as unit:
            taken = unit.cut_unsent(log, common)
            unit.forget_judgements(self._book.id)
        self._set_aside(log, taken)
        self._book.reload()
        return None, True
