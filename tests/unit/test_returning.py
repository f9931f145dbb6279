"""Where a seller may go back to at the end of a consent."""

import pytest

from stoflow.domain.errors import Conflict
from stoflow.resources.connections.returning import check_return

ALLOWED = ["https://shop.example/done", "http://localhost:3000"]


@pytest.mark.parametrize(
    "address",
    [
        "https://shop.example/done",
        "https://shop.example:443/done/ebay?x=1",
        "http://localhost:3000",
        "http://localhost:3000/any/where",
        None,
    ],
)
def test_what_lies_under_an_address_of_the_setting_is_allowed(address: str | None) -> None:
    check_return(ALLOWED, address)


@pytest.mark.parametrize(
    "address",
    [
        "",
        "/done",
        "//shop.example/done",
        "http://shop.example/done",
        "https://shop.example/",
        "https://shop.example/donetoo",
        "https://shop.example.evil.example/done",
        "https://evil@shop.example/done",
        "https://:x@shop.example/done",
        "https://shop.example:444/done",
        "https://shop.example:x/done",
        "https://shop.example/done/../evil",
        "https://shop.example/done/%2e%2E/evil",
        "https://shop.example/done/..%5cevil",
        "https://shop.example\\@evil.example/done",
        "https://shop.example/done#x",
        "https://shop.example/done\n",
        "https://sh\N{LATIN SMALL LETTER O WITH DIAERESIS}p.example/done",
        "javascript:alert(1)",
        "https://[shop.example/done",
    ],
)
def test_what_does_not_is_refused_by_name(address: str) -> None:
    with pytest.raises(Conflict) as refused:
        check_return(ALLOWED, address)
    assert [error.field for error in refused.value.errors] == ["return_to"]
