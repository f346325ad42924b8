"""Take back the end of our own log: entries that were written to a restored copy and never left.

Carries out docs/spec/02-order.md §8 for this engine: the only deletion of entries there is.
"""

from __future__ import annotations

import apsw

from detente.record.chain import LogHead, start_log
from detente.record.entry import Entry
from detente.record.tree import frontier_at
from detente.store.faults import damaged
from detente.store.rows import entry_of, fetch, key_of
from detente.store.subtrees import Subtrees
from detente.terms.errors import N_


def cut_entries(
    connection: apsw.Connection, number: int, stored: LogHead, size: int
) -> tuple[list[Entry], LogHead]:
    """Delete entries from `size` on, with what follows from them; return them and the new head.

    Args:
        connection: the writing one, inside a transaction.
        number: row of the log.
        stored: where the log stands.
        size: entries that stay; at most as many as there are.
    """
    start, end = key_of(number, size), key_of(number + 1, 0)
    some = "select id, header, salt, payload from entry where n>=? and n<?"
    entries = [entry_of(row) for row in fetch(connection, some, start, end)]
    head = _head_at(connection, number, stored, size)
    connection.execute("delete from entry where n>=? and n<?", (start, end))
    connection.execute("delete from node_hash where log=? and (i + 1) << level > ?", (number, size))
    connection.execute("delete from checkpoint where n>? and n<?", (start, end))
    connection.execute(
        "delete from snapshot where dialogue=(select dialogue from log where n=?)", (number,)
    )
    return entries, head


def _head_at(connection: apsw.Connection, number: int, stored: LogHead, size: int) -> LogHead:
    """Return where the log stood when it had `size` entries."""
    if size == 0:
        whose = "select d.id from dialogue d join log l on l.dialogue=d.n where l.n=?"
        rows = fetch(connection, whose, number)
        if not rows:
            raise damaged(N_("a dialogue is missing"))
        return start_log(rows[0][0], stored.log)
    subtrees = Subtrees(connection)
    frontier = frontier_at(size, lambda level, index: subtrees.node(number, level, index))
    one = "select id, header, salt, payload from entry where n=?"
    rows = fetch(connection, one, key_of(number, size - 1))
    if not rows:
        raise damaged(N_("entries are missing"))
    last = entry_of(rows[0])
    return LogHead(stored.log, frontier, last.id, last.header.clock)
