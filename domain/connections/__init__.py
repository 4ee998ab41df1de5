"""The memory book: who met whom."""
