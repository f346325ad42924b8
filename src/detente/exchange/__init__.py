"""How two nodes talk: frames, sessions, pouches. Knows no socket and no file."""
