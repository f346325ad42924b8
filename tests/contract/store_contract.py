"""What every engine of the record must do, whatever it is made of (`detente.ports.Store`).

A test class of an engine inherits `StoreContract` and gives the fixture `engine`.
"""

from __future__ import annotations

from tests.contract.store_entries import AppendContract, FoundingContract
from tests.contract.store_judged import JudgementContract
from tests.contract.store_signed import CutContract, SignedContract
from tests.contract.store_units import UnitContract


class StoreContract(
    FoundingContract, AppendContract, UnitContract, JudgementContract, SignedContract, CutContract
):
    """All of it."""
