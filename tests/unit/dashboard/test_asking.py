"""What can't be read in a URL or a form is refused, never a fault of ours."""

import pytest
from starlette.exceptions import HTTPException

from dashboard.asking import end
from tests.unit.dashboard.test_judgement import NOW


@pytest.mark.parametrize("span", ["-99999999999999m", "x", "4", "4y", "m", "1.5h"])
def test_no_length_of_a_pause(span: str) -> None:
    with pytest.raises(HTTPException) as refused:
        end({"for": span}, NOW)
    assert refused.value.status_code == 400
