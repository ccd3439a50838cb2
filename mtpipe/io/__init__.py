"""Files: compressed ones, atomic writes, JSON Lines, SQLite transactions, digests."""
