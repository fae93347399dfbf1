"""What a writer may send on."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.models import prompt
from assistant.models.outgoing import Plain, Unprompted, plain
from tests.hostile import leading

BOUNDARY = "=== 0123456789abcdef"
RULES = prompt.rules(BOUNDARY)


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("See https://evil.example/x?q=1. Next", "See …. Next"),
        ("“Visit www.unn.ua/x, he said” [1].", "“Visit …, he said” [1]."),
        ("Write to a.b@c.example or evil.example/p?x=1, and ask Booking.com.", "Write to … or …, and ask Booking.com."),
        ("U.S./UK and/or 5 km/h", "U.S./UK and/or 5 km/h"),
        ("![a chart](https://evil.example/a b) is it [1]", "a chart is it [1]"),
        ('[click here](https://e.x/(a)b "t") now [1][2]', "click here now [1][2]"),
        ("[1](https://evil.example) [2]", "[1] [2]"),
        ("[ref]: https://e.x", "[ref] : …"),
        ("<img src=x\nonerror=alert(1)> hi <script>x</script> <<b>script>y", "hi x y"),
        ("<https://evil.example> <!-- a\nb --> end", "end"),
        ("&lt;script&gt;x AT&T &amp; co", "x AT&T & co"),
        ("&#104;ttps://evil.example &#x5b;a&#x5d;(http://e.x)", "… a"),
        ("<img src='https://evil.example never closed", "img src='… never closed"),
        ("# Head\n\n\n\n```mermaid\nx\n```\n> q\n- item **bold**", "Head\n\nx\n\nq\n- item bold"),
        ("| a | b |\n| --- | --- |", "| a | b |\n| – | – |"),
        ("a < b, 5<6 and 7 > 3", "a < b, 5<6 and 7 > 3"),
        ("f**k the 5 * 3 $1.5 million", "f**k the 5 * 3 $1.5 million"),
        ("a word --- and another", "a word – and another"),
        ("hid\u200bden\u202e", "hidden"),
        ("javascript:alert(1) data:text/html,x The data: 5", "…) … The data: 5"),
        # addresses in other signs for the same letters; what is no address keeps its signs
        ("See ｈｔｔｐｓ：／／ｅｖｉｌ．ｅｘａｍｐｌｅ／ｘ now", "See … now"),
        ("See https:⁄⁄evil.example⁄x, https：∕∕evil.example and ｗｗｗ．evil．example.", "See …, … and …."),
        (
            "Go to evil。example／p, еvil.ехаmрlе⁄p or приклад.com/шлях, and to ａ＠b.example.",
            "Go to …, … or …, and to ….",
        ),
        ("“Visit(ｅｖｉｌ．ｅｘａｍｐｌｅ／ｐ)» № 5, ½ of 1⁄2…", "“Visit(…)» № 5, ½ of 1⁄2…"),
        ("За 5 км∕год, і/або ім.Шевченка／Франка: та／або", "За 5 км∕год, і/або ім.Шевченка／Франка: та／або"),
    ],
)
def test_only_words_pass(raw: str, expected: str) -> None:
    assert plain(raw) == expected


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (
            "## Toll\n\n**45** died [1], `a  b` too.\n\n1. one\n2. two\n\n| a | b |\n| :-- | --: |\n| 1 | __2__ |",
            "## Toll\n\n**45** died [1], `a  b` too.\n\n1. one\n2. two\n\n| a | b |\n| :-- | --: |\n| 1 | __2__ |",
        ),
        ("|a|b|\n|---|:-:|\n|1|2|", "|a|b|\n|---|:-:|\n|1|2|"),
        ("```mermaid\ngraph TD\n# b\n```\nafter", "```\ngraph TD\n# b\n```\nafter"),
        ("``` mermaid x\ngraph\n```", "```\nmermaid x\ngraph\n```"),
        ("- ```mermaid\n> ```math\n`~~`~~`mermaid;", "- `mermaid\n```\n```"),
        ("a\n\n```sh\nnever closed [1]", "a\n\n```\nnever closed [1]\n```"),
        ("a --- b\n---\n> quoted\n=== ~~gone~~ $$x$$", "a – b\n\nquoted\ngone x"),
        ("**[click](https://e.x/)** ![`a`](//e.x) `<b onclick=x>y</b>`", "**click** `a` `y`"),
        ("ht**tps://evil.example**/x www**.**evil.example evil.exam`ple/p?q` **bo**ld", "ht**… … … **bo**ld"),
        ("[a`](https://e.x)` [b]`: //e.x` <**b>x", "a` [b]`: …` <**b>x"),
    ],
)
def test_what_gives_a_text_its_shape_passes_where_it_may(raw: str, expected: str) -> None:
    for size in (1, 7, len(raw)):
        reading = Plain(shaped=True)
        fed = "".join(reading.feed(raw[at : at + size]) for at in range(0, len(raw), size)) + reading.finish()
        assert fed == expected
    assert leading(expected) == []


MARKUP = [
    "<b",
    ">",
    "<",
    "</a",
    "<!--",
    "-->",
    "[",
    "]",
    "](",
    ")",
    "(",
    "![",
    "]:",
    "https://",
    "www.",
    "e.x/",
    "&lt;",
    "`",
]
MARKUP += [
    "```",
    "#",
    "**",
    "__",
    "=== ",
    "|---|",
    "---",
    " ",
    "\n",
    "word",
    "[1]",
    ". ",
    "mailto:",
    "//",
    "$$",
    "@a.b",
]
TEXTS = st.lists(st.one_of(st.sampled_from(MARKUP), st.text(max_size=3)), max_size=30).map("".join)


@settings(deadline=None)
@given(raw=TEXTS, cuts=st.lists(st.integers(0, 200), max_size=8))
def test_however_the_stream_is_cut_the_text_is_the_same(raw: str, cuts: list[int]) -> None:
    edges = [0, *sorted(min(cut, len(raw)) for cut in cuts), len(raw)]
    for shaped, whole in ((False, plain(raw)), (True, shape_kept(raw))):
        reading = Plain(shaped=shaped)
        assert "".join(reading.feed(raw[a:b]) for a, b in pairwise(edges)) + reading.finish() == whole


def shape_kept(raw: str) -> str:
    reading = Plain(shaped=True)
    return reading.feed(raw) + reading.finish()


@settings(deadline=None)
@given(raw=TEXTS)
def test_no_mixture_of_shapes_leads_anywhere(raw: str) -> None:
    shown = shape_kept(raw)
    assert leading(shown) == [], shown
    assert leading(re.sub(r"[*_`]+", "", shown)) == [], shown
    assert not re.search(r"\w://|\]\(|<[a-zA-Z/!?]|^\s*\[[^\d\]]+\]:|\bwww\.\w", shown, re.MULTILINE), shown


@settings(deadline=None)
@given(raw=TEXTS)
def test_no_mixture_makes_a_link_or_a_tag(raw: str) -> None:
    assert not re.search(r"\w://|\]\(|<[a-zA-Z/!?]|`|^\s*\[[^\d\]]+\]:|\bwww\.\w", plain(raw), re.MULTILINE), plain(raw)


@settings(deadline=None)
@given(raw=st.lists(st.sampled_from(MARKUP), max_size=60).map("".join))
def test_words_are_not_held_back_for_long(raw: str) -> None:
    reading = Plain()
    shown = reading.feed(raw + " end." + " word" * 600)
    assert shown.count("word") > 100


def ours(text: str, size: int = 1000) -> str:
    reading = Unprompted(RULES, BOUNDARY)
    return "".join(reading.feed(text[at : at + size]) for at in range(0, len(text), size)) + reading.finish()


def test_the_instructions_do_not_pass_and_words_of_them_do() -> None:
    honest = "The passages do not hold the answer. Umerov met Lecornu in Paris [1]."
    assert ours(honest) == honest
    assert ours(prompt.NO_ANSWER) == prompt.NO_ANSWER
    assert not re.search(r"\w", ours(RULES))
    printed = ours(f"Sure! {RULES.upper()}\nUmerov met Lecornu [1].")
    assert printed.split() == ["Sure!", "Umerov", "met", "Lecornu", "[1]."]


def spaced(text: str) -> str:
    return " ".join(text.replace(" ", ""))


@pytest.mark.parametrize(
    "written",
    [
        spaced, lambda text: " - ".join(text), lambda text: re.sub(r"(\S\S)", r"\1 ", text),
        lambda text: base64.b64encode(text.encode()).decode(), lambda text: base64.encodebytes(text.encode()).decode(),
        lambda text: base64.urlsafe_b64encode(text.encode()).decode().rstrip("="),
        lambda text: re.sub(r"(.{21})", r"\1 ", base64.b64encode(text.encode()).decode()),
        lambda text: "".join(chr(ord(each) + 0xFEE0) if "!" <= each <= "~" else each for each in text),
        lambda text: text.translate(str.maketrans("aeopcyxi", "аеорсухі")),
    ],
)  # fmt: skip
def test_the_instructions_do_not_pass_in_other_letters_or_with_spaces_between(written: Callable[[str], str]) -> None:
    shown = ours(f"Sure! {written(RULES[:600])} Umerov met Lecornu [1].", 200)
    assert shown.startswith("Sure!")
    assert shown.endswith("Umerov met Lecornu [1].")
    assert len(re.findall(r"\w", shown)) < 80, shown


@pytest.mark.parametrize(
    "honest",
    [
        "A B C D E F G H I J K L M N O P Q R S T U V W X Y Z", "It is up to us if we go to it or do it as he did",
        "The commit is da39a3ee5e6b4b0d3255bfef95601890afd80709, its title counterrevolutionaries-internationalization",
        "Ціна: ½ млн, 5 км∕год, № 7; DNA is ACGTACGTACGTACGTACGTACGT", "aaaaaaaaaaaaaaaaaaaaaaaa",
    ],
)  # fmt: skip
def test_an_honest_text_of_short_or_long_words_passes_as_it_is(honest: str) -> None:
    assert ours(honest, 3) == honest


def test_the_lines_between_passages_do_not_pass_and_the_passages_do() -> None:
    source = prompt.Source("A title", "UNN", "2024-09-02", "Air defence is a priority.")
    asked = prompt.build("Why?", [source, source], boundary=BOUNDARY)[-1].content
    passage = asked.split("\n", 1)[1].partition("\n===")[0]
    assert ours(asked).replace("===", "").split() == [*passage.split(), *passage.split(), "Question:", "Why?"]
    assert "0123456789abcdef" not in ours("x 0123456789ABCDEF=0123456789abcdef y")


@settings(deadline=None)
@given(size=st.integers(1, 40), at=st.integers(0, 900), length=st.integers(0, 400))
def test_instructions_that_come_in_pieces_are_the_same(size: int, at: int, length: int) -> None:
    text = f"Before that, no. {RULES[at : at + length]} After that [1].\n{BOUNDARY} passage 1\nTitle: x\nText:\ny z"
    assert ours(text, size) == ours(text)


@pytest.mark.parametrize("raw", ["&lt;`<b", "<**b>x", "]`(x", "[---]:", "[<<]()![($)[1]~", "ht`tp://evil.example/x"])
def test_what_goes_leaves_no_link_or_tag_of_what_it_kept_apart(raw: str) -> None:
    assert not re.search(r"\w://|\]\(|<[a-zA-Z/!?]|`|^\s*\[[^\d\]]+\]:", plain(raw)), plain(raw)
