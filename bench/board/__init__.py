"""The dashboard among millions of deliveries, with one viewer and with many."""
