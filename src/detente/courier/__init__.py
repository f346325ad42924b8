"""The courier: moves bytes between nodes. The only room that opens sockets and pouch files."""
