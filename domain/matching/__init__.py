"""Who would like which gathering: vectors of texts, and who is proposed for an event."""
