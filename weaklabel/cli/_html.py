"""HTML as a tree: text is escaped when it is written out, so that no data can become markup."""

from __future__ import annotations

import base64
import re
from collections.abc import Sequence
from typing import Any
from xml.etree import ElementTree as ET

# characters that HTML has no way to hold: controls, halves of surrogate pairs, non-characters
UNWRITABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")

# The policy makes sure of it: nothing is fetched, and no script runs.
POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"

STYLE = """
:root { color-scheme: light; }
body { font: 16px/1.5 system-ui, sans-serif; color: #1c2733; background: #fff;
  max-width: 62rem; margin: 0 auto; padding: 2rem 1.5rem 4rem; }
h1 { font-size: 1.7rem; line-height: 1.25; margin: 0 0 .5rem; }
h2 { font-size: 1.2rem; margin: 2.5rem 0 .5rem; padding-top: .8rem; border-top: 1px solid #d9dfe5; }
h3 { font-size: 1rem; margin: 1.5rem 0 .3rem; }
p { margin: .4rem 0; max-width: 46rem; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; margin: .8rem 0; font-size: .88rem; }
th, td { padding: .28rem .7rem; text-align: left; vertical-align: top;
  border-bottom: 1px solid #e8ecf0; overflow-wrap: anywhere; }
th { font-weight: 600; border-bottom: 2px solid #9aa7b3; white-space: nowrap;
  overflow-wrap: normal; }
.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
.total tr:last-child td { border-top: 2px solid #9aa7b3; font-weight: 600; }
.items { width: 100%; }
.items td:first-child, .items td:nth-last-child(2) { white-space: nowrap; }
.items td:first-child { color: #5b6875; }
.items td:nth-last-child(3) { min-width: 13rem; }
.pair { display: flex; flex-wrap: wrap; gap: 0 1.5rem; }
.pair figure { flex: 1 1 22rem; max-width: 29rem; }
figure { margin: 1.2rem 0; }
figcaption { color: #5b6875; font-size: .88rem; max-width: 46rem; }
img { max-width: 100%; height: auto; }
footer { margin-top: 3rem; color: #5b6875; font-size: .85rem; }
"""

Node = Any  # ElementTree's Element; its type parameters differ between Python versions


def element(tag: str, *children: Node | str, **attributes: str) -> Node:
    """Make an element.

    Parameters
    ----------
    tag : str
    *children : elements and text
    **attributes : str
        ``class_`` is the class.

    Examples
    --------
    >>> text(element("p", "1 < 2, ", element("b", "yes"), class_="x"))
    '<p class="x">1 &lt; 2, <b>yes</b></p>'
    """
    node = ET.Element(tag, {name.rstrip("_"): clean(value) for name, value in attributes.items()})
    last = None
    for child in children:
        if not isinstance(child, str):
            node.append(child)
            last = child
        elif last is None:
            node.text = (node.text or "") + clean(child)
        else:
            last.tail = (last.tail or "") + clean(child)
    return node


def clean(value: str) -> str:
    """Replace what HTML cannot hold."""
    return UNWRITABLE.sub("\N{REPLACEMENT CHARACTER}", value)


def text(node: Node) -> str:
    """Write an element out, everything escaped."""
    return ET.tostring(node, encoding="unicode", method="html")


def table(
    header: Sequence[str], rows: Sequence[Sequence[Any]], *, left: int = 1, class_: str = ""
) -> Node:
    """Make a table.

    Parameters
    ----------
    header : sequence of str
    rows : sequence of sequences of str
    left : int
        How many columns hold text; the others hold numbers.
    class_ : str
        Classes for the style: "total" (the last row is one), "items".
    """

    def line(tag: str, cells: Sequence[Any]) -> Node:
        return element(
            "tr",
            *(
                element(tag, cell, **({} if k < left else {"class_": "number"}))
                for k, cell in enumerate(cells)
            ),
        )

    head = element("thead", line("th", header))
    body = element("tbody", *(line("td", row) for row in rows))
    whole = element("table", head, body, **({"class_": class_} if class_ else {}))
    return element("div", whole, class_="scroll")


def figure(png: bytes, caption: str, width: int) -> Node:
    """Make a figure of an image that is written into the page.

    Parameters
    ----------
    png : bytes
    caption : str
    width : int
        In CSS pixels.
    """
    source = "data:image/png;base64," + base64.b64encode(png).decode("ascii")
    image = element("img", src=source, alt=caption, width=str(width))
    return element("figure", image, element("figcaption", caption))


def section(title: str, *children: Node) -> Node:
    """Make a section with a heading."""
    return element("section", element("h2", title), *children)


def page(title: str, *children: Node) -> str:
    """Write a whole page that needs no other file."""
    head = element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", **{"http-equiv": "Content-Security-Policy", "content": POLICY}),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("title", title),
        element("style", STYLE),
    )
    body = element("body", element("h1", title), *children)
    return "<!DOCTYPE html>\n" + text(element("html", head, body, lang="en")) + "\n"
