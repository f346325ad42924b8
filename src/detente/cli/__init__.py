"""The command line: words in, plain data to the node and back, words out. Decides nothing itself."""
