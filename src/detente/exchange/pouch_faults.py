"""What can be wrong with a pouch from elsewhere, each with a sentence and a next step.

Carries out docs/spec/10-pouch.md §7. Faults of the seal are told apart by what they mean to a
person: before the manifest is proven nothing was taken; after it, what was proven is kept.
"""

from __future__ import annotations

from detente.terms.errors import N_, Rejected


def bad_form() -> Rejected:
    """Return the fault of a sealed file whose content is no pouch of form 1."""
    return Rejected(
        "pouch.form",
        N_("This sealed file does not hold a pouch in the form that this program knows."),
        N_("Ask the sender which version of the program made it."),
    )


def unknown_sender() -> Rejected:
    """Return the fault of a pouch whose sender, node key or dialogue is not known here."""
    return Rejected(
        "pouch.sender",
        N_("This pouch names a sender or a dialogue that we do not know."),
        N_("Nothing was taken from it. If you expected it, ask the sender about their keys."),
    )


def not_signed() -> Rejected:
    """Return the fault of a manifest whose signature does not hold."""
    return Rejected(
        "pouch.signature",
        N_("The sender named in this pouch did not sign it."),
        N_("Nothing was taken from it. Tell the sender that such a pouch is going round."),
    )


def not_addressed() -> Rejected:
    """Return the fault of a pouch that opens with our key but was signed for others."""
    return Rejected(
        "pouch.recipient",
        N_("The sender made this pouch for somebody else; it was sealed again for us."),
        N_("Nothing was taken from it. Whoever passed it on could open it."),
    )


def other_contents() -> Rejected:
    """Return the fault of frames or padding that are not those the sender signed for."""
    return Rejected(
        "pouch.contents",
        N_("This pouch does not hold what its sender signed for; somebody packed it anew."),
        N_("The parts before that are kept. Ask the sender for a new copy."),
    )


def unopened(fault: Rejected) -> Rejected:
    """Return what a fault of the seal means while nothing of the pouch is proven."""
    if fault.code == "seals.age.no-match":
        return Rejected(
            "pouch.key",
            N_("No pouch key of ours opens this file."),
            N_("Ask the sender for whom it was sealed, and for which version of our document."),
        )
    return Rejected(
        "pouch.damaged",
        N_("This file is not a pouch, or is damaged; nothing was taken from it."),
        N_("Ask the sender for a new copy."),
    )


def cut_off(fault: Rejected, number: int, frames: int) -> Rejected:
    """Return what a fault of the seal means once the manifest is proven.

    Args:
        number: frames that were whole.
        frames: frames that the manifest counts.
    """
    if not fault.code.startswith("seals.age."):
        return fault
    return Rejected(
        "pouch.incomplete",
        N_("{number} of {frames} parts of this pouch are whole; the rest is damaged or missing."),
        N_("Those are kept. Ask the sender for a new copy for the rest."),
        number=number,
        frames=frames,
    )
