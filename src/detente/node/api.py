"""The node's verbs for doors: plain data in, plain data out. The same in one process or over a socket.

Carries out docs/architecture.md §3 (doors). Each verb is one method of a group; arguments and results
hold only what JSON can. Invariant: nothing here holds a person's key; acts are drafted here, signed
by whoever asked, and committed here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from detente.charter import entries as charter_entries
from detente.charter.document import key_bytes, read_chain
from detente.courier.address import parse_address
from detente.desk.intents import find_kind, read_intent
from detente.desk.marks import mark_of, parse_mark, ref_of
from detente.desk.read import Reader
from detente.desk.summary import summarise
from detente.desk.write import Draft
from detente.dialogue.kinds import KINDS
from detente.dialogue.minutes import ordinals_of
from detente.node.archive import back_up
from detente.node.doctor import examine, note_backup
from detente.node.house import House, Room
from detente.node.plain import HEADERS, Json, Verb, bytes64, read_path, read_signatures, text64
from detente.protocols.agenda import view as agenda
from detente.protocols.hotline import view as hotline
from detente.protocols.hotline.entries import ACKNOWLEDGEMENT
from detente.protocols.objections import view as objections
from detente.protocols.opening import view as opening
from detente.protocols.questions import view as questions
from detente.record.shapes import from_bytes, to_bytes
from detente.seals.secrets import Secret
from detente.seals.signing import PublicKey, parse_public_key
from detente.terms.errors import N_, Refused
from detente.terms.ids import KeyPrint, LogId, Ref, party_letter
from detente.terms.limits import MIB
from detente.terms.times import format_utc


class DialogueVerbs:
    """Reading and acting in one dialogue."""

    def __init__(self, house: House, changed: Callable[[Room], None]) -> None:
        self._house = house
        self._changed = changed

    def verbs(self) -> dict[str, Verb]:
        """Return the verbs of this group by name."""
        return {
            "log": self.log,
            "show": self.show,
            "opening": self.opening,
            "agenda": self.agenda,
            "questions": self.questions,
            "objections": self.objections,
            "hotline": self.hotline,
            "delegates": self.delegates,
            "act.draft": self.draft,
            "act.commit": self.commit,
            "headers": self.headers,
        }

    def _room(self, dialogue: str) -> Room:
        return self._house.room(dialogue)

    def log(
        self, dialogue: str = "", limit: int = 50, skip: int = 0, lane: int | None = None
    ) -> Json:
        """Return the newest entries."""
        return Reader(self._room(dialogue).book).log(limit, skip, lane)

    def show(self, mark: str, dialogue: str = "") -> Json:
        """Return one entry with everything attached to it."""
        return Reader(self._room(dialogue).book).show(mark)

    def _rows(self, dialogue: str, rows: Any) -> Json:
        """Return protocol views with places as marks and parties as letters."""
        return _speak(self._room(dialogue), rows)

    def opening(self, dialogue: str = "") -> Json:
        """Return the opening."""
        state = self._room(dialogue).book.state
        return self._rows(dialogue, opening.show(state.opening, state.parties, ordinals_of(state)))

    def agenda(self, dialogue: str = "") -> Json:
        """Return the agenda."""
        state = self._room(dialogue).book.state
        return self._rows(dialogue, agenda.show(state.agenda, state.parties, ordinals_of(state)))

    def questions(self, dialogue: str = "") -> Json:
        """Return requests and answers."""
        state = self._room(dialogue).book.state
        return self._rows(
            dialogue, questions.show(state.questions, state.parties, ordinals_of(state))
        )

    def objections(self, dialogue: str = "") -> Json:
        """Return objections."""
        state = self._room(dialogue).book.state
        return self._rows(dialogue, objections.show(state.objections, ordinals_of(state)))

    def hotline(self, dialogue: str = "") -> Json:
        """Return hotline messages, with machine receipts apart from people's acknowledgements."""
        room = self._room(dialogue)
        state = room.book.state
        rows = hotline.show(state.hotline, state.parties, ordinals_of(state))
        reader = Reader(room.book)
        for row in rows:
            row["received"] = reader.received(row["at"])
            for one in row["acknowledged"]:
                one["actor"] = reader.actor(one["at"], ACKNOWLEDGEMENT, one["actor"])
        return self._rows(dialogue, rows)

    def delegates(self, dialogue: str = "") -> Json:
        """Return who may speak for whom."""
        return Reader(self._room(dialogue).book).delegates()

    def draft(self, kind: str, body: dict[str, Any], actor: str, dialogue: str = "") -> Json:
        """Return an act ready to be signed.

        Args:
            kind: name of the kind, e.g. ``statements.statement``.
            body: fields of the body; entries are named by marks.
            actor: print of the key that will sign, in hexadecimal.
        """
        room = self._room(dialogue)
        spec = find_kind(kind)
        value: Any
        if kind == "charter.grant":
            value = self._grant(body)
        elif kind == "charter.revocation":
            grant = self._find_grant(room, str(body.get("grant") or ""))
            value = charter_entries.Revocation(grant, str(body.get("reason") or ""))
        elif kind == "charter.cut":
            value = self._cut(room, body)
        else:
            value = read_intent(room.book, spec, body)
        if room.writer.closed_because is None:
            room.upkeep.close_expired()  # also where no node is served that would do it by itself
        draft = room.writer.draft(spec, value, _read_print(actor))
        reader = Reader(room.book)
        readers = [one["name"] for one in reader.parties() if not one["own"]]
        return {
            "draft": text64(to_bytes(draft)),
            "statement": text64(draft.statement),
            "dialogue": room.book.id.hex(),
            "mark": mark_of(room.book, (draft.header.log, draft.header.seq)),
            "readers": readers,
            "fields": reader.plain(value),
            **_papers(room, draft, value),
        }

    def headers(self, log: str, first: int, count: int, dialogue: str = "") -> Json:
        """Return headers of a log in base64, so that who signs sees for themselves what stands there.

        Args:
            log: its identifier in hexadecimal.
            first: number of the first entry.
            count: 1 to `HEADERS`.
        """
        book = self._room(dialogue).book
        name = next((one for one in book.heads if one.hex() == log), None)
        if name is None or first < 0 or not 1 <= count <= HEADERS:
            raise Refused("api.headers", N_("There are no such entries here."))
        return [text64(entry.raw) for entry in book.store.entries(name, first, count)]

    def _grant(self, body: Json) -> charter_entries.Grant:
        key = self._delegate_key(body)
        expires = _number(body, "expires")
        if 0 < expires <= self._house.clock.now():
            raise Refused(
                "api.grant",
                N_("The mandate would end at {time}, before it begins."),
                N_("Name a time to come, or none."),
                time=format_utc(expires),
            )
        return charter_entries.Grant(
            key_bytes(key),
            str(body.get("name") or ""),
            str(body.get("role") or ""),
            tuple(str(scope) for scope in body.get("scopes") or ()),
            expires,
            _number(body, "most"),
        )

    def _cut(self, room: Room, body: Json) -> charter_entries.Cut:
        """Return the cut that names, per log of one node key, the last entry that is still ours."""
        last = [parse_mark(room.book, str(mark)) for mark in body.get("last") or ()]
        nodes = {room.book.state.logs[log].node.print for log, _ in last}
        owners = {room.book.state.logs[log].party for log, _ in last}
        if len(nodes) != 1 or owners != {room.book.own}:
            raise Refused(
                "api.cut",
                N_("A cut names the last good entries of our own logs under one node key."),
                N_("Give one mark for the line and one for the table."),
            )
        marks = tuple(
            charter_entries.LogMark(log, entry.header.seq + 1, entry.id) for log, entry in last
        )
        return charter_entries.Cut(nodes.pop(), marks, str(body.get("reason") or ""))

    def _delegate_key(self, body: Json) -> PublicKey:
        if body.get("key"):
            try:
                algorithm, ed25519, mldsa = body["key"]
            except (TypeError, ValueError):
                raise Refused("api.argument", N_("A public key has three parts.")) from None
            return parse_public_key([algorithm, bytes64(ed25519), bytes64(mldsa)])
        return self._house.files.public(str(body.get("delegate") or ""))

    def _find_grant(self, room: Room, text: str) -> Any:
        for row in Reader(room.book).delegates():
            own = party_letter(room.book.own) == row["letter"]
            if own and text in (row["mark"], row["name"], row["print"]) and row["state"] == "holds":
                return ref_of(room.book, row["mark"])
        parse_mark(room.book, text)
        return ref_of(room.book, text)

    def commit(self, draft: str, signatures: Json) -> Json:
        """Store a signed act and let it be sent."""
        value = from_bytes(Draft, bytes64(draft), MIB, "api.draft")
        room = self._room(value.dialogue.hex())
        ref = room.writer.commit(value, read_signatures(signatures))
        self._changed(room)
        return {
            "mark": mark_of(room.book, ref),
            "id": ref.id.hex(),
            "kind": KINDS[value.header.kind].name,
            "time": value.header.time,
        }


def _papers(room: Room, draft: Draft, value: Any) -> Json:
    """Return what lets the client find out which dialogue, logs and mandate a draft names.

    See `desk.drafts.Claims`: the client believes nothing of it that a digest does not bear out.
    """
    logs = {draft.header.log, *_logs_in(value)}
    grant = None
    if isinstance(value, charter_entries.Revocation):
        entry = room.book.store.entry(value.grant.log, value.grant.seq)
        if entry is not None and entry.salt is not None and entry.payload is not None:
            grant = [text64(part) for part in (entry.raw, entry.salt, entry.payload)]
    standing = room.book.state.logs
    return {
        "genesis": text64(room.book.founding.papers.genesis),
        "logs": {log.hex(): [standing[log].node.print.hex(), standing[log].epoch] for log in logs},
        "grant": grant,
    }


def _logs_in(value: Any) -> Iterator[LogId]:
    """Return the logs that a body names, at any depth."""
    if isinstance(value, Ref | charter_entries.LogMark):
        yield LogId(value.log)
    elif isinstance(value, tuple):
        for one in value:
            yield from _logs_in(one)


def _read_print(text: str) -> KeyPrint:
    try:
        return KeyPrint(bytes.fromhex(text))
    except ValueError:
        raise Refused("api.argument", N_("The print of a key is not in hexadecimal.")) from None


def _number(body: dict[str, Any], field: str) -> int:
    value = body.get(field) or 0
    if not isinstance(value, int) or isinstance(value, bool):
        raise Refused("api.argument", N_("{field} is not a whole number."), field=field)
    return value


def _speak(room: Room, value: Any, key: str = "") -> Any:
    """Replace places by marks and party numbers by letters, all the way down."""
    if isinstance(value, dict):
        return {
            party_letter(k) if isinstance(k, int) else ("mark" if k == "at" else k): _speak(room, v, k)
            for k, v in value.items()
        }  # fmt: skip
    if isinstance(value, tuple) and hasattr(value, "seq"):
        return mark_of(room.book, (value[0], value[1]))
    if isinstance(value, list | tuple):
        return [_speak(room, one, key) for one in value]
    if isinstance(value, bytes):
        return value.hex()
    parties = ("party", "consented", "refused", "agreed", "declined", "outstanding")
    if isinstance(value, int) and not isinstance(value, bool) and key in parties:
        return party_letter(value)
    return value


class NodeVerbs:
    """What concerns the node as a whole."""

    def __init__(self, house: House, links: Callable[[], Json]) -> None:
        self._house = house
        self._links = links

    def verbs(self) -> dict[str, Verb]:
        """Return the verbs of this group by name."""
        return {
            "status": self.status,
            "peer.address": self.set_address,
            "ping": self.ping,
            "doctor": self.doctor,
            "backup": self.backup,
        }

    def doctor(self) -> Json:
        """Examine the node."""
        return {"checks": examine(self._house, self._links())}

    def backup(self, path: str, passphrase: str, progress: Callable[[Json], None]) -> Json:
        """Write a backup and verify it.

        Args:
            path: absolute; the file must not exist.
            passphrase: base64; comes over the socket in this user's own folder, never as an argument.
        """
        made = back_up(self._house.folder, read_path(path), Secret(bytes64(passphrase)), progress)
        note_backup(self._house)
        return made

    def ping(self) -> Json:
        """Answer, so that a door knows that the node is there."""
        return {"party": self._house.party.hex()}

    def status(self) -> Json:
        """Return where everything stands."""
        house = self._house
        document = read_chain(house.card.chain)[1][-1]
        links = self._links()
        dialogues = []
        for room in house.rooms.values():
            summary = summarise(room.book, room.writer, room.upkeep)
            summary["peers"] = [
                {
                    "letter": party["letter"],
                    "name": party["name"],
                    **links.get(party["id"], {"link": "down", "since": None, "last_error": None}),
                }
                for party in summary["parties"]
                if not party["own"]
            ]
            dialogues.append(summary)
        return {
            "party": {"name": document.name(), "id": house.party.hex()},
            "addresses": list(document.addresses),
            "dialogues": dialogues,
        }

    def set_address(self, letter: str, address: str, dialogue: str = "") -> Json:
        """Use another address for a party, until its own document names a new one."""
        room = self._house.room(dialogue)
        index = ord(letter.upper()[:1] or "A") - ord("A")
        if not 0 <= index < room.book.state.parties or index == room.book.own:
            raise Refused("api.party", N_("There is no other party {letter} here."), letter=letter)
        party = room.book.state.charter.parties[index]
        if address:
            parse_address(address)
            self._house.drawer.put("address", party.hex(), address.encode())
        else:
            self._house.drawer.remove("address", party.hex())
        return {"letter": letter.upper(), "address": address, "party": party.hex()}
