"""Who is told what, on which channel, when, and why not."""
