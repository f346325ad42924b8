"""The words of the house: identifiers, sizes, times, text and faults. Imports nothing of ours."""
