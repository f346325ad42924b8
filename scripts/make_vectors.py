"""Writes the test vectors of vectors/ from fixed seeds: one scenario a file, with its verdict.

``scripts/make-vectors`` runs this. ML-DSA signs with randomness, so a signature that stands in an
existing vector is used again where it still holds: a second run changes no byte.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from detente.record.encoding import decode
from detente.seals.signing import PrivateKey, Signature, verify_parts
from detente.terms.errors import Rejected
from detente.terms.limits import MIB
from scripts import vector_bytes, vector_proofs, vector_scenarios

FOLDER: Final = Path(__file__).resolve().parent.parent / "vectors"

Vector = tuple[str, dict[str, Any]]
"""Path below `FOLDER` without its ending, and content."""


class Memory:
    """Signatures that stand in vectors already, by the print of their key."""

    def __init__(self, folder: Path) -> None:
        self._known: dict[bytes, list[Signature]] = {}
        for path in sorted(folder.rglob("*.json")):
            self._search(json.loads(path.read_text("utf-8")))

    def _search(self, value: Any) -> None:
        if isinstance(value, dict):
            value = list(value.values())
        if isinstance(value, list):
            for one in value:
                self._search(one)
        if isinstance(value, str) and len(value) > 6000:
            try:
                self._dig(bytes.fromhex(value))
            except ValueError:
                return

    def _dig(self, data: bytes) -> None:
        try:
            plain = decode(data, 4 * MIB)
        except Rejected:
            return
        self._walk(plain)

    def _walk(self, plain: Any) -> None:
        if isinstance(plain, bytes) and len(plain) > 3000:
            self._dig(plain)
        if not isinstance(plain, list):
            return
        if len(plain) == 3 and all(isinstance(one, bytes) for one in plain):
            self._known.setdefault(plain[0], []).append(Signature(plain[1], plain[2]))
        if len(plain) == 8 and isinstance(plain[7], bytes):
            self._known.setdefault(plain[4], []).append(Signature(plain[6], plain[7]))
        for one in plain:
            self._walk(one)

    def sign(
        self, key: PrivateKey, ed_message: bytes, mldsa_message: bytes, context: bytes
    ) -> Signature:
        """Return the signature that stands already, else a new one."""
        known = self._known.setdefault(key.public.print, [])
        for signature in known:
            try:
                verify_parts(key.public, ed_message, mldsa_message, context, signature)
            except Rejected:
                continue
            return signature
        known.append(_sign_anew(key, ed_message, mldsa_message, context))
        return known[-1]


_sign_anew = PrivateKey.sign_parts


def all_vectors(folder: Path = FOLDER) -> Iterator[Vector]:
    """Yield every vector; signatures of `folder` are used again."""
    memory = Memory(folder)

    def sign_again(key: PrivateKey, first: bytes, second: bytes, context: bytes) -> Signature:
        return memory.sign(key, first, second, context)

    PrivateKey.sign_parts = sign_again  # type: ignore[method-assign,assignment]
    try:
        yield from vector_bytes.vectors()
        yield from vector_proofs.vectors()
        yield from vector_scenarios.vectors()
    finally:
        PrivateKey.sign_parts = _sign_anew  # type: ignore[method-assign]


def text_of(content: dict[str, Any]) -> str:
    """Return the text of one file."""
    return json.dumps(content, indent=1, ensure_ascii=False) + "\n"


def digest_of(folder: Path = FOLDER) -> str:
    """Return the digest over all vector files, by which a test pins them."""
    whole = sha256()
    for path in sorted(folder.rglob("*.json")):
        whole.update(path.relative_to(folder).as_posix().encode() + b"\0" + path.read_bytes())
    return whole.hexdigest()


def main() -> int:
    """Write all files, remove those that no scenario makes, and say the digest."""
    made = {FOLDER / f"{name}.json": text_of(content) for name, content in all_vectors()}
    for path in FOLDER.rglob("*.json"):
        if path not in made:
            path.unlink()
    for path, text in made.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    print(f"{len(made)} vectors, digest {digest_of()}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
