"""Raw files: the contract they follow, and how they are checked and read."""
