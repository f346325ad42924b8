"""A draft is looked at before it is signed (docs/spec/06-dialogue.md §6.4 and §6.5)."""

from __future__ import annotations

from typing import Any

import pytest

from detente.charter.document import KeyBytes, key_bytes
from detente.charter.entries import Cut, Grant, LogMark, Revocation
from detente.desk.drafts import Claims, Wish, check_draft, check_next
from detente.desk.write import Draft
from detente.dialogue.kinds import BY_NAME
from detente.protocols.agenda.entries import Agreement
from detente.protocols.hotline.entries import Message, Precedence, Status
from detente.protocols.questions.entries import Answer, Reply
from detente.protocols.statements.entries import Statement
from detente.record.chain import Piece
from detente.record.entry import Header, act_statement, decode_entry, decode_header, encode_header
from detente.record.genesis import log_id
from detente.record.shapes import to_bytes
from detente.terms.errors import Fault, Rejected
from detente.terms.ids import EntryId, KeyPrint, Lane, LogId, Ref
from detente.testing.keys import person_named
from detente.testing.world import World

WORLD = World(2, "drafts")
NODE = WORLD.nodes[0]
BOOK = NODE.book
HEAD = NODE.people["head"]
ACTOR = HEAD.print
TABLE, THEIRS = BOOK.own_log(Lane.TABLE), WORLD.nodes[1].book.own_log(Lane.TABLE)
ITEM = Ref(THEIRS, 7, EntryId(b"i" * 32))
WISH = {"text": "We agree.", "lang": "en", "item": "B-7"}
LATER = log_id(BOOK.id, NODE.party.id, NODE.party.node.public.print, 1, Lane.TABLE)


def claims(grant: Piece | None = None, **more: Any) -> Claims:
    """Return what an honest node says beside its drafts, and what else is planted."""
    logs = {log: (one.node.print, one.epoch) for log, one in BOOK.state.logs.items()}
    logs[LATER] = (NODE.party.node.public.print, 1)
    return Claims(BOOK.founding.papers.genesis, {LogId(k): v for k, v in logs.items()}, grant)._replace(
        **more
    )  # fmt: skip


def wish_of(kind: str, body: dict[str, Any], dialogue: str = "") -> Wish:
    """Return a wish of the head of delegation."""
    return Wish(BY_NAME[kind], body, ACTOR, NODE.party.id, dialogue)


def draft_of(name: str, body: Any, **header: Any) -> Draft:
    """Return a draft as a node would hand it over."""
    spec = BY_NAME[name]
    log = BOOK.own_log(spec.lane)
    fields = Header(log, 3, b"p" * 32, 9, (), 1, spec.number, ACTOR, 0, bytes(32))
    fields = fields._replace(**header)
    encoded = to_bytes(body)
    return Draft(BOOK.id, fields, encoded, act_statement(BOOK.id, fields, encoded))


def check(kind: str, wish: dict[str, Any], draft: Draft, claimed: Claims | None = None) -> None:
    """Check a draft as the client does."""
    check_draft(draft, draft.statement, wish_of(kind, wish), claimed or claims())


def refuse(kind: str, wish: dict[str, Any], draft: Draft, claimed: Claims | None = None) -> None:
    """See that a draft is not signed."""
    with pytest.raises(Rejected, match=r"desk\.draft"):
        check(kind, wish, draft, claimed)


def test_the_draft_that_was_wished_passes() -> None:
    """The honest case, with the dialogue named by its beginning, by all of it, or not at all."""
    draft = draft_of("statements.statement", Statement("We agree.", "en", ITEM, None))
    for named in ("", BOOK.id.hex()[:10], BOOK.id.hex()):
        wish = wish_of("statements.statement", WISH, named)
        check_draft(draft, draft.statement, wish, claims())


@pytest.mark.parametrize(
    "body",
    [
        Statement("We do not agree.", "en", ITEM, None),
        Statement("We agree.", "fr", ITEM, None),
        Statement("We agree.", "en", ITEM._replace(seq=8), None),
        Statement("We agree.", "en", None, None),
    ],
)
def test_another_text_language_or_entry_is_not_signed(body: Statement) -> None:
    """A node that was tampered with hands over another act."""
    refuse("statements.statement", WISH, draft_of("statements.statement", body))


def test_a_statement_that_is_not_of_the_draft_is_not_signed() -> None:
    """The bytes to be signed are built again from the draft."""
    draft = draft_of("statements.statement", Statement("We agree.", "en", ITEM, None))
    other = draft_of("statements.statement", Statement("We yield.", "en", ITEM, None))
    wish = wish_of("statements.statement", WISH)
    for forged in (draft, draft._replace(statement=other.statement)):
        with pytest.raises(Rejected, match=r"desk\.draft"):
            check_draft(forged, other.statement, wish, claims())


def test_another_kind_or_actor_is_not_signed() -> None:
    """An act in somebody else's name, or of another kind with the same fields."""
    body = Statement("We agree.", "en", ITEM, None)
    refuse("statements.statement", WISH, draft_of("statements.statement", body, kind=81))
    other = KeyPrint(b"b" * 32)
    refuse("statements.statement", WISH, draft_of("statements.statement", body, actor=other))


# -- every field -------------------------------------------------------------------------------


def test_a_field_that_was_not_wished_must_be_empty() -> None:
    """`detente say "Yes, gladly."` is not signed as the answer to a question of the other side."""
    said = {"text": "Yes, gladly.", "lang": "en"}
    honest = draft_of("statements.statement", Statement("Yes, gladly.", "en", None, None))
    check("statements.statement", said, honest)
    for body in (
        Statement("Yes, gladly.", "en", None, ITEM),
        Statement("Yes, gladly.", "en", ITEM, None),
    ):
        refuse("statements.statement", said, draft_of("statements.statement", body))
    sent = {"status": "test", "precedence": "flash", "text": "Stop.", "lang": "en"}
    message = Message(Status.TEST, Precedence.FLASH, "", "Stop.", "en", 0, 0)
    check("hotline.message", sent, draft_of("hotline.message", message))
    for changed in ({"addressee": "X"}, {"reply_within_s": 60}, {"status": Status.ACTUAL}):
        refuse("hotline.message", sent, draft_of("hotline.message", message._replace(**changed)))


def test_nothing_that_was_wished_may_be_left_out() -> None:
    """A field that the act cannot hold would be dropped in silence."""
    said = {"text": "Yes, gladly.", "lang": "en", "provided": "that you leave"}
    draft = draft_of("statements.statement", Statement("Yes, gladly.", "en", None, None))
    refuse("statements.statement", said, draft)


def test_a_changed_answer_among_several_is_not_signed() -> None:
    """Nested fields are compared as well."""
    answers = [{"number": 1, "declined": False, "text": "Yes."}]
    wish = {"to": "B-7", "lang": "en", "answers": answers}
    check(
        "questions.reply",
        wish,
        draft_of("questions.reply", Reply(ITEM, (Answer(1, False, "Yes."),), "en")),
    )
    for forged in (
        (Answer(1, False, "No."),),
        (Answer(1, True, "Yes."),),
        (Answer(1, False, "Yes."), Answer(2, True, "")),
    ):
        refuse("questions.reply", wish, draft_of("questions.reply", Reply(ITEM, forged, "en")))


def test_another_key_scope_or_end_in_a_grant_is_not_signed() -> None:
    """A node that grants a mandate to a key of its own choosing, or a wider one than was wished."""
    key, other = KeyBytes(1, b"k" * 32, b"m"), KeyBytes(1, b"o" * 32, b"m")
    wish = {"key": key, "name": "N. N.", "role": "duty officer", "scopes": ["hotline"], "most": 3}
    honest = Grant(key, "N. N.", "duty officer", ("hotline",), 0, 3)
    check("charter.grant", wish, draft_of("charter.grant", honest))
    for changed in ({"key": other}, {"scopes": ("hotline", "grant")}, {"most": 0}, {"expires": 9}):
        refuse("charter.grant", wish, draft_of("charter.grant", honest._replace(**changed)))


# -- the dialogue ------------------------------------------------------------------------------


def test_the_same_words_in_another_dialogue_are_not_signed() -> None:
    """Neither by another id, nor by the papers of another founding."""
    draft = draft_of("statements.statement", Statement("We agree.", "en", ITEM, None))
    other = World(3, "other").nodes[0].book
    moved = draft._replace(
        dialogue=other.id, statement=act_statement(other.id, draft.header, draft.body)
    )
    papers = claims(genesis=other.founding.papers.genesis)
    for forged, claimed in ((moved, claims()), (moved, papers), (draft, papers)):
        refuse("statements.statement", WISH, forged, claimed)
    wish = wish_of("statements.statement", WISH, other.id.hex()[:10])
    with pytest.raises(Rejected, match=r"desk\.draft"):
        check_draft(draft, draft.statement, wish, claims())


def test_a_dialogue_in_which_our_party_has_no_seat_is_not_spoken_in() -> None:
    """The party is the one of the card in our own folder."""
    draft = draft_of("statements.statement", Statement("We agree.", "en", ITEM, None))
    wish = wish_of("statements.statement", WISH)._replace(party=World(3).parties[2].id)
    with pytest.raises(Rejected, match=r"desk\.draft"):
        check_draft(draft, draft.statement, wish, claims())


def test_nothing_is_signed_for_another_log_than_our_own_of_that_lane() -> None:
    """Of the other party, of the line, of nobody: only an own log of the kind's lane passes."""
    body = Statement("We agree.", "en", ITEM, None)
    for log in (THEIRS, BOOK.own_log(Lane.LINE), LogId(b"x" * 32)):
        refuse("statements.statement", WISH, draft_of("statements.statement", body, log=log))


# -- marks and names ---------------------------------------------------------------------------


def test_a_mark_is_compared_by_party_epoch_lane_and_number() -> None:
    """`agree to A.1-7`: a log's identifier is a digest of all but the number."""
    log = {lane: BOOK.own_log(lane) for lane in Lane}
    named = {"A-7": log[Lane.TABLE], "A-L7": log[Lane.LINE], "B-7": THEIRS, "A.1-7": LATER}
    named[f"A~{log[Lane.TABLE].hex()[:6]}-7"] = log[Lane.TABLE]
    for mark, meant in named.items():
        for other in set(named.values()):
            draft = draft_of("agenda.agreement", Agreement(Ref(other, 7, EntryId(b"i" * 32))))
            if other == meant:
                check("agenda.agreement", {"item": mark}, draft)
            else:
                refuse("agenda.agreement", {"item": mark}, draft)
    draft = draft_of("agenda.agreement", Agreement(ITEM))
    refuse("agenda.agreement", {"item": "B~000000-7"}, draft)
    refuse("agenda.agreement", {"item": "C-7"}, draft)


def test_what_a_node_says_of_a_log_must_give_its_identifier() -> None:
    """An epoch or a key that is made up for a log gives another digest."""
    draft = draft_of("agenda.agreement", Agreement(ITEM))
    node = BOOK.state.logs[THEIRS].node.print
    for said in ({THEIRS: (node, 1)}, {THEIRS: (KeyPrint(b"k" * 32), 0)}):
        told = claims(logs={**claims().logs, **said})
        refuse("agenda.agreement", {"item": "B-7"}, draft, told)
        refuse("agenda.agreement", {"item": "B.1-7"}, draft, told)


def test_a_mandate_named_by_name_or_key_is_the_one_that_ends() -> None:
    """`delegate revoke nabil` is not signed as the end of anybody else's mandate."""
    world = World(2, "mandates")
    node, kind = world.nodes[0], "charter.revocation"
    refs = {}
    for name in ("nabil", "amal"):
        key = person_named(name, "envoy").key.public
        body = Grant(key_bytes(key), name, "envoy", ("speak",), 0, 0)
        refs[name] = node.act("charter.grant", body)
    first = next(one.where for one in node.book.state.charter.grants[ACTOR])
    entries = {name: node.book.store.entry(ref.log, ref.seq) for name, ref in refs.items()}
    entries["head"] = node.book.store.entry(LogId(first.log), first.seq)
    pieces = {k: Piece(one.raw, one.salt, one.payload) for k, one in entries.items() if one}
    refs["head"] = Ref(LogId(first.log), first.seq, entries["head"].id)  # type: ignore[union-attr]
    known = {"nabil": "nabil", "amal": "amal", HEAD.name: "head", ACTOR.hex(): "head"}
    known[person_named("amal", "envoy").print.hex()] = "amal"
    for text, meant in known.items():
        for other, ref in refs.items():
            draft = draft_of(kind, Revocation(ref, ""))
            if other == meant:
                check(kind, {"grant": text, "reason": ""}, draft, claims(pieces[other]))
            else:
                refuse(kind, {"grant": text}, draft, claims(pieces[other]))
                refuse(kind, {"grant": text}, draft, claims(pieces[meant]))
                refuse(kind, {"grant": text}, draft)
    draft = draft_of(kind, Revocation(refs["nabil"], "Unasked."))
    refuse(kind, {"grant": "nabil"}, draft, claims(pieces["nabil"]))
    mark = f"A-L{refs['nabil'].seq}"
    check(kind, {"grant": mark, "reason": "Unasked."}, draft)
    refuse(kind, {"grant": mark, "reason": ""}, draft)


def test_a_cut_leaves_the_entries_and_cuts_the_key_that_were_wished() -> None:
    """Every mark is compared, and the key is the one of their logs."""
    node = NODE.party.node.public.print
    line = LogMark(BOOK.own_log(Lane.LINE), 5, b"h" * 32)
    table = LogMark(TABLE, 8, b"h" * 32)
    wish = {"last": ["A-L4", "A-7"], "reason": "stolen"}
    check("charter.cut", wish, draft_of("charter.cut", Cut(node, (line, table), "stolen")))
    for forged in (
        Cut(b"n" * 32, (line, table), "stolen"),
        Cut(node, (line, table._replace(size=7)), "stolen"),
        Cut(node, (line, table._replace(log=LATER)), "stolen"),
        Cut(node, (line,), "stolen"),
        Cut(node, (line, table), ""),
    ):
        refuse("charter.cut", wish, draft_of("charter.cut", forged))


# -- once more ---------------------------------------------------------------------------------


def overtaken(count: int) -> tuple[Draft, Draft, list[bytes]]:
    """Return a draft, the same wish drafted after `count` other acts, and the headers of those."""
    world = World(2, "again")
    node, body = world.nodes[0], Statement("Once.", "en", None, None)
    before = node.writer.draft(BY_NAME["statements.statement"], body, ACTOR)
    for number in range(count):
        world.clock.now_ms += 1
        node.say(f"Another, {number}.")
    after = node.writer.draft(BY_NAME["statements.statement"], body, ACTOR)
    log, seq = before.header.log, before.header.seq
    return before, after, [entry.raw for entry in node.book.store.entries(log, seq, count)]


def planted(raw: bytes, **fields: Any) -> bytes:
    """Return a header with other fields."""
    return encode_header(decode_header(raw)._replace(**fields))


def test_a_wish_is_signed_again_only_after_another_entry_took_its_place() -> None:
    """A feigned `desk.moved` gets no second signature: what stands between must be shown."""
    for count in (1, 3):
        before, after, between = overtaken(count)
        check_next(before, after, between)
        between[0] = planted(between[0], time=before.header.time + 9)
        with pytest.raises(Rejected, match=r"desk\.again"):  # what follows does not name it
            check_next(before, after, between)
    before, after, between = overtaken(2)
    onward = after._replace(header=after.header._replace(seq=before.header.seq + 1))
    for shown in ([], between[:1], between[1:], [*between, between[-1]], between[::-1]):
        for drafted in (after, onward):
            with pytest.raises(Rejected, match=r"desk\.again"):
                check_next(before, drafted, shown)
    other = before._replace(header=before.header._replace(prev=b"p" * 32))
    with pytest.raises(Rejected, match=r"desk\.again"):
        check_next(other, after, between)
    with pytest.raises(Rejected, match=r"record\.entry\.header"):
        check_next(before, after, [b"", b""])


def test_our_own_act_is_not_taken_for_another_that_took_its_place() -> None:
    """A node that stored the act and says that it did not."""
    before, _, between = overtaken(1)
    ours = planted(between[0], **before.header._replace(length=9)._asdict())
    stored = decode_entry(ours, None, None)
    header = before.header._replace(seq=before.header.seq + 1, prev=stored.id)
    with pytest.raises(Rejected, match=r"desk\.again"):
        check_next(before, before._replace(header=header), [ours])
    taken = planted(ours, time=before.header.time + 1)
    header = header._replace(prev=decode_entry(taken, None, None).id)
    check_next(before, before._replace(header=header), [taken])


def test_a_draft_that_is_no_act_is_a_fault_of_the_node() -> None:
    """Whatever the bytes: a typed error, and nothing signed."""
    draft = draft_of("statements.statement", Statement("We agree.", "en", ITEM, None))
    for forged, claimed in (
        (draft._replace(body=b"x"), claims()),
        (draft, claims(genesis=b"")),
        (draft, claims(logs={})),
    ):
        with pytest.raises(Fault):
            check("statements.statement", WISH, forged, claimed)
