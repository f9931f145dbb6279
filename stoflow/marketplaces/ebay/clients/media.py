"""eBay's Media API: pictures, before a listing uses them."""

from stoflow.domain.call import FilePart, Request
from stoflow.marketplaces.photos import Photo

IMAGES = "/commerce/media/v1_beta/image"


def create_image_from_file(photo: Photo) -> Request:
    """Upload a picture, which eBay keeps for some days where no listing uses it; 50 in 5 s for each seller."""
    part = FilePart("image", photo.filename, photo.content, photo.content_type)
    return Request("POST", f"{IMAGES}/create_image_from_file", files=(part,))
