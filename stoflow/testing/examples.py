"""What products a marketplace is tried with, and their photos."""

from decimal import Decimal
from pathlib import Path

from PIL import Image

from stoflow.domain.product import NewProduct

COLOURS = ("firebrick", "seagreen", "navy")
SIZE = (640, 480)
DRESS = NewProduct(
    title="Robe d'été à fleurs",
    description="Portée deux fois.\nLavable à 30°.",
    price=Decimal("24.50"),
    category="women/dresses",
    brand="Zara",
    condition=8,
    size="M / 38 / 10",
    colors=("bleu marine",),
    materials=("coton",),
    gender="women",
)


def draw_photos(folder: Path) -> None:
    """Draw `1.jpg`, `2.jpg` and `3.jpg` into a folder."""
    for number, colour in enumerate(COLOURS, start=1):
        Image.new("RGB", SIZE, colour).save(folder / f"{number}.jpg")
