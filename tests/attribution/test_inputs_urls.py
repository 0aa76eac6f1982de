"""URLs as they are kept: an e-mail address stands in none, however it is written; what is no address stays."""

from __future__ import annotations

import polars as pl
import pytest

from attribution.inputs.urls import kept_urls

SHOP = "https://shop.example"


@pytest.mark.parametrize(
    ("url", "kept"),
    [
        (f"{SHOP}/?ref=%6Aane%40mail%2Ecom", f"{SHOP}/"),
        (f"{SHOP}/?ref=jane%2540mail%252Ecom&utm_source=x", f"{SHOP}/?utm_source=x"),
        (f"{SHOP}/?promo=jane@m%C3%BCller.de", f"{SHOP}/"),
        (f"{SHOP}/?ref=a@почта.рф", f"{SHOP}/"),
        (f"{SHOP}/#jane@müller.de", f"{SHOP}/"),
        (f"{SHOP}/jane@mail.com/x", f"{SHOP}//x"),
        (f"{SHOP}/@jane.doe/post", f"{SHOP}/@jane.doe/post"),
        (f"{SHOP}/?utm_content=v@2.0", f"{SHOP}/?utm_content=v@2.0"),
    ],
)
def test_no_way_of_writing_an_address_is_kept(url: str, kept: str) -> None:
    assert kept_urls(pl.Series([url])).to_list() == [kept]
