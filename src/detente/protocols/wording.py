"""Types of text that several protocols' bodies share. Lies below the protocols and imports none."""

from __future__ import annotations

from typing import Annotated

from detente.record.shapes import Chars, Within
from detente.terms.limits import NAME_CHARS, TEXT_CHARS

Text = Annotated[str, Chars(1, TEXT_CHARS)]
"""What a person says, in the language it was said in; 1 to `limits.TEXT_CHARS` code points."""
Title = Annotated[str, Chars(1, 200)]
Reason = Annotated[str, Chars(0, 2000)]
"""May be empty: a reason is never demanded."""
Lang = Annotated[str, Chars(2, 35)]
"""BCP 47 tag of the language of the original."""
PersonName = Annotated[str, Chars(0, NAME_CHARS)]
Seconds = Annotated[int, Within(0, 31_536_000)]
"""A duration of at most a year; 0 where none is set."""
