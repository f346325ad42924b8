"""Claims about who may do what, as far as its author had seen (docs/spec/03-charter.md §5 and §6)."""

from __future__ import annotations

from typing import Any

import pytest

from detente.charter import entries, rules
from detente.charter.act import Act
from detente.charter.document import key_bytes
from detente.charter.entries import (
    ACKNOWLEDGE,
    BIND,
    GRANTING,
    HOTLINE,
    SPEAK,
    Closing,
    Cut,
    LogMark,
    NewDocument,
    Opening,
    Revocation,
)
from detente.charter.state import use
from detente.terms.errors import Fault, Violation
from detente.terms.ids import Lane
from detente.terms.limits import DELEGATES
from tests.parties import key, root, sign
from tests.unit.charter.mandates import (
    CLERK,
    COUNCIL,
    HEAD,
    PARTIES,
    SOLO,
    Counted,
    grant_of,
    signed,
)

STATEMENT = 80
MARK = LogMark(bytes(32), 1, bytes(32))


def _broken(counted: Counted, act: Act) -> str:
    """Return the rule that an act breaks; the fault has a sentence that can be shown."""
    with pytest.raises(Fault) as fault:
        rules.check(counted.charter, act)
    assert str(fault.value)
    return fault.value.code


def _forbidden(counted: Counted, act: Act, scope: str) -> str:
    with pytest.raises(Violation) as fault:
        rules.authorise(counted.charter, act, scope)
    assert str(fault.value)
    return fault.value.code


def _speaks(counted: Counted, **how: Any) -> Act:
    return counted.draft(SOLO, STATEMENT, None, lane=Lane.TABLE, **how)


# -- mandates ---------------------------------------------------------------------------------


def test_a_delegate_may_do_what_its_mandate_covers_and_nothing_else() -> None:
    """Attack 14: each scope by itself."""
    for scope in entries.SCOPES:
        counted = Counted()
        counted.do(SOLO, entries.GRANT, grant_of(HEAD, scope))
        for needed in entries.SCOPES:
            act = _speaks(counted, by=HEAD)
            if needed == scope:
                granted = rules.authorise(counted.charter, act, needed)
                assert granted is not None
                assert granted.key == HEAD.public
            else:
                assert _forbidden(counted, act, needed) == "charter.scope"


def test_a_key_without_a_mandate_speaks_for_nobody() -> None:
    """Attack 39: a stranger's key, a delegate of the other side, and a grant not yet seen."""
    counted = Counted()
    before = counted.confirm(SOLO)
    counted.do(COUNCIL, entries.GRANT, grant_of(HEAD, SPEAK))
    assert _forbidden(counted, _speaks(counted, by=HEAD), SPEAK) == "charter.actor"
    assert _forbidden(counted, _speaks(counted, by=CLERK), SPEAK) == "charter.actor"
    counted.do(SOLO, entries.GRANT, grant_of(CLERK, SPEAK))
    unseen = _speaks(counted, by=CLERK, past=[before])
    assert _forbidden(counted, unseen, SPEAK) == "charter.actor"
    assert rules.authorise(counted.charter, _speaks(counted, by=CLERK), SPEAK)


def test_a_revocation_counts_from_where_it_was_seen() -> None:
    """Attack 14: by position in the record and not by clock; all nodes decide alike."""
    counted = Counted()
    grant = counted.do(SOLO, entries.GRANT, grant_of(HEAD, SPEAK))
    before = _speaks(counted, by=HEAD)
    revoked = counted.do(SOLO, entries.REVOCATION, Revocation(grant.ref, "left the service"))
    concurrent = _speaks(counted, by=HEAD, past=[grant])
    for act in (before, concurrent):
        assert rules.authorise(counted.charter, act, SPEAK)
    after = _speaks(counted, by=HEAD, past=[revoked])
    assert _forbidden(counted, after, SPEAK) == "charter.revoked"


def test_a_mandate_whose_time_came_ends_by_an_entry_and_not_by_a_clock() -> None:
    """docs/spec/03-charter.md §6.6: the claimed time of an act decides nothing."""
    counted = Counted()
    grant = counted.do(SOLO, entries.GRANT, grant_of(HEAD, SPEAK, expires=1))
    late = _speaks(counted, by=HEAD)._replace(time=2**60)
    assert rules.authorise(counted.charter, late, SPEAK)
    counted.do(SOLO, entries.CLOSING, Closing(grant.ref))
    early = _speaks(counted, by=HEAD)._replace(time=0)
    assert _forbidden(counted, early, SPEAK) == "charter.expired"


def test_a_mandate_that_has_ended_is_not_ended_again() -> None:
    """docs/spec/03-charter.md §5: else a node could fill every other node's memory with ends."""
    counted = Counted()
    grant = counted.do(SOLO, entries.GRANT, grant_of(HEAD, SPEAK))
    counted.do(SOLO, entries.CLOSING, Closing(grant.ref))
    with pytest.raises(Violation, match=r"charter\.ended"):
        counted.do(SOLO, entries.REVOCATION, Revocation(grant.ref, ""))
    assert _forbidden(counted, _speaks(counted, by=HEAD), SPEAK) == "charter.expired"


def test_a_new_mandate_for_the_same_key_holds_again() -> None:
    """Of several mandates one that allows the act is enough."""
    counted = Counted()
    first = counted.do(SOLO, entries.GRANT, grant_of(HEAD, SPEAK))
    counted.do(SOLO, entries.REVOCATION, Revocation(first.ref, ""))
    counted.do(SOLO, entries.GRANT, grant_of(HEAD, ACKNOWLEDGE))
    assert _forbidden(counted, _speaks(counted, by=HEAD), SPEAK) == "charter.revoked"
    again = counted.do(SOLO, entries.GRANT, grant_of(HEAD, SPEAK))
    granted = rules.authorise(counted.charter, _speaks(counted, by=HEAD), SPEAK)
    assert granted is not None
    assert granted.id == again.ref.id


def test_a_limit_counts_the_acts_that_were_seen() -> None:
    """docs/spec/03-charter.md §6.8: acts under this grant in the act's own past."""
    counted = Counted()
    counted.do(SOLO, entries.GRANT, grant_of(HEAD, SPEAK, most=2))
    done: list[Act] = []
    for _ in range(2):
        act = _speaks(counted, by=HEAD)
        granted = rules.authorise(counted.charter, act, SPEAK)
        assert granted is not None
        counted.charter = use(counted.charter, granted, act)
        counted.talk.acts.append(act)
        done.append(act)
    assert _forbidden(counted, _speaks(counted, by=HEAD), SPEAK) == "charter.limit"
    concurrent = _speaks(counted, by=HEAD, past=done[:1], epoch=1)
    assert rules.authorise(counted.charter, concurrent, SPEAK)


# -- roots ------------------------------------------------------------------------------------


def test_a_root_grants_and_confirms_but_does_not_speak() -> None:
    """docs/spec/03-charter.md §6.2 and §6.3: and what is the root's no delegate may do."""
    counted = Counted()
    counted.do(SOLO, entries.GRANT, grant_of(HEAD, *entries.SCOPES))
    for kind, scope in (
        (entries.CONFIRMATION, "root"), (entries.CUT, "root"), (entries.GRANT, GRANTING),
        (entries.REVOCATION, GRANTING),
    ):  # fmt: skip
        act = counted.draft(SOLO, kind, None)
        assert rules.authorise(counted.charter, act, scope) is None
    for scope in (SPEAK, BIND, HOTLINE, ACKNOWLEDGE):
        assert _forbidden(counted, _speaks(counted), scope) == "charter.root"
    for kind in (entries.CONFIRMATION, entries.CUT):
        act = counted.draft(SOLO, kind, None, by=HEAD)
        assert _forbidden(counted, act, "root") == "charter.root"
    others = counted.draft(SOLO, entries.GRANT, None, by=PARTIES[COUNCIL].roots[0])
    assert _forbidden(counted, others, GRANTING) == "charter.actor"


def test_roots_are_those_of_the_document_that_was_seen() -> None:
    """Attack 13: after a rotation the old root is nobody, before it the new one is."""
    counted = Counted()
    before = counted.confirm(SOLO)
    new = root("a new root")
    document = PARTIES[SOLO].next(roots=(key_bytes(new.public),))
    rotated = sign(document, *PARTIES[SOLO].roots, new)
    counted.do(SOLO, entries.DOCUMENT, NewDocument(rotated))
    old_late = counted.draft(SOLO, entries.GRANT, None)
    new_late = counted.draft(SOLO, entries.GRANT, None, by=new)
    old_early = counted.draft(SOLO, entries.GRANT, None, past=[before], epoch=1)
    new_early = counted.draft(SOLO, entries.GRANT, None, by=new, past=[before], epoch=1)
    assert rules.authorise(counted.charter, new_late, GRANTING) is None
    assert rules.authorise(counted.charter, old_early, GRANTING) is None
    assert _forbidden(counted, old_late, GRANTING) == "charter.actor"
    assert _forbidden(counted, new_early, GRANTING) == "charter.actor"


# -- charter entries --------------------------------------------------------------------------


def test_a_grant_names_scopes_that_exist_and_each_once() -> None:
    """docs/spec/03-charter.md §5.3; in a confirmation as in a grant. Root is not grantable."""
    counted = Counted()
    for scopes in (("speak", "root"), ("", "speak"), ("Speak",), ("speak", "speak")):
        grant = grant_of(HEAD, *scopes)
        act = counted.draft(SOLO, entries.GRANT, grant)
        assert _broken(counted, act) == "charter.scope.unknown"
        body = entries.Confirmation("0" * 20, "", grant)
        act = counted.draft(SOLO, entries.CONFIRMATION, body)
        assert _broken(counted, act) == "charter.scope.unknown"


def test_a_grant_gives_a_safe_everyday_key() -> None:
    """Attack 27: registration refuses small points and root keys."""
    counted = Counted()
    safe = grant_of(HEAD, SPEAK)
    for bad in (
        safe.key._replace(ed25519=bytes(32)), safe.key._replace(mldsa=b""),
        key_bytes(root("a root").public), safe.key._replace(algorithm=9),
    ):  # fmt: skip
        act = counted.draft(SOLO, entries.GRANT, safe._replace(key=bad))
        assert _broken(counted, act) == "seals.key"


def test_a_party_makes_a_bounded_number_of_grants() -> None:
    """Attack 22: 256; those of the other side and those not seen do not count."""
    counted = Counted()
    first = counted.do(SOLO, entries.GRANT, grant_of(HEAD, SPEAK))
    for _ in range(DELEGATES - 1):
        counted.do(SOLO, entries.GRANT, grant_of(HEAD, SPEAK), past=[])
    one_more = counted.draft(SOLO, entries.GRANT, grant_of(CLERK, SPEAK))
    assert _broken(counted, one_more) == "charter.delegates"
    counted.do(COUNCIL, entries.GRANT, grant_of(CLERK, SPEAK))
    counted.do(SOLO, entries.GRANT, grant_of(CLERK, SPEAK), past=[first], epoch=1)


def test_only_a_grant_of_ones_own_that_was_seen_can_be_ended() -> None:
    """docs/spec/03-charter.md §5.4: by log, position and identifier."""
    counted = Counted()
    unrelated = counted.confirm(SOLO)
    grant = counted.do(SOLO, entries.GRANT, grant_of(HEAD, SPEAK))
    theirs = counted.do(COUNCIL, entries.GRANT, grant_of(CLERK, SPEAK))
    ref = grant.ref
    for kind, make in (
        (entries.REVOCATION, lambda ref: Revocation(ref, "")),
        (entries.CLOSING, Closing),
    ):
        assert not rules.check(counted.charter, counted.draft(SOLO, kind, make(ref)))  # type: ignore[func-returns-value]
        for wrong in (
            ref._replace(seq=ref.seq + 1), ref._replace(id=unrelated.ref.id), unrelated.ref,
            ref._replace(log=theirs.ref.log),
        ):  # fmt: skip
            act = counted.draft(SOLO, kind, make(wrong))
            assert _broken(counted, act) == "charter.grant.unknown"
        unseen = counted.draft(SOLO, kind, make(ref), past=[unrelated], epoch=1)
        assert _broken(counted, unseen) == "charter.grant.unknown"
        act = counted.draft(SOLO, kind, make(theirs.ref))
        assert _broken(counted, act) == "charter.grant.theirs"


def test_a_document_follows_on_the_one_that_was_seen() -> None:
    """docs/spec/03-charter.md §5.2: in an entry of its own, or in the opening of a later epoch."""
    counted = Counted()
    party = PARTIES[SOLO]
    two = party.renewed()
    three = two.renewed()
    opening = Opening(party.id, bytes(32), 1, 0, (), "rotated", two.chain[-1])
    skipped = counted.draft(SOLO, entries.DOCUMENT, NewDocument(three.chain[-1]))
    assert _broken(counted, skipped) == "charter.document"
    foreign = counted.draft(COUNCIL, entries.DOCUMENT, NewDocument(two.chain[-1]))
    assert _broken(counted, foreign) == "charter.document"
    unsigned = sign(party.next(), root("a stranger"))
    act = counted.draft(SOLO, entries.DOCUMENT, NewDocument(unsigned))
    assert _broken(counted, act) == "charter.roots"
    act = counted.draft(SOLO, entries.OPENING, opening._replace(document=three.chain[-1]), epoch=1)
    assert _broken(counted, act) == "charter.document"
    brought = counted.do(SOLO, entries.DOCUMENT, NewDocument(two.chain[-1]))
    counted.do(SOLO, entries.OPENING, opening, epoch=1)  # the very same again is no fault
    counted.do(SOLO, entries.OPENING, opening._replace(document=None), epoch=2)
    counted.do(SOLO, entries.DOCUMENT, NewDocument(three.chain[-1]), past=[brought])


def test_a_party_renews_its_document_a_bounded_number_of_times() -> None:
    """Attack 22: every version costs every node its checks for ever."""
    counted = Counted()
    party = PARTIES[SOLO]
    for _ in range(rules.VERSIONS - 1):
        party = party.renewed()
        counted.do(SOLO, entries.DOCUMENT, NewDocument(party.chain[-1]))
    act = counted.draft(SOLO, entries.DOCUMENT, NewDocument(party.renewed().chain[-1]))
    assert _broken(counted, act) == "charter.versions"
    counted.do(SOLO, entries.DOCUMENT, NewDocument(party.chain[-1]))


def test_a_cut_names_a_key_that_was_seen_to_be_the_partys() -> None:
    """Attack 12: nobody cuts the other side's key, nor a key that no document it had seen names."""
    counted = Counted()
    seen = counted.confirm(SOLO)
    mine, theirs = (PARTIES[at].node.public.print for at in (SOLO, COUNCIL))
    counted.do(SOLO, entries.CUT, Cut(mine, (MARK,), "stolen"))
    act = counted.draft(SOLO, entries.CUT, Cut(theirs, (MARK,), ""))
    assert _broken(counted, act) == "charter.cut"
    later = key("a later node key")
    renewed = PARTIES[SOLO].renewed(node=key_bytes(later.public))
    cut = Cut(later.public.print, (MARK,), "")
    assert _broken(counted, counted.draft(SOLO, entries.CUT, cut)) == "charter.cut"
    counted.do(SOLO, entries.DOCUMENT, NewDocument(renewed.chain[-1]))
    counted.do(SOLO, entries.CUT, cut)
    unseen = counted.draft(SOLO, entries.CUT, cut, past=[seen], epoch=1)
    assert _broken(counted, unseen) == "charter.cut"


def test_a_key_is_cut_off_at_most_four_times() -> None:
    """Attack 22: each cut may have everything judged again, on every node."""
    counted = Counted()
    counted.confirm(SOLO)
    cut = Cut(PARTIES[SOLO].node.public.print, (MARK,), "stolen")
    for _ in range(rules.CUTS):
        counted.do(SOLO, entries.CUT, cut)
    assert _broken(counted, counted.draft(SOLO, entries.CUT, cut)) == "charter.cut.many"


def test_entries_without_a_rule_of_the_charter_pass() -> None:
    """A confirmation without a first grant, a fork proof, an opening of epoch 0."""
    counted = Counted()
    party = PARTIES[SOLO]
    counted.do(SOLO, entries.OPENING, Opening(party.id, bytes(32), 0, 0, (), "founding", None))
    counted.confirm(SOLO)
    counted.do(SOLO, entries.FORK, entries.ForkProof(b""))


# -- signatures -------------------------------------------------------------------------------


def _unsigned(
    counted: Counted, act: Act, *signers: Any, message: bytes = b"act", **how: Any
) -> str:
    granted = None
    if act.actor not in {one.public.print for party in PARTIES for one in party.roots}:
        granted = rules.authorise(counted.charter, act, SPEAK)
    payload = signed(message, *signers, **how)
    with pytest.raises(Fault) as fault:
        rules.check_signatures(counted.charter, act, granted, b"act", payload)
    return fault.value.code


def test_an_act_of_a_delegate_bears_exactly_its_own_signature() -> None:
    """Attack 39: a node without the delegate's secret cannot act in its name."""
    counted = Counted()
    counted.do(SOLO, entries.GRANT, grant_of(HEAD, SPEAK))
    act = _speaks(counted, by=HEAD)
    granted = rules.authorise(counted.charter, act, SPEAK)
    rules.check_signatures(counted.charter, act, granted, b"act", signed(b"act", HEAD))
    assert _unsigned(counted, act) == "charter.signature"
    for signers in ((CLERK,), (HEAD, CLERK), (HEAD, HEAD), (CLERK, HEAD)):
        assert _unsigned(counted, act, *signers) == "charter.signature"
    assert _unsigned(counted, act, HEAD, message=b"another") == "seals.signature"
    assert _unsigned(counted, act, HEAD, label=b"another label") == "seals.signature"
    forged = signed(b"act", CLERK)
    payload = forged._replace(signatures=((HEAD.public.print, forged.signatures[0][1]),))
    with pytest.raises(Fault) as fault:
        rules.check_signatures(counted.charter, act, granted, b"act", payload)
    assert fault.value.code == "seals.signature"


def test_a_root_act_bears_the_signatures_of_enough_roots_and_of_its_actor() -> None:
    """docs/spec/03-charter.md §6.2: the threshold of the document seen."""
    counted = Counted()
    one, two, three = PARTIES[COUNCIL].roots
    act = counted.draft(COUNCIL, entries.CONFIRMATION, None)
    for signers in ((one, two), (three, one), (one, two, three), (one, three, HEAD)):
        payload = signed(b"act", *signers)
        rules.check_signatures(counted.charter, act, None, b"act", payload)
    assert _unsigned(counted, act) == "charter.signature"
    assert _unsigned(counted, act, two, three) == "charter.signature"  # the actor's own is missing
    assert _unsigned(counted, act, one) == "charter.roots"
    assert _unsigned(counted, act, one, one) == "charter.roots"
    assert _unsigned(counted, act, one, HEAD) == "charter.roots"
    assert _unsigned(counted, act, one, two, message=b"another") == "seals.signature"
