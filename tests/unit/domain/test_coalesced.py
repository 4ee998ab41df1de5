"""Which follow-ups of a batch followed from a domain event that they don't name."""

from collections.abc import Mapping
from uuid import NAMESPACE_URL, uuid5

import pytest

from domain.coalesced import ids_among, is_cause_too


def ids(**names: str) -> dict[str, str]:
    """The ids of a payload, each by the name of what it means."""
    return {f"{field}_id": str(uuid5(NAMESPACE_URL, name)) for field, name in names.items()}


ADA_AT_DRINKS = ids(event="drinks", user="Ada")
BO_AT_DRINKS = ids(event="drinks", user="Bo")


class TestIsCauseToo:
    @pytest.mark.parametrize(
        ("said", "cause", "followed", "is_it"),
        [
            pytest.param(
                ADA_AT_DRINKS, ADA_AT_DRINKS, ADA_AT_DRINKS, True, id="of the same person"
            ),
            pytest.param(
                BO_AT_DRINKS, ADA_AT_DRINKS, ADA_AT_DRINKS, False, id="of another at the same event"
            ),
            pytest.param(
                ids(payment="second", invitation="i"),
                ids(payment="first", invitation="i"),
                ids(invitation="i", user="Ada"),
                True,
                id="paid for the same invitation",
            ),
            pytest.param(
                ids(payment="second", invitation="i"),
                ids(payment="first", invitation="i"),
                ids(payment="first"),
                False,
                id="of the other payment alone",
            ),
            pytest.param(
                ids(rating="second", event="drinks"),
                ids(rating="first", event="drinks"),
                ids(host="Hanna"),
                True,
                id="of the event's host, whom neither names",
            ),
            pytest.param(
                ids(rating="second", event="brunch"),
                ids(rating="first", event="drinks"),
                ids(host="Hanna"),
                False,
                id="of two that have nothing in common",
            ),
        ],
    )
    def test_it_is_if_it_names_all_by_which_that_follows_from_its_cause(
        self,
        said: Mapping[str, str],
        cause: Mapping[str, str],
        followed: Mapping[str, str],
        *,
        is_it: bool,
    ) -> None:
        assert is_cause_too(said, cause=cause, followed=followed) is is_it


class TestIdsAmong:
    def test_nothing_but_ids_is_given(self) -> None:
        data = {**ADA_AT_DRINKS, "clerk_id": "user_ada", "bio": "b", "duo_id": None, "stars_id": 5}
        assert ids_among(data) == ADA_AT_DRINKS
