"""`python -m benchmarks.photos`: what becomes of each kind of photo on each marketplace, and what sending it takes.

The peak is of a process that has loaded what a worker loads and then sends the largest pictures that are taken.
"""

import io
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

from PIL import Image

from benchmarks.photo_kinds import REFUSED, TAKEN, encoded, held
from stoflow.domain.ids import TenantId
from stoflow.marketplaces.ebay.pictures import PHOTO_LIMIT_BYTES as EBAY_LIMIT_BYTES
from stoflow.marketplaces.etsy.pictures import PHOTO_LIMIT_BYTES as ETSY_LIMIT_BYTES
from stoflow.marketplaces.photos import presentable
from stoflow.resources.products.media import MediaFolder
from stoflow.resources.products.photo_source import PhotoSource, RefusedPhoto

SELLER = TenantId(1)
LIMITS_BYTES = {"ebay": EBAY_LIMIT_BYTES, "etsy": ETSY_LIMIT_BYTES}
BOUND_MB = 300
SENDING = """
import sys
import stoflow.wiring.worker, stoflow.worker.process
from stoflow.marketplaces.photos import presentable
presentable(open(sys.argv[1], "rb").read(), limit_bytes=9_000_000, whole=True)
status = open("/proc/self/status").read()
print(int(status.partition("VmHWM:")[2].split()[0]) // 1024)
"""
TURNED = 6
LARGEST: Mapping[str, tuple[tuple[int, int], str, str, Mapping[str, object]]] = {
    "PNG, 35 million pixels, cut out": ((5900, 5900), "RGBA", "PNG", {"compress_level": 1}),
    "JPEG, 175 million pixels, turned": ((13_200, 13_200), "RGB", "JPEG", {"exif": held(TURNED)}),
    "JPEG, 25 million pixels, progressive, turned": (
        (4990, 4990), "RGB", "JPEG", {"progressive": True, "subsampling": 0, "exif": held(TURNED)},
    ),
    "JPEG, 17 million pixels, progressive, turned": (
        (4090, 4090), "RGB", "JPEG", {"progressive": True, "subsampling": 0, "exif": held(TURNED)},
    ),
    "WEBP, 10.7 million pixels, cut out": ((3280, 3280), "RGBA", "WEBP", {"method": 0}),
    "HEIC, 24 million pixels": ((5712, 4284), "RGB", "HEIF", {"quality": 50}),
    "AVIF, 16 million pixels": ((4050, 4050), "RGB", "AVIF", {"speed": 10}),
}  # fmt: skip


def main() -> int:
    """Return 0 where the bound held."""
    for line in table():
        print(line)
    print("\n| the largest taken | peak of the process, MB |\n| --- | --- |")
    peaks = dict(peaks_mb())
    for name, peak in peaks.items():
        print(f"| {name} | {peak} |", flush=True)
    return 1 if max(peaks.values()) > BOUND_MB else 0


def table() -> Iterator[str]:
    yield "| file | kept, and sent on Vinted | eBay | Etsy |\n| --- | --- | --- | --- |"
    with tempfile.TemporaryDirectory() as folder:
        source = PhotoSource(Path(folder), MediaFolder(Path(folder) / "media"))
        for kind, make in {**TAKEN, **REFUSED}.items():
            (Path(folder) / "photo").write_bytes(make())
            yield f"| {kind} | {_fate(source, make())} |"


def _fate(source: PhotoSource, content: bytes) -> str:
    try:
        path = source.media.root / source.take(SELLER, "photo")
    except RefusedPhoto as refused:
        return f"refused: {refused.reason} | refused | refused"
    kept = path.read_bytes()
    sent = (presentable(kept, limit_bytes=limit)[0] for limit in LIMITS_BYTES.values())
    return " | ".join(
        [_described(kept, content), *("the same" if each == kept else _described(each, content) for each in sent)]
    )


def _described(sent: bytes, given: bytes) -> str:
    with Image.open(io.BytesIO(sent)) as picture:
        corner = picture.convert("RGB").getpixel((4, 4))
        profile = ", profile" if picture.info.get("icc_profile") else ""
        same = ", byte for byte" if sent == given else ""
        return f"{picture.format} {picture.mode} {picture.width} x {picture.height}, corner {corner}{profile}{same}"


def peaks_mb() -> Iterator[tuple[str, int]]:
    Image.MAX_IMAGE_PIXELS = None
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "photo"
        for name, (size, mode, kind, options) in LARGEST.items():
            grey = Image.radial_gradient("L").resize(size)
            file.write_bytes(encoded(Image.merge(mode, [grey] * len(mode)), kind, **options))
            said = subprocess.run(
                [sys.executable, "-c", SENDING, str(file)], capture_output=True, text=True, check=True
            )
            yield name, int(said.stdout)


if __name__ == "__main__":
    sys.exit(main())
