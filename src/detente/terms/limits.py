"""Sizes that bound what a stranger can make us do, each with its reason.

Limits that both parties must apply alike are fixed in the genesis (`record.genesis.Limits`); the
figures here are the ceilings above which even a signed genesis is refused, and the frame and
batch sizes of the exchange (docs/spec/00-terms.md §7).
"""

from __future__ import annotations

from typing import Final

KIB: Final = 1024
MIB: Final = 1024 * KIB

HEADER_BYTES: Final = 4 * KIB
"""A header with 16 references has about 1.3 KiB; the rest is room for later fields."""

PAYLOAD_BYTES: Final = 256 * KIB
"""Room for a long statement with its hybrid signature; longer matter travels as attachments."""

SALT_BYTES: Final = 16
"""128 bits keep the hash of an erased short payload unguessable."""

ENTRY_REFS: Final = 16
"""One reference per other live log: two logs each for nine parties, less one's own."""

CBOR_DEPTH: Final = 8
"""Founding papers nest seven deep; nothing of ours nests deeper."""

PARTIES: Final = 8
"""More parties than a dialogue of this form has use for; bounds references and sessions."""

BATCH_ENTRIES: Final = 2000
BATCH_BYTES: Final = 4 * MIB
"""One batch is checked and committed at once; 2 000 entries amortise one fdatasync to nothing."""

CHECKPOINT_BYTES: Final = 16 * KIB
"""A note with two hybrid signature pairs has about 9.5 KiB."""

DOCUMENT_BYTES: Final = 64 * KIB
"""A party document with five root keys and their signatures has about 45 KiB."""

GENESIS_BYTES: Final = 16 * KIB

LOGS: Final = 1024
"""Logs of one dialogue that a node ever holds, follows in a session or exports: each costs memory."""

TEXT_CHARS: Final = 40_000
"""One act's text: about 15 printed pages, and below `PAYLOAD_BYTES` in any script."""

LINES: Final = 256
"""Logs that one frame lists: more than the epochs of eight honest parties will ever open."""

NAME_CHARS: Final = 120
ADDRESSES: Final = 8
NAMES: Final = 16
"""Languages in which a party gives its name in a document."""
QUESTIONS: Final = 100
DELEGATES: Final = 256
"""Grants per party that a dialogue accepts; a delegation is smaller."""
