"""A node as the command line sees it, made of canned answers; remembers everything it was asked.

Its methods have the signatures of the real `Client` (a test compares them), and its answers have the
shapes that a real node gives (`test_whole_talk.py` runs the same commands against one).
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from detente.record.genesis import Quotas

MINUTE_MS = 60_000
NINE = 1_764_061_200_000
"""2025-11-25 09:00 UTC."""

PARTIES = [
    {"letter": "A", "name": "North", "own": True, "id": "aa" * 32},
    {"letter": "B", "name": "South", "own": False, "id": "bb" * 32},
]
STATEMENT: dict[str, Any] = {
    "mark": "A-12",
    "kind": "statements.statement",
    "letter": "A",
    "party": "North",
    "actor": {"name": "A. Ahmadi", "role": "head of delegation", "print": "11" * 32},
    "time": NINE + 14 * MINUTE_MS,
    "standing": "counted",
    "reason": "",
    "final": False,
    "lang": "en",
    "text": "We are ready to meet on Monday.\nAt the crossing.",
    "flags": [],
    "fields": {"text": "We are ready to meet on Monday.", "lang": "en", "item": "A-4"},
    "attached": [{"what": "translation", "mark": "B-3"}],
    "route": [{"step": "recorded", "time": NINE + 14 * MINUTE_MS, "by": "A"}],
    "id": "cc" * 32,
    "log": "dd" * 32,
    "size_bytes": 3500,
}
TRANSLATION: dict[str, Any] = {
    **STATEMENT,
    "mark": "B-3",
    "kind": "statements.translation",
    "text": "نحن مستعدون للقاء يوم الاثنين.",
    "fields": {"lang": "ar", "by": "N. Nabil", "grade": "working", "machine": False},
    "attached": [],
}
REQUEST: dict[str, Any] = {
    **STATEMENT,
    "mark": "B-9",
    "kind": "questions.request",
    "letter": "B",
    "party": "South",
    "text": "",
    "fields": {"questions": ["When?", "Where?"], "lang": "en"},
    "attached": [],
}
PAIRING: dict[str, Any] = {
    "token": "d91175ed" + "00" * 12,
    "stage": "comparing",
    "inviting": True,
    "their_name": "South",
    "their_addresses": ["b.example:7400"],
    "number": "52836 44841 82157 98808",
    "terms": {
        "languages": ["en", "fr"],
        "set": "states",
        "quotas": Quotas()._asdict(),
        "usual": Quotas()._asdict(),
    },
    "expires": NINE,
    "they_confirmed": False,
}
ANSWERS: dict[str, Any] = {
    "status": {
        "party": {"name": "North", "id": "aa" * 32},
        "addresses": ["a.example:7400"],
        "dialogues": [
            {
                "id": "3da55fcc7d" + "00" * 27,
                "short": "3da55fcc7d",
                "title": "Talks on the crossing",
                "open": True,
                "parties": PARTIES,
                "terms": "states",
                "entries": 16,
                "acts": 9,
                "void": 1,
                "not_understood": 2,
                "withheld": 0,
                "final_upto": ["A-4", "B-3"],
                "newest": ["A-12", "B-9"],
                "not_received": [{"letter": "B", "entries": 2}],
                "held": [{"log": "B-7", "waiting_for": "A-13", "contradicts": False}],
                "frozen": [],
                "waiting_for_us": [{"mark": "B-9", "what": "answer", "since": NINE, "due": 0}],
                "with_them": [
                    {"mark": "A-5", "what": "agenda", "since": NINE, "due": 0, "letter": "B"}
                ],
                "peers": [
                    {
                        "letter": "B",
                        "name": "South",
                        "link": "down",
                        "since": NINE + 2 * 60 * MINUTE_MS + 2 * MINUTE_MS,
                        "last_error": {
                            "family": "Unavailable",
                            "code": "link.dial",
                            "sentence": "The address {address} does not answer.",
                            "next_step": "Check it.",
                            "details": {"address": "b.example:7400"},
                        },
                    }
                ],
                "dispute": None,
                "closed": None,
            }
        ],
    },
    "pair.list": [PAIRING],
    "pair.card": {"card": "Q0FSRA==", "party": "aa" * 32, "name": "North", "chunks": ["X:1/1:A"]},
    "pair.invite": {
        "token": PAIRING["token"],
        "message": "SU5W",
        "text": "detente-invitation:SU5W",
        "expires": NINE,
        "addresses": ["a.example:7400"],
    },
    "pair.join": {**PAIRING, "message": None, "by_link": True, "dialogue": None},
    "pair.take": {**PAIRING, "message": "TkVYVA==", "by_link": False, "dialogue": None},
    "pair.cancel": {"token": PAIRING["token"]},
    "peer.address": {"letter": "B", "address": "192.0.2.7:7400", "party": "bb" * 32},
    "log": {
        "rows": [
            {
                "mark": "A-12",
                "time": NINE,
                "letter": "A",
                "party": "North",
                "kind": "statements.statement",
                "actor": "A. Ahmadi",
                "role": "head of delegation",
                "line": "We are ready to meet on Monday.\nAt the crossing.",
                "standing": "counted",
                "reason": "",
                "final": False,
                "received": [{"letter": "B", "time_s": NINE // 1000}],
            }
        ],
        "total": 16,
    },
    "opening": {
        "open": True,
        "proposals": [
            {
                "mark": "A-1", "party": "A", "title": "Talks on the crossing",
                "purpose": "To agree opening hours.", "lang": "en", "consented": ["A", "B"],
                "refused": [],
            }
        ],
    },
    "agenda": [
        {
            "mark": "A-4", "party": "A", "title": "Prisoners", "text": "Exchange.", "lang": "en",
            "status": "proposed", "agreed": ["A"], "declined": [],
        }
    ],
    "questions": [
        {
            "mark": "B-9", "party": "B", "lang": "en", "item": None,
            "questions": [
                {"number": 1, "text": "When?", "answers": {"A": {
                    "mark": "A-20", "declined": False, "text": "Now.", "before": [
                        {"mark": "A-18", "declined": True, "text": ""},
                        {"mark": "A-19", "declined": False, "text": "Later."}]}}},
                {"number": 2, "text": "Where?", "answers": {"A": None}},
                {"number": 3, "text": "Why?", "answers": {"A": {
                    "mark": "A-21", "declined": True, "text": "", "before": []}}},
            ],
        }
    ],
    "hotline": [
        {
            "mark": "A-L2", "party": "A", "time": NINE + 14 * MINUTE_MS, "status": "test",
            "precedence": "routine", "addressee": "", "text": "Line test.", "lang": "en",
            "acknowledge_within_s": 0, "reply_within_s": 0, "outstanding": ["B"],
            "acknowledged": [],
            "received": [{"letter": "B", "time_s": NINE // 1000 + 15 * 60}],
        }
    ],
    "objections": [
        {
            "mark": "B-7", "party": "B", "to": "A-12", "grounds": "Not discussed.", "lang": "en",
            "maintained": True,
        }
    ],
    "delegates": [
        {
            "letter": "A", "name": "A. Ahmadi", "role": "head of delegation",
            "scopes": ["speak", "bind"], "print": "11" * 32, "expires": 0, "most": 0,
            "mark": "A-L1", "state": "holds",
        }
    ],
    "doctor": {
        "checks": [
            {"name": "disk", "state": "good", "words": "{free} MiB are free.", "next_step": "",
             "values": {"free": 512}},
            {"name": "backup", "state": "look", "words": "There has been no backup yet.",
             "next_step": "Make one: detente backup FILE", "values": {}},
        ]
    },
    "restore.new_epoch": {"openings": ["A.1-L0", "A.1-0"]},
    "export.entry": {"path": "/x/a.proof", "bytes": 9000, "entries": 1},
}  # fmt: skip
STREAMS: dict[str, Any] = {
    "export": {"path": "/x/talks.bundle", "bytes": 150_000, "entries": 16, "redacted": False},
    "pouch.write": {"path": "/x/p.age", "counter": 3, "entries": 5, "bytes": 9000},
    "pouch.read": {
        "from": "B", "counter": 2, "new": 4, "receipts": 1, "missing": "1", "repeated": False,
        "whole": True, "fault": None, "wants_return": True,
    },
    "backup": {"path": "/x/b.backup", "bytes": 470_000, "entries": 16, "verified": True},
}  # fmt: skip
SHOWN = {one["mark"]: one for one in (STATEMENT, TRANSLATION, REQUEST)}


class FakeClient:
    """See the head of this file."""

    def __init__(self) -> None:
        self.answers: dict[str, Any] = copy.deepcopy(ANSWERS)
        self.shown: dict[str, Any] = copy.deepcopy(SHOWN)
        self.asked: list[tuple[str, dict[str, Any]]] = []
        self.entered: list[tuple[str, dict[str, Any]]] = []
        self.is_remote = True
        self.is_closed = False
        self.fault: BaseException | None = None

    def call(self, verb: str, **arguments: Any) -> Any:
        self.asked.append((verb, arguments))
        if self.fault is not None:
            raise self.fault
        if verb == "show":
            return copy.deepcopy(self.shown[arguments["mark"]])
        answer = self.answers[verb]
        return answer() if callable(answer) else copy.deepcopy(answer)

    def stream(self, verb: str, **arguments: Any) -> Iterator[Any]:
        self.asked.append((verb, arguments))
        for done in range(0, 101, 5):
            yield {"progress": {"done": done, "total": 100, "what": "entries"}}
        yield {"result": copy.deepcopy(STREAMS[verb])}

    def close(self) -> None:
        self.is_closed = True

    def delegates_here(self) -> list[str]:
        return ["head"]

    def create_delegate(self, name: str) -> Any:
        return {"name": name, "print": "22" * 32, "file": f"/x/keys/delegates/{name}.key"}

    def back_up(self, path: Path) -> Iterator[Any]:
        yield from self.stream("backup", path=str(path))

    def preview(self, kind: str, body: Any, *, dialogue: str = "", actor: str = "") -> Any:
        return {"readers": ["South"], "mark": "A-13", "fields": body}

    def act(self, kind: str, body: Any, *, dialogue: str = "", actor: str = "") -> Any:
        if self.fault is not None:
            raise self.fault
        self.entered.append((kind, body))
        return {"mark": "A-13", "id": "ee" * 32, "kind": kind, "time": NINE}

    def rotate_keys(self) -> Any:
        self.entered.append(("rotate_keys", {}))
        return {"version": 3, "addresses": ["a.example:7400"], "entries": ["A-L6"]}

    def update_document(
        self,
        *,
        addresses: list[str] | None = None,
        name: str = "",
        lang: str = "",
        keys: Any = None,
    ) -> Any:
        self.entered.append(("update_document", {"addresses": addresses, "name": name}))
        return {"version": 2, "addresses": addresses or [], "entries": ["A-L5"]}

    def confirm_pairing(
        self,
        heard: str,
        *,
        token: str = "",
        how: str = "",
        head: str = "",
        head_name: str = "",
        head_role: str = "",
    ) -> Any:
        said = {"heard": heard, "how": how, "head": head, "head_name": head_name}
        self.entered.append(("confirm_pairing", said))
        return {**PAIRING, "stage": "confirmed", "message": "QVBQ", "dialogue": None}
