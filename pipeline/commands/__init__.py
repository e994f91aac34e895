"""The command line: a module a command, with what it takes and prints."""
