"""Forms: what is one, and what stands in it."""

import pytest

from gateway.forms import MOST_FIELDS, as_uuid, one_of, parse_form
from gateway.problems import ProblemError


class TestForms:
    def test_fields_may_be_empty_or_not_there(self) -> None:
        form = parse_form("a=&b=%C3%A9+1&é=2".encode())
        assert [one_of(form, name) for name in ("a", "b", "é", "c")] == ["", "é 1", "2", None]

    @pytest.mark.parametrize("raw", [b"\xff", b"a=%ff", b"a=1&" * (MOST_FIELDS + 1)])
    def test_what_is_none_is_refused(self, raw: bytes) -> None:
        with pytest.raises(ProblemError) as refused:
            parse_form(raw)
        assert refused.value.status == 400

    def test_a_field_twice_is_refused_when_it_is_read(self) -> None:
        form = parse_form(b"a=1&a=1&b=2")
        assert one_of(form, "b") == "2"
        with pytest.raises(ProblemError, match="more than once"):
            one_of(form, "a")


class TestIds:
    @pytest.mark.parametrize("text", ["", "x", "\0", "é" * 32, "0" * 31])
    def test_what_is_no_id(self, text: str) -> None:
        assert as_uuid(text) is None

    def test_an_id_is_written_in_our_way(self) -> None:
        said = "5362CCD7-6160-509E-856B-02C49074F11D"
        assert as_uuid(said) == said.lower()
