"""Tells a real picture from bytes that only claim to be one."""

SIGNATURES: dict[str, tuple[bytes, ...]] = {
    "image/jpeg": (b"\xff\xd8\xff",),
    "image/png": (b"\x89PNG\r\n\x1a\n",),
    "image/gif": (b"GIF87a", b"GIF89a"),
    "image/webp": (b"RIFF",),
}
SMALLEST_BYTES = 100


def picture_type(content: bytes) -> str | None:
    """Return the media type of a picture, None where it is not one."""
    if len(content) < SMALLEST_BYTES:
        return None
    for media_type, signatures in SIGNATURES.items():
        if content.startswith(signatures):
            return media_type
    return None
