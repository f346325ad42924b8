"""What leaves out a part of a log: proofs of two histories, and cuts.

Carries out docs/spec/02-order.md §6.4 and 03-charter.md §5.5, §5.6 and §7.4. Invariants: whose log a proof
is about follows from documents in its causal past, never from which logs happen to be here; neither
proof nor cut can leave out what it rests on itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from detente.charter import entries as charter_entries
from detente.charter.act import Act, has_seen
from detente.charter.state import Version, documents_seen
from detente.dialogue.state import Dialogue, Standing
from detente.record.fork import Fork, Leaves, decode_fork, verify_fork
from detente.record.genesis import epochs_of, log_id
from detente.seals.signing import PublicKey
from detente.terms.errors import N_, Violation
from detente.terms.ids import KeyPrint, Lane


class Accused(NamedTuple):
    """What a proof of two histories proves."""

    log: bytes
    party: int
    epoch: int
    lane: Lane
    key: KeyPrint
    common: int
    """First entries that both histories have in common."""


def check_cut(state: Dialogue, standing: Standing, act: Act) -> None:
    """Check that a cut names logs of the key that it cuts, and does not cut off what it stands on.

    Raises:
        Violation: ``charter.cut.log``, ``charter.cut.newer``, ``charter.cut.document``.
    """
    body: charter_entries.Cut = act.body
    epochs = [
        one.epoch
        for log, one in state.logs.items()
        if act.seen.get(log, 0) and (one.party, one.node.print) == (act.seat, body.node)
    ]
    named = {mark.log: mark.size for mark in body.marks}
    own = {
        log_id(state.id, act.party, KeyPrint(body.node), epoch, lane)
        for epoch in epochs
        for lane in Lane
    }
    if standing.node.print == body.node or len(named) < len(body.marks) or not own >= named.keys():
        raise Violation("charter.cut.log", N_("A cut names a log that is not of the key it cuts."))
    known = documents_seen(state.charter, act.seat, act.seen)
    newest = {version.document.node_key().print: version.document.version for version in known}
    if newest.get(standing.node.print, 0) <= newest[KeyPrint(body.node)]:
        raise Violation(
            "charter.cut.newer",
            N_("A cut stands in a log whose key is not newer than the one it cuts."),
        )
    for version in known:
        # Those of the founding need no entry.
        if version.brought_by and not any(
            has_seen(act.seen, where)
            and (where.log not in own or where.seq < named.get(where.log, 0))
            for where in version.brought_by
        ):
            raise Violation(
                "charter.cut.document",
                N_(
                    "A cut leaves out a document that its author had seen, and with it what it rests on."
                ),
                N_(
                    "Name the entry with that document as one that stands, or open the epoch with it."
                ),
            )


def check_fork(state: Dialogue, act: Act) -> Accused:
    """Check a proof of two histories, and return what it proves.

    Raises:
        Violation or Rejected: ``record.fork.log`` for a log of which no document that the author had seen
            names the key; ``record.fork.own``; ``record.fork.inexact``; the faults of a proof.
    """
    fork = decode_fork(act.body.proof)
    known = [
        documents_seen(state.charter, party, act.seen)
        for party in range(len(state.charter.parties))
    ]
    found = find_log(state, known, fork)
    if found is None or fork.smaller.dialogue != state.id:
        raise Violation("record.fork.log", N_("A proof of two histories names an unknown log."))
    party, node, epoch, lane = found
    if party == act.seat:
        # It could stand in what it freezes, and would then take itself back.
        raise Violation("record.fork.own", N_("A party states a proof about a log of its own."))
    common = verify_fork(node, fork)
    # A proof that does not show where the histories part would undo all that the party ever said.
    if not isinstance(fork.shown, Leaves) or common != fork.shown.at:
        raise Violation(
            "record.fork.inexact", N_("A proof does not show where the two histories part.")
        )
    return Accused(fork.smaller.log, party, epoch, lane, node.print, common)


def find_log(
    state: Dialogue, known: Sequence[Sequence[Version]], fork: Fork
) -> tuple[int, PublicKey, int, Lane] | None:
    """Return party, node key, epoch and lane of the log that a proof is about, whether it is here or not.

    Args:
        known: for each party the versions of its document that may name the key.
    """
    log, signer = fork.smaller.log, fork.smaller.signer
    for party, identifier in enumerate(state.charter.parties):
        for version in known[party]:
            key = version.document.node_key()
            if key.print != signer:
                continue
            for epoch in epochs_of(state.parties):
                for lane in Lane:
                    if log == log_id(state.id, identifier, signer, epoch, lane):
                        return party, key, epoch, lane
    return None
