"""Words of other people's files, in English, Dutch, French and German, and what they mean here."""

import re
import unicodedata

NEW_WITH_TAGS, NEW_WITHOUT_TAGS, VERY_GOOD, GOOD, SATISFACTORY, WORN_OUT = 10, 9, 8, 6, 4, 2

CONDITION_WORDS: dict[int, tuple[str, ...]] = {
    NEW_WITH_TAGS: (
        "new with tags", "brand new with tags", "nwt", "bnwt", "new with box", "new", "brand new", "is new", "never worn",
        "neuf avec etiquette", "neuf avec etiquettes", "neuf", "nieuw met prijskaartje", "nieuw met kaartje", "nieuw",
        "neu mit etikett", "neu", "new in box", "deadstock",
    ),
    NEW_WITHOUT_TAGS: (
        "new without tags", "nwot", "new other", "like new", "as new", "mint", "neuf sans etiquette", "neuf sans etiquettes",
        "comme neuf", "nieuw zonder prijskaartje", "nieuw zonder kaartje", "zo goed als nieuw", "neu ohne etikett", "wie neu",
        "is like new", "open box",
    ),
    VERY_GOOD: (
        "very good", "very good condition", "excellent", "used excellent", "pre owned excellent", "gently used", "is gently used",
        "lightly used", "tres bon etat", "tres bon", "heel goed", "zeer goed", "heel goede staat", "sehr gut", "new with defects",
        "neuf avec defauts", "nieuw met gebreken",
    ),
    GOOD: (
        "good", "good condition", "used", "is used", "pre owned", "preowned", "pre owned good", "used good", "bon etat", "bon", "goed",
        "goede staat", "gebruikt", "gut", "gebraucht", "occasion", "d occasion", "second hand",
    ),
    SATISFACTORY: (
        "satisfactory", "fair", "acceptable", "worn", "is worn", "pre owned fair", "satisfaisant", "etat correct", "correct", "use",
        "voldoende", "redelijk", "gedragen", "zufriedenstellend", "well worn", "heavily used",
    ),
    WORN_OUT: (
        "not fully functional", "poor", "for parts", "for parts or not working", "pas entierement fonctionnel",
        "niet volledig functioneel", "versleten", "mauvais etat", "damaged", "abime", "beschadigd", "is not functional",
    ),
}  # fmt: skip

GENDER_WORDS: dict[str, tuple[str, ...]] = {
    "women": ("f", "w", "women", "womens", "women s", "woman", "ladies", "female", "womenswear", "femme", "femmes", "dames", "vrouwen",
              "vrouw", "damen", "frauen"),
    "men": ("m", "men", "mens", "men s", "man", "male", "menswear", "homme", "hommes", "heren", "mannen", "herren", "manner"),
    "unisex": ("u", "unisex", "unisexe", "mixte", "gender neutral", "everyone"),
    "girls": ("girl", "girls", "fille", "filles", "meisje", "meisjes", "madchen"),
    "boys": ("boy", "boys", "garcon", "garcons", "jongen", "jongens", "jungen"),
    "unisex kids": ("kids", "children", "enfant", "enfants", "kinderen", "kinder", "childrenswear"),
    "baby": ("baby", "newborn", "infant", "bebe"),
}  # fmt: skip

CURRENCY_WORDS: dict[str, tuple[str, ...]] = {
    "EUR": ("eur", "€", "euro", "euros"),
    "USD": ("usd", "$", "us$", "dollar", "dollars", "us dollar"),
    "GBP": ("gbp", "£", "pound", "pounds"),
    "CHF": ("chf", "fr."),
    "PLN": ("pln", "zł"),
    "CZK": ("czk", "kč"),
    "SEK": ("sek",),
    "DKK": ("dkk",),
    "NOK": ("nok",),
    "CAD": ("cad", "ca$", "c$"),
    "AUD": ("aud", "au$", "a$"),
    "JPY": ("jpy", "¥"),
}

SOURCE_CURRENCIES = {"grailed": "USD"}  # places that price in one currency only, and so never write it

NOT_KNOWN = frozenset({"", "null", "none", "nan", "n/a", "na", "-", "undefined", "[]", "{}"})
YES = frozenset({"true", "1", "yes", "y", "t", "ja", "oui", "x"})


def plain(text: str) -> str:
    """Return the words in lower case without accents and punctuation: "Très_bon état" is "tres bon etat"."""
    ascii_text = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", " ", ascii_text.lower()).strip()


CONDITIONS = {word: note for note, words in CONDITION_WORDS.items() for word in words}
GENDERS = {word: gender for gender, words in GENDER_WORDS.items() for word in words}
CURRENCIES = {word: code for code, words in CURRENCY_WORDS.items() for word in words}
