"""What people are shown of an entry (docs/spec/06-dialogue.md §7)."""

from __future__ import annotations

from detente.charter import entries as charter
from detente.charter.document import key_bytes
from detente.desk.marks import mark_of
from detente.desk.read import Reader
from detente.node.record_api import BookSource
from detente.record.bundle import write_bundle
from detente.testing.keys import person_named
from detente.testing.world import World
from tests.bundles import verified


def test_an_act_is_shown_with_the_mandate_under_which_it_was_done() -> None:
    """06-dialogue.md §7.4: not one that expired, does not cover it, or was granted later; on all sides."""
    world = World(2, "roles")
    world.sync()
    node, other = world.nodes
    person = person_named("Envoy of the first hour", "")

    def grant(name: str, role: str, scopes: tuple[str, ...], expires: int = 0) -> None:
        body = charter.Grant(key_bytes(person.key.public), name, role, scopes, expires, 0)
        node.act("charter.grant", body, node.party.root)

    grant("N. N.", "Envoy", ("speak",))
    grant("N. N.", "Nobody", ("hotline",))
    grant("Somebody else", "Expired", ("speak",), expires=1)
    node.upkeep.close_expired()
    said = node.say("in this function", person)
    grant("Renamed", "Clerk", ("speak",))
    later = node.say("in that one", person)
    world.sync()
    for one in world.nodes:
        reader = Reader(one.book)
        shown = [reader.show(mark_of(one.book, ref))["actor"] for ref in (said, later)]
        assert [(who["name"], who["role"]) for who in shown] == [
            ("N. N.", "Envoy"),
            ("Renamed", "Clerk"),
        ]
    report = verified(b"".join(write_bundle(BookSource(other.book))))
    acts = {act.mark: (act.name, act.role) for act in report.acts}
    assert acts[mark_of(other.book, said)] == ("N. N.", "Envoy")
    assert acts[mark_of(other.book, later)] == ("Renamed", "Clerk")
