"""The dialogue: joins charter and protocols into one state, and decides what becomes of an entry."""
