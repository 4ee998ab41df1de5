"""Binary mode: attributes from headers, decoded as CloudEvents' HTTP binding says."""

from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.faults import InvalidEnvelopeError
from gateway.binary import attributes_of


def faults(*headers: tuple[bytes, bytes]) -> list[tuple[str, str]]:
    with pytest.raises(InvalidEnvelopeError) as caught:
        attributes_of(headers)
    return [(fault.field, fault.detail) for fault in caught.value.faults]


class TestAttributesOf:
    def test_other_headers_are_none_of_its_business(self) -> None:
        headers = [(b"host", b"x"), (b"ce-id", b"7"), (b"content-type", b"application/json")]
        assert attributes_of(headers) == {"id": "7"}

    @pytest.mark.parametrize(
        ("header", "meant"),
        [
            (b"Euro%20%E2%82%AC%20%F0%9F%98%80", "Euro \N{EURO SIGN} \N{GRINNING FACE}"),
            (b"Euro%20%e2%82%ac", "Euro \N{EURO SIGN}"),
            (b"%25", "%"),
            (b"%2541", "%41"),
            (b'"quoted"', "quoted"),
            (b'"with \\"escapes\\" \\\\"', 'with "escapes" \\'),
            (b'"', '"'),
            (b"", ""),
            ("unencoded \N{EURO SIGN}".encode(), "unencoded \N{EURO SIGN}"),
        ],
    )
    def test_a_value_is_unquoted_and_decoded_once(self, header: bytes, meant: str) -> None:
        assert attributes_of([(b"ce-note", header)]) == {"note": meant}

    @given(st.text())
    def test_what_was_encoded_comes_back(self, text: str) -> None:
        assert attributes_of([(b"ce-note", quote(text, safe="").encode())]) == {"note": text}

    @pytest.mark.parametrize("header", [b"%", b"%4", b"%zz", b"%FF", b"%E2%82", b"\xff"])
    def test_what_is_not_percent_encoded_utf_8_is_named(self, header: bytes) -> None:
        assert faults((b"ce-note", header)) == [("note", "is not percent-encoded UTF-8")]

    def test_a_header_given_twice_is_named(self) -> None:
        assert faults((b"ce-id", b"1"), (b"ce-id", b"1")) == [("id", "is given more than once")]

    @pytest.mark.parametrize("name", [b"ce-datacontenttype", b"ce-data"])
    def test_what_has_its_own_place_is_named(self, name: bytes) -> None:
        assert [field for field, _ in faults((name, b"x"))] == [name.decode().removeprefix("ce-")]
