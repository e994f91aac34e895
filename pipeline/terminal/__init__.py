"""What people see: progress, summaries, clean words, and what a signal does."""
