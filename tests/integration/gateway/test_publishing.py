"""What services publish over HTTP is in the ledger when they get their answer."""

import threading
from collections.abc import Iterable
from queue import SimpleQueue
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import Engine, text

from gateway.app import make_app
from tests.helpers.roles import acting_as
from tests.integration.gateway.scene import (
    KUDOS,
    NOTHING,
    NOW,
    Served,
    kudos,
    new_key,
    published,
    rows,
    talking_to,
)

HEADERS_OF = ("specversion", "id", "source", "type", "subject", "time")


def ledger(engine: Engine) -> list[dict[str, Any]]:
    with engine.connect() as connection:
        found = connection.execute(text("SELECT * FROM domain_events ORDER BY seq"))
        return [dict(row) for row in found.mappings()]


def binary(said: dict[str, Any]) -> dict[str, str]:
    return {f"ce-{name}": said[name] for name in HEADERS_OF}


class TestStructuredMode:
    def test_one_domain_event_is_in_the_ledger_as_it_was_said(
        self, engine: Engine, served: Served
    ) -> None:
        trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
        said = kudos(actor="user:7", traceparent=trace, region="eu")
        answer = served.post(said)
        assert (answer.status_code, answer.json()) == (202, {"accepted": 1, "duplicates": 0})
        (row,) = ledger(engine)
        same = ("id", "source", "type", "subject", "data", "actor", "traceparent")
        assert {name: row[name] for name in same} == {name: said[name] for name in same}
        assert row["time"].isoformat() == "2026-11-20T19:30:00+00:00"
        assert row["attributes"] == {"region": "eu"}
        assert rows(engine) == published(1)

    def test_an_attribute_that_is_null_is_absent(self, engine: Engine, served: Served) -> None:
        assert served.post(kudos(actor=None, region=None)).status_code == 202
        assert ledger(engine)[0]["attributes"] is None

    @pytest.mark.parametrize(
        "content_type",
        [
            "application/cloudevents+json; charset=utf-8",
            'Application/CloudEvents+JSON;charset="UTF-8"',
        ],
    )
    def test_a_content_type_may_name_its_character_set(
        self, served: Served, content_type: str
    ) -> None:
        assert served.post(kudos(), content_type).status_code == 202

    def test_data_of_64_kib_passes_in_ascii_too(self, served: Served) -> None:
        # Three bytes as UTF-8, six as ASCII.
        description = "\N{SNOWMAN}" * 19_000
        said = kudos(type="app.momento.event.updated.v1")
        said["data"] = {"event_id": said["subject"], "description": description}
        assert served.post(said).status_code == 202


class TestBinaryMode:
    def test_attributes_are_headers_and_the_body_is_the_data(
        self, engine: Engine, served: Served
    ) -> None:
        said = kudos()
        answer = served.post(said["data"], "application/json", **binary(said))
        assert answer.json() == {"accepted": 1, "duplicates": 0}
        (row,) = ledger(engine)
        assert (row["id"], row["data"]) == (said["id"], said["data"])

    @pytest.mark.parametrize(
        ("header", "meant"),
        [
            ("Euro%20%E2%82%AC%20%F0%9F%98%80", "Euro \N{EURO SIGN} \N{GRINNING FACE}"),
            ("100%25", "100%"),
            ("100%2525", "100%25"),
            ('"with a \\"quote\\""', 'with a "quote"'),
        ],
    )
    def test_values_are_percent_decoded_once(
        self, engine: Engine, served: Served, header: str, meant: str
    ) -> None:
        said = kudos()
        headers = {**binary(said), "ce-id": header, "ce-note": header}
        assert served.post(said["data"], "application/json", **headers).status_code == 202
        (row,) = ledger(engine)
        assert (row["id"], row["attributes"]) == (meant, {"note": meant})

    @pytest.mark.parametrize(
        ("name", "value"),
        [("id", "%E2%82"), ("id", "100%"), ("datacontenttype", "application/json"), ("data", "1")],
    )
    def test_a_header_that_cannot_be_an_attribute_is_named(
        self, engine: Engine, served: Served, name: str, value: str
    ) -> None:
        said = kudos()
        headers = {**binary(said), f"ce-{name}": value}
        answer = served.post(said["data"], "application/json", **headers)
        assert answer.status_code == 422
        assert [fault["field"] for fault in answer.json()["faults"]] == [name]
        assert rows(engine) == NOTHING

    def test_a_whole_domain_event_under_the_wrong_content_type_is_told_the_right_one(
        self, served: Served
    ) -> None:
        answer = served.post(kudos(), "application/json")
        assert answer.status_code == 415
        assert "application/cloudevents+json" in answer.json()["detail"]


class TestBatch:
    def test_a_thousand_go_in_at_once(self, engine: Engine, served: Served) -> None:
        answer = served.post([kudos() for _ in range(1_000)])
        assert answer.json() == {"accepted": 1_000, "duplicates": 0}
        assert rows(engine) == published(1_000)

    def test_a_batch_with_one_fault_changes_nothing(self, engine: Engine, served: Served) -> None:
        batch = [kudos() for _ in range(10)]
        batch[7]["data"]["kudo"] = "great_dancer"
        answer = served.post(batch)
        assert answer.status_code == 422
        (fault,) = answer.json()["faults"]
        assert (fault["position"], fault["field"]) == (7, "data.kudo")
        assert rows(engine) == NOTHING

    def test_every_fault_of_every_domain_event_is_named(self, served: Served) -> None:
        batch = [
            kudos(time="yesterday", id=""),
            kudos(),
            kudos({"kudo": 7, "colour": "red"}, subject=str(uuid4())),
            "nonsense",
        ]
        faults = served.post(batch).json()["faults"]
        assert {(fault["position"], fault["field"]) for fault in faults} == {
            (0, "time"),
            (0, "id"),
            (2, "data.kudo"),
            (2, "data.colour"),
            (3, "body"),
        }

    def test_of_very_many_faults_a_thousand_are_shown_and_the_rest_counted(
        self, served: Served
    ) -> None:
        batch = [kudos({f"x{number}": 1 for number in range(30)}) for _ in range(50)]
        answer = served.post(batch)
        assert answer.status_code == 422
        assert len(answer.json()["faults"]) == 1_000
        assert answer.json()["more_faults"] == 500


class TestDuplicates:
    def test_what_was_published_before_counts_as_a_duplicate(
        self, engine: Engine, served: Served
    ) -> None:
        """G1: publishing again with the same id has no further effect, whatever it says."""
        first = kudos()
        other = kudos(id=first["id"])
        assert served.post(first).json() == {"accepted": 1, "duplicates": 0}
        assert served.post(other).json() == {"accepted": 0, "duplicates": 1}
        assert served.post([first, kudos(), other]).json() == {"accepted": 1, "duplicates": 2}
        assert ledger(engine)[0]["data"] == first["data"]
        assert rows(engine) == published(2)

    def test_of_two_in_one_batch_the_first_stands(self, engine: Engine, served: Served) -> None:
        first = kudos()
        again = kudos(id=first["id"])
        assert served.post([first, again]).json() == {"accepted": 1, "duplicates": 1}
        assert [row["data"] for row in ledger(engine)] == [first["data"]]

    def test_the_same_id_from_another_source_is_another_domain_event(self, served: Served) -> None:
        first = kudos()
        other = {**first, "source": "/services/other"}
        assert served.post([first, other]).json() == {"accepted": 2, "duplicates": 0}


class TestRinging:
    def test_lanes_are_rung_for_the_types_that_were_published(self, engine: Engine) -> None:
        rung: SimpleQueue[set[str]] = SimpleQueue()
        app = make_app(
            acting_as(engine, "gateway"), clock=lambda: NOW, ring=lambda types: rung.put(set(types))
        )
        with talking_to(app, new_key(engine)) as served:
            served.post(kudos(time="never"))
            served.post(kudos())
            assert rung.get(timeout=5) == {KUDOS}
        assert rung.empty()

    def test_a_bell_that_fails_fails_no_request(self, engine: Engine) -> None:
        def broken(_types: Iterable[str]) -> None:
            raise ConnectionError

        app = make_app(acting_as(engine, "gateway"), clock=lambda: NOW, ring=broken)
        with talking_to(app, new_key(engine)) as served:
            assert [served.post(kudos()).status_code for _ in range(3)] == [202] * 3

    def test_a_bell_that_hangs_delays_no_request(self, engine: Engine) -> None:
        let_go = threading.Event()

        def hung(_types: Iterable[str]) -> None:
            let_go.wait(60)

        app = make_app(acting_as(engine, "gateway"), clock=lambda: NOW, ring=hung)
        with talking_to(app, new_key(engine)) as served:
            answers = [served.post(kudos()).status_code for _ in range(3)]
            let_go.set()
        assert answers == [202] * 3
