"""The gate before the handshake: docs/spec/09-exchange.md §6."""

from __future__ import annotations

from detente.courier.gate import Gate


def test_connections_under_way_are_bounded_in_all_and_per_place() -> None:
    """Threat 22: a flood from one place leaves room for the others."""
    gate = Gate(at_once=6, per_place=4, per_second=1000, now=0)
    assert [gate.admit("x", n) for n in range(6)] == [True] * 4 + [False] * 2
    assert [gate.admit("y", 10 + n) for n in range(3)] == [True, True, False]
    assert gate.under_way == 6
    gate.release("x")
    assert gate.admit("y", 20)
    assert not gate.admit("x", 21)


def test_rate_is_bounded_however_soon_connections_go() -> None:
    """Threat 22: handshakes cost time even when they fail at once."""
    gate = Gate(at_once=10, per_place=10, per_second=5, now=0)
    admitted = 0
    for step in range(1000):
        if gate.admit("x", step / 100):
            admitted += 1
            gate.release("x")
    assert admitted == 10 + 49


def test_gate_forgets_places_that_are_gone() -> None:
    """Threat 22: memory does not grow with the number of addresses that ever knocked."""
    gate = Gate(at_once=4, per_place=1, per_second=1e9, now=0)
    for number in range(1000):
        place = str(number)
        if gate.admit(place, number):
            gate.release(place)
        gate.admit(place, number)
        if number % 2:
            gate.release(place)
    assert len(gate._places) <= 4
