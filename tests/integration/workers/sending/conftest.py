"""An event of Hanna's; everybody has a phone, a number and a mailbox; a post with a sandbox."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from tests.helpers.ears import BEFORE, PEOPLE, Ears
from tests.helpers.post import Post, give_addresses, open_post


@pytest.fixture
def ears(engine: Engine) -> Ears:
    ears = Ears(engine)
    ears.diary.people(*PEOPLE)
    ears.diary.event("drinks", host="Hanna", seats=8)
    give_addresses(ears)
    return ears


@pytest.fixture
def post(engine: Engine, tmp_path: Path) -> Iterator[Post]:
    with open_post(engine, tmp_path / "sandbox", now=BEFORE) as post:
        yield post
