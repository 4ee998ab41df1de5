"""What runs: the processes, the command line, settings and outside services."""
