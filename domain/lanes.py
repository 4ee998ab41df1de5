"""Lanes: queues with workers of their own. Imports nothing, so that who only counts them may."""

# What may delay what: nobody waits for a flood of kudos to get a seat.
PLANS, SEATS, AFTERWARDS = "plans", "seats", "afterwards"
LANES = (PLANS, SEATS, AFTERWARDS)
