"""Text as sellers' tools write it, and as StoFlow keeps it."""

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from stoflow.domain.product import NewProduct
from stoflow.http.resources.product_bodies import NewProductBody
from stoflow.resources.products.fields import markup
from stoflow.resources.products.fields.errors import UnclearText
from stoflow.resources.products.fields.text import SHOWN, clean_line, clean_text, composed
from stoflow.resources.products.file import ReadProduct, read_products
from stoflow.resources.products.files.rows import RejectedRow


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("<p>Soft &amp; light.<br>Made in Lyon.</p><ul><li>Length 180&nbsp;cm</li></ul>",
         "Soft & light.\nMade in Lyon.\n\n- Length 180 cm"),
        ("<P>One</P>\n<P>Two</P>", "One\n\nTwo"),
        ("<div>One</div><div>Two</div>", "One\nTwo"),
        ("<h2>Care</h2>Cold wash", "Care\n\nCold wash"),
        ("<ul><li>a<ul><li>b</li></ul></li><li><p>c</p></li></ul>after", "- a\n  - b\n- c\n\nafter"),
        ("<ol><li>one<li>two</ol>", "1. one\n2. two"),
        ("<table><tr><th>Bust</th><td>90</td></tr><tr><td>Waist</td><td>70</td></tr></table>", "Bust | 90\nWaist | 70"),
        ("<dl><dt>Size<dd>M</dl>", "Size\nM"),
        ('<a href="https://shop.example">My shop</a><img src="x.jpg" alt="photo">', "My shop"),
        ("Red<script>alert(1)</script><style>p{}</style><!-- no --> scarf", "Red scarf"),
        ('<p class="MsoNormal">Wool<o:p></o:p></p><![if !mso]>', "Wool"),
        ("<b>Wool</b> and <i>silk</i>", "Wool and silk"),
        ("Intro\n\nMore <strong>words</strong>\n<ul>\n<li>a</li>\n<li>b</li>\n</ul>\nEnd", "Intro\n\nMore words\n\n- a\n- b\n\nEnd"),
        ("<pre>a\n  b</pre>", "a\n  b"),
        ("&lt;p&gt;Escaped &amp;amp; sent&lt;/p&gt;", "Escaped & sent"),
        ("&amp;lt;p&amp;gt;Twice&amp;lt;/p&amp;gt;", "Twice"),
        ("<p>Size <M>, x <b or more</p>", "Size <M>, x <b or more"),
        ("Bold <b>start", "Bold <b>start"),
        ("<p>Never closed: <script> and <style", "Never closed: <script> and <style"),
        ("<p>a</p><!-- never closed", "a\n\n<!-- never closed"),
        ('<table><colgroup><col style="width:50%"><col></colgroup><tbody><tr><td>Size</td><td>38</td></tr></tbody></table>',
         "Size | 38"),
        ("<p>Red</p><picture><source srcset='a.webp'><img src='a.jpg'></picture><p>New</p>", "Red\n\nNew"),
        ("<hgroup><h1>Coat</h1><p>Wool</p></hgroup><meter value=3>3 of 5</meter>", "Coat\n\nWool"),
        ("<p>\u7740<ruby>\u7269<rp>(</rp><rt>mono</rt><rp>)</rp></ruby></p>", "\u7740\u7269(mono)"),
        ('<marquee behavior="slide">Sale</marquee><p>Coat</p>', "Sale\n\nCoat"),
        ("<p>A <shop-badge>new</shop-badge> coat <g-emoji class='x'>*</g-emoji></p>", "A new coat *"),
        ("<p>Size <M>, <tag> and </tags>, <coat>wool</coat></p>", "Size <M>, <tag> and </tags>, wool"),
        ("<p>a</p><plaintext>b</plaintext><p>c</p>", "a\n\n<plaintext>b</plaintext>\n\nc"),
    ],
)  # fmt: skip
def test_html_becomes_the_text_it_shows(written: str, kept: str):
    assert clean_text(written) == kept


@pytest.mark.parametrize(
    "words",
    [
        "AT&T, R&B, C&A",
        "a < b, 5 > 3, I <3 it",
        "&copy 2020 & co",
        "R&B; soul",
        "Use the <b> tag",
        "Size <S> or <XL>",
        "mail <anna@shop.example>",
        "<new>",
        "<- left, right ->",
        "One\n\nTwo\n- three",
        "日本語 हिन्दी",
        "\u05e9\u05dc\u05d5\u05dd\u200f ABC",  # a mark of direction where there are two
        "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645",  # a joiner that Persian is spelled with
        "\U0001f469\u200d\U0001f527 \u2764\ufe0f",
        "\U0001f3f4\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f",
    ],
)
def test_words_stay_as_they_are(words: str):
    assert clean_text(words) == words


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("Jupe &amp; top &#039;été&#039;", "Jupe & top 'été'"),
        ("Dolce &amp;amp; Gabbana", "Dolce & Gabbana"),
        ("Caf&eacute; &#x263A;", "Café ☺"),
        ("<b>Red</b> scarf<br>wool", "Red scarf wool"),
        ("Robe d’e\u0301te\u0301 le\u0301ge\u0300re", "Robe d’été légère"),
        ("Größe A\u030a", "Größe Å"),
        (" Red\u00a0 scarf\t", "Red scarf"),
        ("\ufeffRed\u200b scarf\u2060", "Red scarf"),
        ("Red\u202escarf\u202c \u200e", "Redscarf"),
        ("soft\u00adness", "softness"),
        ("caf\x92s \x1b[31mred\x07", "caf’s [31mred"),
        ("a\u2028b", "a b"),
        ("\u200b\u200d\ufeff \u3164", ""),
        ("&#8203;&zwj;", ""),
        ("&nbsp;", ""),
        ("<p></p>", ""),
    ],
)
def test_a_line_is_composed_and_free_of_what_nobody_sees(written: str, kept: str):
    assert clean_line(written) == kept


PIECES = ("&", "amp;", "lt;", "gt;", "#38;", "#97;", "<", ">", "/", "b", "p", "br", "li", "ul", "!--", "-->", "script", "\u0301",
          " ", "\n", "e", "x", "\u200d", "\x92", "=", '"', ":")  # fmt: skip


@given(st.one_of(st.lists(st.sampled_from(PIECES), max_size=40).map("".join), st.text(max_size=60)))
def test_what_is_clean_stays_as_it_is(text: str):
    for clean in (clean_line, clean_text):
        try:
            kept = clean(text.encode(errors="ignore").decode())
        except UnclearText:
            continue
        assert clean(kept) == kept


@given(st.text(alphabet="ab é\n-", max_size=60), st.sampled_from(["<p>{}</p>", "<div><b>{}</b></div>", "{}<br>"]))
def test_no_word_of_a_page_is_lost(words: str, page: str):
    assert clean_text(page.format(words)).split() == words.split()


def test_what_is_escaped_over_and_over_is_refused():
    escaped = "&#120;"
    for _ in range(4):
        escaped = escaped.replace("#", "&num;", 1).replace("num", "&#110;um", 1)
    with pytest.raises(UnclearText, match="escaped over and over"):
        clean_line(escaped)


def test_html_that_never_ends_is_refused_before_it_is_read():
    with pytest.raises(UnclearText, match="opens 20,000 elements that it never closes"):
        clean_text("<div>" * 20_000 + "x")


@pytest.mark.parametrize(
    "piece", ["<p>x", "<li>x", "<b>x</b>", "<div>x</div>", "<td>x", "<a><b></a></b>x", "<br>", "<M>x"]
)
def test_the_work_grows_with_the_length_alone(piece: str, monkeypatch: pytest.MonkeyPatch):
    visited: list[str] = []
    leave = markup._leave  # pyright: ignore[reportPrivateUsage]
    monkeypatch.setattr(markup, "_leave", lambda node, layout: (visited.append(""), leave(node, layout)))
    counts: list[int] = []
    for times in (500, 1_000):
        visited.clear()
        clean_text("<p>" + piece * times)
        counts.append(len(visited))
    assert counts[1] <= 2 * counts[0] + 2


def read(path: Path, text: str) -> tuple[list[NewProduct], list[RejectedRow]]:
    path.write_text(text, "utf-8")
    items = list(read_products(path, mapping={}))
    products = [item.product for item in items if isinstance(item, ReadProduct)]
    return products, [item for item in items if isinstance(item, RejectedRow)]


def test_every_field_of_a_file_arrives_clean(tmp_path: Path):
    header = "title,price,description,category,brand,size,colors,materials,season,condition,sku\n"
    row = (
        '"Jupe &amp; top","18.50","<p>Coton &amp; lin</p>","Women > Skirts &amp; tops","Dolce &amp; Gabbana","<b>M</b>",'
        '"bleu &amp; ve\u0301cu","soie &amp; lin d’e\u0301te\u0301","e\u0301te\u0301","Tr&egrave;s bon &eacute;tat"," 0017 "\n'
    )
    (product,), rejected = read(tmp_path / "a.csv", header + row)
    assert not rejected
    assert product == NewProduct(
        title="Jupe & top",
        description="Coton & lin",
        price=product.price,
        category="Women > Skirts & tops",
        brand="Dolce & Gabbana",
        condition=8,
        size="M",
        colors=("bleu", "vécu"),
        materials=("soie", "lin d’été"),
        season="été",
        sku="0017",
    )


def test_composed_and_decomposed_files_say_the_same(tmp_path: Path):
    text = 'title,description,price,materials\n"Robe d’été légère à volants",Très légère.,32,"soie sauvage d’été"\n'
    decomposed = text.replace("é", "e\u0301").replace("è", "e\u0300").replace("à", "a\u0300")
    assert decomposed != text
    assert read(tmp_path / "a.csv", text) == read(tmp_path / "b.csv", decomposed)


# One of each kind of sign that shows nothing by itself.
UNSEEN = {
    "no width": "\u200b\ufeff\u2060",
    "a joiner": "\u200d\u200c",
    "direction": "\u202e\u2066\u200f\u061c",
    "a space that does not break": "\u00a0\u202f\u2007",
    "wide spaces": "\u3000\u1680\u205f",
    "a soft hyphen": "\u00ad",
    "a filler": "\u3164\u115f\u1160\uffa0",
    "an empty braille cell": "\u2800",
    "tags": "\U000e0001\U000e0041\U000e007f",
    "selectors of variants": "\ufe0f\ufe00\U000e0100",
    "a selector in Mongolian": "\u180b\u180e\u180f",
    "an inherent vowel": "\u17b4\u17b5",
    "a mark of music": "\U0001d173\U0001d159",
    "operators that are not written": "\u2061\u2064",
    "controls": "\x01\x7f\x90",
    "a place for nothing": "\ufffc\ufff9",
    "a shorthand's overlap": "\U0001bca0",
    "an empty musical head beside a space": " \U0001d159 ",
}


@pytest.mark.parametrize("written", UNSEEN.values(), ids=UNSEEN)
def test_what_nobody_can_see_is_empty_as_a_line_a_text_a_name_and_a_key(written: str):
    assert [clean(written) for clean in (clean_line, clean_text, composed)] == ["", "", ""]
    assert [clean(f"{written}A-1{written}") for clean in (clean_line, clean_text, composed)] != ["", "", ""]


@pytest.mark.parametrize("written", ["\U0001fae9", "\U0007ed7e", "\ue000", "\u0301"], ids=ascii)
def test_what_shows_as_a_box_or_an_accent_at_least_is_kept(written: str):
    """U+1FAE9, a face with bags under its eyes, came with Unicode 16, which Python knows since 3.14."""
    assert [clean(written) for clean in (clean_line, clean_text, composed)] == [written] * 3


@pytest.mark.parametrize("written", [*UNSEEN.values(), "a", " a ", "\u3164é", "\U0001fae9", "\u0301"], ids=ascii)
def test_the_document_says_of_a_title_what_the_door_says(written: str):
    title = NewProductBody.model_json_schema()["properties"]["title"]
    fits = re.search(title["pattern"], written) is not None and len(written) >= title["minLength"]
    beyond = any(sign > "\uffff" and not SHOWN.search(sign) for sign in written)  # of which the pattern says nothing
    assert fits == taken(written) or beyond


def taken(title: str) -> bool:
    try:
        NewProductBody.model_validate({"title": title})
    except ValidationError:
        return False
    return True


@pytest.mark.parametrize(
    "title", ["&nbsp;", "<p> </p>", "&zwj;&shy;", *(UNSEEN[kind] for kind in UNSEEN if kind != "controls")], ids=ascii
)
def test_a_title_that_nobody_can_see_is_empty(tmp_path: Path, title: str):
    products, rejected = read(tmp_path / "a.csv", f"title,price\n{title},5\n")
    assert (products, [row.reason for row in rejected]) == ([], ["The title is empty."])
