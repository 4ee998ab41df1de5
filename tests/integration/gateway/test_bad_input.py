"""G11: what is malformed, oversized, hostile or unauthorised is refused and changes nothing."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import Engine, text
from sqlmodel import Session

from domain.catalogue import TYPES
from gateway.app import make_app
from gateway.limits import Limits
from gateway.quotas import Quotas
from tests.helpers.roles import acting_as
from tests.integration.gateway.scene import (
    KUDOS,
    MANY,
    NOTHING,
    NOW,
    ONE,
    Served,
    kudos,
    new_key,
    rows,
    talking_to,
)
from workers.keys import Quota, create_key

CANARY = "canary-4915112345678"


def without(name: str) -> dict[str, Any]:
    said = kudos()
    del said[name]
    return said


def registration(**data: Any) -> dict[str, Any]:
    said = kudos(type="app.momento.user.registered.v1")
    said["data"] = {
        "user_id": said["subject"],
        "clerk_id": "clerk",
        "birth_date": "2000-01-01",
        **data,
    }
    return said


class TestOneDomainEvent:
    @pytest.mark.parametrize(
        ("said", "field", "word"),
        [
            (kudos(type="app.momento.kudos.taken.v1"), "type", "app.momento.kudos.taken.v1"),
            (kudos(type="kudos.given"), "type", "kudos.given"),
            (kudos({"giver": "x"}), "data.giver", "not a field"),
            (kudos({"giver_id": "12345"}), "data.giver_id", "match"),
            (kudos({"giver_id": None}), "data.giver_id", "string"),
            (kudos({"kudo": "great_dancer"}), "data.kudo", "great_listener"),
            (kudos(time="2026-11-20T21:30:00"), "time", "offset"),
            (kudos(time="2026-11-21T12:05:01Z"), "time", "future"),
            (kudos(time="1969-12-31T23:59:59Z"), "time", "1970"),
            (kudos(time=1_763_000_000), "time", "datetime"),
            (kudos(subject="somebody else"), "subject", "kudos_id"),
            (kudos({"note": "x" * 66_560}), "data", "65536"),
            (kudos({"kudo": "nul\0"}), "data.kudo", "NUL"),
            (kudos({"\0": "nul"}), "data", "NUL"),
            (kudos(id="nul\0"), "id", "match"),
            (kudos(region="nul\0"), "region", "control characters"),
            (kudos(id="x" * 129), "id", "128"),
            (kudos(specversion="0.3"), "specversion", "1.0"),
            (kudos(traceparent=f"00-{'0' * 32}-b7ad6b7169203331-01"), "traceparent", "W3C"),
            (kudos(data_base64="AAAA"), "data_base64", "not supported"),
            (kudos(Region="eu"), "Region", "a-z"),
            (kudos(region={"name": "eu"}), "region", "strings"),
            (kudos(region=2**31), "region", "32-bit"),
            (kudos(region="x" * 2_049), "region", "2048"),
            (kudos() | {f"x{number}": 1 for number in range(33)}, "body", "32"),
            (without("data"), "data", "JSON object"),
            (without("id"), "id", "required"),
            (without("subject"), "subject", "required"),
            (without("time"), "time", "required"),
            (["not", "an", "object"], "body", "JSON object"),
        ],
    )
    def test_a_fault_is_named_by_its_field(
        self, engine: Engine, served: Served, said: Any, field: str, word: str
    ) -> None:
        """G11: every way to be wrong that the issue lists, and some more."""
        answer = served.post(said, ONE)
        assert answer.status_code == 422
        assert answer.headers["content-type"] == "application/problem+json"
        problem = answer.json()
        assert (problem["status"], set(problem)) == (
            422,
            {"type", "title", "status", "detail", "faults"},
        )
        found = [fault["detail"] for fault in problem["faults"] if fault["field"] == field]
        assert word in " ".join(found)
        assert {fault["position"] for fault in problem["faults"]} == {0}
        assert rows(engine) == NOTHING

    def test_the_latest_time_allowed_is_five_minutes_ahead(self, served: Served) -> None:
        assert served.post(kudos(time="2026-11-21T12:05:00Z")).status_code == 202

    @pytest.mark.parametrize("name", [name for name, payload in TYPES.items() if payload.FOLLOW_UP])
    def test_what_only_the_workers_publish_is_refused(
        self, engine: Engine, served: Served, name: str
    ) -> None:
        answer = served.post(kudos(type=name))
        assert answer.status_code == 422
        assert name in answer.json()["faults"][0]["detail"]
        assert rows(engine) == NOTHING

    @pytest.mark.parametrize(
        "said",
        [
            kudos({"kudo": CANARY, "giver_id": CANARY}),
            kudos(time=CANARY, specversion=CANARY, traceparent=CANARY, subject=CANARY),
            registration(timezone=CANARY, phone_number=CANARY, email=CANARY, birth_date=CANARY),
            registration(gender=CANARY, interested_in=[CANARY], first_name=[CANARY]),
        ],
    )
    def test_no_value_comes_back_in_the_answer(self, served: Served, said: Any) -> None:
        answer = served.post(said)
        assert answer.status_code == 422
        assert CANARY not in answer.text


class TestBody:
    @pytest.mark.parametrize(
        "body",
        [
            pytest.param(b"", id="empty"),
            pytest.param(b"{", id="cut short"),
            pytest.param(json.dumps(kudos()).encode() + b"x", id="trailing"),
            pytest.param(json.dumps(kudos(source="\xff")).encode("latin-1")[:-2], id="half"),
            pytest.param(b'{"id": "\xff\xfe"}', id="invalid UTF-8"),
            pytest.param(b'{"id": "\xed\xa0\x80"}', id="surrogate"),
            pytest.param(b'{"id": "\\ud800"}', id="escaped surrogate"),
            pytest.param(b'{"data": {"kudo": NaN}}', id="NaN"),
            pytest.param(b'{"data": {"kudo": -Infinity}}', id="Infinity"),
            pytest.param(b'{"id": "a\0b"}', id="raw NUL"),
            pytest.param(b"[" * 10_000 + b"]" * 10_000, id="nested lists"),
            pytest.param(b'{"data":' * 10_000 + b"1" + b"}" * 10_000, id="nested objects"),
            pytest.param(b'{"data": ' + b"1" * 10_000 + b"}", id="long number"),
        ],
    )
    @pytest.mark.parametrize("content_type", [ONE, MANY, "application/json"])
    def test_what_is_not_json_is_refused(
        self, engine: Engine, served: Served, body: bytes, content_type: str
    ) -> None:
        """G11: invalid UTF-8, NaN, and what is nested 10,000 deep."""
        answer = served.post(body, content_type, **{"ce-id": "x"})
        assert answer.status_code == 400
        assert "not valid JSON" in answer.json()["detail"]
        assert rows(engine) == NOTHING

    def test_a_number_that_no_column_holds_is_refused(self, engine: Engine, served: Served) -> None:
        body = json.dumps(kudos()).replace('"inspiring"', "1e400").encode()
        answer = served.post(body)
        assert answer.status_code == 422
        assert "too large" in answer.json()["faults"][-1]["detail"]
        assert rows(engine) == NOTHING

    @pytest.mark.parametrize(
        "content_type",
        ["", "text/plain", "application/xml", "application/json", f"{ONE}; charset=latin-1"],
    )
    def test_another_content_type_is_refused(self, served: Served, content_type: str) -> None:
        assert served.post(kudos(), content_type).status_code == 415

    def test_a_compressed_body_is_refused(self, served: Served) -> None:
        answer = served.post(b"\x1f\x8b", **{"content-encoding": "gzip"})
        assert (answer.status_code, answer.headers["accept-encoding"]) == (415, "identity")


class TestSize:
    def test_a_batch_of_1_001_is_refused(self, engine: Engine, served: Served) -> None:
        answer = served.post([kudos() for _ in range(1_001)])
        assert answer.status_code == 413
        assert answer.json()["limit"] == 1_000
        assert "1001" in answer.json()["detail"]
        assert rows(engine) == NOTHING

    @pytest.mark.parametrize("said", [b"[]", b"{}", b"null", b'"text"'])
    def test_a_batch_of_nothing_is_refused(self, served: Served, said: bytes) -> None:
        answer = served.post(said, MANY)
        assert answer.status_code == 422
        assert answer.json()["faults"][0]["position"] is None

    @pytest.mark.parametrize(
        ("content_type", "limit"), [(ONE, 256 * 1024), (MANY, 16 * 1024 * 1024)]
    )
    def test_a_body_over_the_limit_is_refused_by_its_length(
        self, served: Served, content_type: str, limit: int
    ) -> None:
        answer = served.post(b" " * (limit + 1), content_type)
        assert (answer.status_code, answer.json()["limit"]) == (413, limit)

    def test_a_body_without_a_length_is_counted(self, engine: Engine, served: Served) -> None:
        def chunks() -> Iterator[bytes]:
            for _ in range(5):
                yield b" " * 64 * 1024

        headers = {"authorization": f"Bearer {served.key}", "content-type": ONE}
        answer = served.client.post("/v1/events", content=chunks(), headers=headers)
        assert answer.status_code == 413
        assert rows(engine) == NOTHING

    def test_a_chunked_body_under_the_limit_passes(self, served: Served) -> None:
        def chunks() -> Iterator[bytes]:
            body = json.dumps(kudos()).encode()
            yield body[:100]
            yield body[100:]

        headers = {"authorization": f"Bearer {served.key}", "content-type": ONE}
        answer = served.client.post("/v1/events", content=chunks(), headers=headers)
        assert answer.status_code == 202

    def test_a_flood_of_large_bodies_is_told_to_come_back(self, engine: Engine) -> None:
        app = make_app(acting_as(engine, "gateway"), limits=Limits(bytes_at_once=1_000))
        with talking_to(app, new_key(engine)) as served:
            answer = served.post([kudos() for _ in range(10)])
            assert (answer.status_code, answer.headers["retry-after"]) == (429, "1")
            # What it held is let go.
            assert served.post(kudos()).status_code == 202


class TestKey:
    @pytest.mark.parametrize(
        "header",
        [
            {},
            {"authorization": ""},
            {"authorization": "Bearer"},
            {"authorization": "Basic bW9tZW50bzptb21lbnRv"},
            {"authorization": "Bearer momento_" + "x" * 43},
            {"authorization": "Bearer ' OR 1=1 --"},
            {"authorization": b"Bearer \xff\x00".decode("latin-1").rstrip("\0")},
        ],
    )
    def test_a_wrong_key_is_refused(
        self, engine: Engine, served: Served, header: dict[str, str]
    ) -> None:
        raw = [(name.encode(), value.encode("latin-1")) for name, value in header.items()]
        answer = served.client.post("/v1/events", json=kudos(), headers=raw)
        assert answer.status_code == 401
        assert answer.headers["www-authenticate"].startswith("Bearer")
        assert answer.json()["status"] == 401
        assert rows(engine) == NOTHING

    def test_a_key_is_refused_before_anything_is_read(self, served: Served) -> None:
        served.key = "momento_" + "x" * 43
        assert served.post(b"not JSON", "text/plain").status_code == 401

    @pytest.mark.parametrize("how", ["revoked_at = now()", "ends_at = now()"])
    def test_a_key_that_was_revoked_or_has_ended_stops_at_once(
        self, engine: Engine, served: Served, how: str
    ) -> None:
        assert served.post(kudos()).status_code == 202
        before = rows(engine)
        with engine.begin() as connection:
            connection.execute(text(f"UPDATE api_keys SET {how}"))
        answer = served.post(kudos())
        assert answer.status_code == 401
        assert "error" in answer.headers["www-authenticate"]
        assert rows(engine) == before

    def test_a_type_that_is_not_allowed_is_named(self, engine: Engine, served: Served) -> None:
        served.key = new_key(engine, "payment.*", "user.registered")
        answer = served.post([registration(), kudos(), kudos()])
        assert (answer.status_code, answer.json()["types"]) == (403, [KUDOS])
        assert KUDOS in answer.json()["detail"]
        assert rows(engine) == NOTHING
        assert served.post(registration()).status_code == 202

    def test_a_key_with_too_many_requests_is_told_when_to_come_back(self, engine: Engine) -> None:
        app = make_app(
            acting_as(engine, "gateway"),
            clock=lambda: NOW,
            limits=Limits(requests_per_second=0.1, saved_up_seconds=20),
        )
        with talking_to(app, new_key(engine)) as served:
            answers = [served.post(kudos()) for _ in range(3)]
            assert [answer.status_code for answer in answers] == [202, 202, 429]
            assert 1 <= int(answers[2].headers["retry-after"]) <= 10
            served.key = new_key(engine)
            assert served.post(kudos()).status_code == 202

    def test_a_key_with_a_quota_is_told_how_it_stands(self, engine: Engine) -> None:
        clock = [0.0]
        limits = Limits(quotas=Quotas(clock=lambda: clock[0]))
        with Session(engine) as session, session.begin():
            _, secret = create_key(session, "test", types=["*"], quota=Quota(10, 30))
        with talking_to(make_app(engine, clock=lambda: NOW, limits=limits), secret) as served:
            first = served.post([kudos() for _ in range(25)])
            assert first.status_code == 202
            assert first.headers["ratelimit"] == '"domain-events";r=5;t=3'
            before = rows(engine)
            batch = [kudos() for _ in range(10)]
            answer = served.post(batch)
            assert (answer.status_code, answer.headers["retry-after"]) == (429, "1")
            assert answer.json()["violated-policies"] == ["domain-events"]
            assert rows(engine) == before
            clock[0] += int(answer.headers["retry-after"])
            assert served.post(batch).json() == {"accepted": 10, "duplicates": 0}


class TestPaths:
    def test_an_unknown_path_is_a_problem_too(self, served: Served) -> None:
        answer = served.client.get("/v2/events")
        assert (answer.status_code, answer.json()["status"]) == (404, 404)
        assert answer.headers["content-type"] == "application/problem+json"

    def test_another_method_is_told_which_is_right(self, served: Served) -> None:
        answer = served.client.get("/v1/events")
        assert (answer.status_code, answer.headers["allow"]) == (405, "POST")
        assert answer.headers["content-type"] == "application/problem+json"
