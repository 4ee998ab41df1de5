"""How long the gateway believes what the database said of a key."""

from uuid import uuid4

from gateway.keyring import AT_MOST, LIFE_S, Keyring
from workers.keys import Key

KEY = Key(uuid4(), "api", ("*",))


class TestKeyring:
    def test_a_key_is_known_for_a_few_seconds_and_then_asked_for_again(self) -> None:
        now = [100.0]
        ring = Keyring(lambda: now[0])
        assert ring.find("secret") == (False, None)
        ring.remember("secret", KEY, asked_at=100.0)
        now[0] += LIFE_S - 0.1
        assert ring.find("secret") == (True, KEY)
        now[0] += 0.2
        assert ring.find("secret") == (False, None)

    def test_its_life_is_counted_from_when_the_database_was_asked(self) -> None:
        ring = Keyring(lambda: 100.0 + LIFE_S)
        ring.remember("secret", KEY, asked_at=100.0)
        assert ring.find("secret") == (False, None)

    def test_a_wrong_key_is_known_to_be_wrong(self) -> None:
        ring = Keyring(lambda: 100.0)
        ring.remember("guess", None, asked_at=100.0)
        assert ring.find("guess") == (True, None)

    def test_a_flood_of_wrong_keys_does_not_fill_the_memory(self) -> None:
        ring = Keyring(lambda: 100.0)
        for number in range(AT_MOST + 5):
            ring.remember(f"guess {number}", None, asked_at=100.0)
        assert len(ring._known) <= AT_MOST

    def test_no_secret_is_kept(self) -> None:
        ring = Keyring(lambda: 100.0)
        ring.remember("secret", KEY, asked_at=100.0)
        assert b"secret" not in ring._known
