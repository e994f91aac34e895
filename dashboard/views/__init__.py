"""The pages: each lays out what one question needs."""
