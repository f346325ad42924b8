"""Suites that several engines share: their assertions explain themselves as those of tests do."""

from __future__ import annotations

import pytest

pytest.register_assert_rewrite(
    "tests.contract.drawer_contract",
    "tests.contract.store_entries",
    "tests.contract.store_judged",
    "tests.contract.store_signed",
    "tests.contract.store_units",
)
