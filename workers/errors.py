"""The error that a person at the command line can mend."""


class CommandError(Exception):
    """Says in one line what is wrong and what to do about it.

    The command line prints it without a traceback and exits with 1. Its message must never hold
    a secret.
    """
