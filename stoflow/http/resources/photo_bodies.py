"""What is asked of a product's photos over HTTP, and what is answered of them."""

from typing import Annotated, Final, Self

from pydantic import ConfigDict, Field

from stoflow.http.rest.answers import Answered, PageBody
from stoflow.http.rest.schemas import Given
from stoflow.resources.products.photos import MOST_PHOTOS, PhotoView

MOST_FILES: Final = 24

Address = Annotated[
    str,
    Field(min_length=10, max_length=2_000, pattern=r"^https?://[^\s\x00]+$", examples=["https://example.com/1.jpg"]),
]
Position = Annotated[int, Field(ge=1, le=2**31 - 1)]
Digest = Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[A-Za-z0-9_.-]+$")]


class PhotoAddressesBody(Given):
    """Where photos are to be fetched from, which anybody may open there."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"urls": ["https://example.com/1.jpg"]}]})

    urls: Annotated[list[Address], Field(min_length=1, max_length=MOST_FILES)]


class PhotoOrderBody(Given):
    """All photos in their new order, each by its position as it is now, or by its digest."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"order": [2, 1, 3]}]})

    order: Annotated[list[Position | Digest], Field(min_length=1, max_length=10 * MOST_PHOTOS)]


class PhotoBody(Answered):
    """One photo as it is kept; where its file is gone nothing but its place and digest is known."""

    position: int
    digest: str
    content_type: str | None
    bytes: int | None
    width: int | None
    height: int | None
    url: str

    @classmethod
    def of_product(cls, product: int, photo: PhotoView) -> Self:
        facts = photo.facts
        return cls(
            position=photo.position,
            digest=photo.digest,
            content_type=facts.content_type if facts else None,
            bytes=facts.bytes if facts else None,
            width=facts.width if facts else None,
            height=facts.height if facts else None,
            url=f"/api/products/{product}/photos/{photo.position}",
        )


class PhotosBody(PageBody[PhotoBody]):
    pass
