"""How much a key may publish, counted by one gateway or by several together."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from uuid import uuid4

import pytest

from gateway.problems import ProblemError
from gateway.quotas import REST, OwnBuckets, Quotas, SharedBuckets
from workers.keys import Key, Quota

NOWHERE = "redis://127.0.0.1:1"


def a_key(per_second: int = 10, burst: int = 20) -> Key:
    return Key(uuid4(), "api", ("*",), Quota(per_second, burst))


class Clock:
    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture(params=["alone", "together"])
def buckets(
    request: pytest.FixtureRequest,
) -> tuple[OwnBuckets | SharedBuckets, Clock]:
    clock = Clock()
    if request.param == "alone":
        return OwnBuckets(clock), clock
    return SharedBuckets(request.getfixturevalue("broker_url"), clock), clock


@contextmanager
def a_silent_server() -> Iterator[tuple[int, list[socket.socket]]]:
    """Listen, take connections, and never say a word; the port, and whoever connected."""
    listener = socket.create_server(("127.0.0.1", 0))
    connected: list[socket.socket] = []

    def take() -> None:
        with suppress(OSError):
            while True:
                connected.append(listener.accept()[0])

    thread = threading.Thread(target=take)
    thread.start()
    try:
        yield listener.getsockname()[1], connected
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        thread.join()
        for each in (listener, *connected):
            each.close()


class TestBuckets:
    """Both kinds count alike."""

    @pytest.mark.parametrize(
        ("takes", "granted", "left"),
        [
            pytest.param([(0, 20)], [True], 0, id="all of a full bucket"),
            pytest.param([(0, 20), (0, 1)], [True, False], 0, id="nothing of an empty one"),
            pytest.param([(0, 15), (0, 6)], [True, False], 5, id="what is too much takes nothing"),
            pytest.param([(0, 20), (0.5, 5)], [True, True], 0, id="as much as came in since"),
            pytest.param([(0, 20), (0.5, 6)], [True, False], 5, id="and no more"),
            pytest.param(
                [(0, 5), (999, 20)], [True, True], 0, id="no more is saved up than a full one"
            ),
            pytest.param([(0, 50)], [True], -30, id="a batch beyond a full bucket is let in"),
            pytest.param([(0, 50), (3, 1)], [True, False], 0, id="and paid off afterwards"),
            pytest.param([(0, 50), (5, 20)], [True, True], 0, id="until it is full again"),
            pytest.param([(0, 1), (0, 50)], [True, False], 19, id="but only into a full one"),
        ],
    )
    def test_tokens_come_in_as_time_passes(
        self,
        buckets: tuple[OwnBuckets | SharedBuckets, Clock],
        takes: list[tuple[float, int]],
        granted: list[bool],
        left: float,
    ) -> None:
        bucket, clock = buckets
        key = a_key()
        assert key.quota is not None
        answers = []
        for after, count in takes:
            clock.now += after
            answers.append(bucket.take(key, key.quota, count=count))
        assert [answer.granted for answer in answers] == granted
        assert answers[-1].left == pytest.approx(left)

    def test_a_clock_put_back_gives_nothing(self, broker_url: str) -> None:
        clock, key = Clock(), a_key()
        assert key.quota is not None
        bucket = SharedBuckets(broker_url, clock)
        for after, granted in ((0, True), (-60, False), (60, False)):
            clock.now += after
            assert bucket.take(key, key.quota, count=20).granted is granted

    def test_each_key_has_its_own_and_those_that_follow_one_another_have_one(
        self, buckets: tuple[OwnBuckets | SharedBuckets, Clock]
    ) -> None:
        bucket, _ = buckets
        first, other = a_key(), a_key()
        assert first.quota is not None
        follower = Key(uuid4(), "api", ("*",), first.quota, first.id)
        takes = [(first, 20), (other, 20), (follower, 1)]
        found = [bucket.take(key, first.quota, count=count).granted for key, count in takes]
        assert found == [True, True, False]


class TestQuotas:
    def test_a_key_without_a_quota_has_none(self) -> None:
        key = Key(uuid4(), "api", ("*",))
        assert Quotas().take(key, 1_000_000) is None

    def test_a_refusal_says_when_to_come_again(self) -> None:
        quotas, key = Quotas(clock=lambda: 0.0), a_key(per_second=10, burst=40)
        standing = quotas.take(key, 30)
        assert standing is not None
        assert standing.headers() == {
            "RateLimit-Policy": '"domain-events";q=40;qu="domain-events";w=4',
            "RateLimit": '"domain-events";r=10;t=3',
        }
        with pytest.raises(ProblemError) as caught:
            quotas.take(key, 25)
        assert caught.value.status == 429
        assert caught.value.body["violated-policies"] == ["domain-events"]
        assert caught.value.headers == {
            "RateLimit-Policy": '"domain-events";q=40;qu="domain-events";w=4',
            "RateLimit": '"domain-events";r=10;t=3',
            "Retry-After": "2",
        }

    def test_several_gateways_count_together(self, broker_url: str) -> None:
        clock = Clock()
        gateways = [Quotas(SharedBuckets(broker_url, clock), clock) for _ in range(3)]
        key = a_key()
        gateways[0].take(key, 12)
        gateways[1].take(key, 8)
        with pytest.raises(ProblemError):
            gateways[2].take(key, 1)

    def test_redis_has_a_clock_of_its_own(self, broker_url: str) -> None:
        quotas, key = Quotas(SharedBuckets(broker_url)), a_key(per_second=1_000_000, burst=10)
        assert [quotas.take(key, 10) is not None for _ in range(3)] == [True] * 3

    def test_without_redis_each_counts_for_itself(self) -> None:
        clock = Clock()
        gateways = [Quotas(SharedBuckets(NOWHERE), clock) for _ in range(2)]
        key = a_key()
        for gateway in gateways:
            gateway.take(key, 20)
            with pytest.raises(ProblemError):
                gateway.take(key, 1)

    def test_a_redis_that_says_nothing_is_left_alone_for_a_while_and_then_asked_again(self) -> None:
        clock = Clock()
        with a_silent_server() as (port, asked):
            url = f"redis://127.0.0.1:{port}"
            quotas, key = Quotas(SharedBuckets(url, clock), clock), a_key()
            for after, times in ((0.0, 1), (1.0, 1), (REST.total_seconds(), 2)):
                clock.now += after
                assert quotas.take(key, 1) is not None
                assert len(asked) == times


def test_two_threads_dont_take_the_same_tokens() -> None:
    """Without Redis, requests of one gateway still run in several threads."""
    both = threading.Barrier(2)

    class Wanted(int):
        """Waits for the other where what is left was read, and nothing was written yet."""

        def __gt__(self, other: int) -> bool:
            with suppress(threading.BrokenBarrierError):
                both.wait(0.3)
            return int(self) > other

    buckets, key = OwnBuckets(lambda: 0.0), a_key(burst=20)
    granted: list[bool] = []

    def take() -> None:
        granted.append(buckets.take(key, Quota(10, 20), count=Wanted(20)).granted)

    threads = [threading.Thread(target=take) for _ in range(2)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert sorted(granted) == [False, True]
