"""What a file that is no picture for StoFlow is instead, by its first bytes: said to the seller who sent it."""

SNIFFED_BYTES = 512
BY_START: tuple[tuple[bytes, str], ...] = (
    (b"%PDF", "a PDF"),
    (b"PK\x03\x04", "a ZIP archive or an office document"),
    (b"Rar!", "a RAR archive"),
    (b"7z\xbc\xaf", "a 7z archive"),
    (b"\x1f\x8b", "a compressed file"),
    (b"8BPS", "a Photoshop document"),
    (b"\xff\x0a", "a JPEG XL picture"),
    (b"\x00\x00\x00\x0cJXL ", "a JPEG XL picture"),
    (b"\x00\x00\x00\x0cjP", "a JPEG 2000 picture"),
    (b"\x00\x00\x01\x00", "an icon"),
    (b"\x1aE\xdf\xa3", "a video"),
    (b"FUJIFILMCCD-RAW", "a camera's raw picture"),
    (b"IIRO", "a camera's raw picture"),
    (b"\xd0\xcf\x11\xe0", "an office document"),
    (b"MZ", "a program"),
    (b"\x7fELF", "a program"),
)
DAMAGED: tuple[tuple[bytes, str], ...] = (
    (b"\xff\xd8", "JPEG"),
    (b"\x89PNG", "PNG"),
    (b"GIF8", "GIF"),
    (b"BM", "BMP"),
    (b"II*\x00", "TIFF"),
    (b"MM\x00*", "TIFF"),
)
BY_BRAND = {b"crx ": "a camera's raw picture", b"qt  ": "a video", b"M4V ": "a video", b"M4A ": "a sound"}
PICTURE_BRANDS = (b"hei", b"hev", b"mif1", b"msf1", b"avi")
ADVICE = "save it as JPEG, PNG, WEBP, HEIC or AVIF"


def description_of(content: bytes) -> str:
    """Return what these bytes are, as it goes on after the name of their file."""
    head = content[:SNIFFED_BYTES]
    if not head.strip(b"\x00"):
        return "holds nothing but zeros; copy it again"
    kind = _kind(head)
    if kind:
        return f"is {kind}; {ADVICE}"
    damaged = next((name for start, name in DAMAGED if head.startswith(start)), "") or _damaged_container(head)
    return f"is a damaged {damaged}; copy or save it again" if damaged else f"is no picture StoFlow knows; {ADVICE}"


def _kind(head: bytes) -> str:
    if head[4:8] == b"ftyp" and not head[8:12].startswith(PICTURE_BRANDS):
        return BY_BRAND.get(head[8:12], "a video")
    return next((kind for start, kind in BY_START if head.startswith(start)), "") or _kind_of_text(head)


def _damaged_container(head: bytes) -> str:
    if head.startswith(b"RIFF") and head[8:12] == b"WEBP":
        return "WEBP"
    if head[4:8] == b"ftyp":
        return "AVIF" if head[8:12].startswith(b"avi") else "HEIC"
    return ""


def _kind_of_text(head: bytes) -> str:
    text = head.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if text.startswith((b"<!doctype html", b"<html", b"<head", b"<body")):
        return "a web page"
    if b"<svg" in text:
        return "an SVG drawing"
    if text.startswith((b"<?xml", b"<")):
        return "an XML document"
    return "a text" if _is_text(head) else ""


def _is_text(head: bytes) -> bool:
    text = head.decode("utf-8", errors="replace").rstrip("\ufffd")  # the last sign may be cut
    return "\ufffd" not in text and all(sign.isprintable() or sign.isspace() for sign in text)
