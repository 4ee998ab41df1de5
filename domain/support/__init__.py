"""What people ask Momento for help with."""
