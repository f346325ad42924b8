"""Agenda: items that a party proposes and that stand on the agenda when all have agreed."""
