"""What an event's host and guests show one another: its posts and its photos."""
