"""What the webhooks' settings say."""

import pytest
from pydantic import SecretStr

from gateway.hooks import secrets_in
from gateway.problems import ProblemError


def test_nothing_between_two_commas_is_no_secret() -> None:
    """Anybody could sign with it."""
    assert secrets_in(SecretStr("old, new,, "), "X", hear="Y") == ["old", "new"]
    with pytest.raises(ProblemError):
        secrets_in(SecretStr(", ,"), "X", hear="Y")
