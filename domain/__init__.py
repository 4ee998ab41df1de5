"""Everything that decides or writes truth. It knows Postgres, and nothing else outside itself."""
