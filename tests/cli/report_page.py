"""Checks what every report must be, reading it as a browser's parser would, and prints what
it says: a line for each heading, fact, item, row of a table.

    report_page.py FILE
"""
import base64
import hashlib
import html.parser
import re
import sys

VOID = {"meta", "link", "br", "hr", "img", "input"}
CSP = re.compile(r"default-src 'none'; style-src 'sha256-([^']+)'; script-src 'sha256-([^']+)'; "
                 r"img-src data:; base-uri 'none'; form-action 'none'")


class Page(html.parser.HTMLParser):
    def __init__(self):
        super().__init__()
        self.open, self.ids, self.references, self.headings = [], [], [], []
        self.text = {"style": "", "script": ""}
        self.said, self.cells, self.table, self.collected = [], None, None, ""
        self.tables, self.metas, self.svgs = [], [], 0

    def inside(self, tag):
        return any(name == tag for name, _ in self.open)

    def handle_starttag(self, tag, attributes):
        values = dict(attributes)
        assert len(values) == len(attributes), (tag, "an attribute twice")
        assert not self.inside("script") and not self.inside("style")
        assert tag not in {"iframe", "object", "embed", "base", "form", "link", "foreignobject"}, tag
        for name, value in attributes:
            assert name != "style" and not name.startswith("on"), (tag, name)
            if name in {"src", "href", "xlink:href", "action", "srcset", "data"}:
                assert value.startswith("#"), (tag, name, value)
                self.references.append(value[1:])
            if name in {"aria-labelledby", "aria-describedby"}:
                self.references += value.split()
            if name == "id":
                assert re.fullmatch(r"[A-Za-z][\w.-]*", value), value
                self.ids.append(value)
        if tag == "html":
            assert values["lang"] == "en"
        if tag == "meta":
            self.metas.append(values)
        if tag == "svg" and not self.inside("svg"):
            assert values["role"] == "img" and values["aria-label"].strip(), values
            self.svgs += 1
        if tag == "table":
            self.table = {"kind": values["class"], "caption": None, "head": [], "rows": []}
        if tag == "th":
            assert values["scope"] == ("col" if self.inside("thead") else "row")
        if tag == "tr":
            self.cells = []
        self.full = values.get("data-v")
        self.collected = ""
        if tag not in VOID:
            self.open.append((tag, self.getpos()))

    def handle_startendtag(self, tag, attributes):
        assert self.inside("svg"), tag # HTML has none
        self.handle_starttag(tag, attributes)
        self.handle_endtag(tag)

    def handle_endtag(self, tag):
        opened, where = self.open.pop()
        assert opened == tag, f"{opened} of line {where[0]} is closed by {tag}"
        text = self.collected
        if self.inside("svg"):
            return
        if re.fullmatch("h[1-6]", tag):
            self.headings.append(int(tag[1]))
            self.said.append(f"{'#' * int(tag[1])} {text}")
        elif tag in {"dt", "dd", "li", "p", "pre", "figcaption", "summary", "title"}:
            self.said.append(f"{tag}: {text}")
        elif tag == "caption":
            self.table["caption"] = text
        elif tag in {"th", "td"}:
            self.cells.append(text if self.full is None or not self.inside("tbody") else self.full)
        elif tag == "tr":
            (self.table["head"] if self.inside("thead") else self.table["rows"]).append(self.cells)
        elif tag == "table":
            assert self.table["caption"] and len(self.table["head"]) == 1, self.table
            head = self.table["head"][0]
            assert all(head) and len(set(head)) == len(head), head
            assert all(len(row) == len(head) for row in self.table["rows"])
            self.tables.append(self.table)

    def handle_data(self, data):
        for tag in self.text:
            if self.inside(tag):
                self.text[tag] += data
                return
        self.collected += data

    def handle_entityref(self, name):
        raise AssertionError(name)


def read(path):
    with open(path, "rb") as file:
        source = file.read().decode("utf-8") # strictly
    for c in map(ord, source):
        assert c in (9, 10) or c >= 32 and not 0x7f <= c < 0xa0, hex(c)
        assert not (0x202a <= c <= 0x202e or 0x2066 <= c <= 0x2069), hex(c)
    page = Page()
    page.feed(source)
    page.close()
    assert not page.open, page.open
    return source, page


def check(source, page):
    assert source.startswith("<!DOCTYPE html>\n")
    assert page.headings[0] == 1 and page.headings.count(1) == 1
    for above, below in zip(page.headings, page.headings[1:]):
        assert below <= above + 1, "a level of headings is left out"
    assert len(set(page.ids)) == len(page.ids), "an id is there twice"
    assert set(page.references) <= set(page.ids), set(page.references) - set(page.ids)
    policies = [m["content"] for m in page.metas
                if m.get("http-equiv") == "Content-Security-Policy"]
    assert len(policies) == 1
    hashes = CSP.fullmatch(policies[0]).groups()
    for tag, expected in zip(("style", "script"), hashes):
        assert source.count(f"<{tag}>") == 1 == source.count(f"</{tag}>")
        found = base64.b64encode(hashlib.sha256(page.text[tag].encode()).digest()).decode()
        assert found == expected, (tag, found, expected)
    assert "http" not in page.text["script"] and "url(" not in page.text["style"]
    assert source.index("Content-Security-Policy") < source.index("<style>")
    assert {"name": "generator", "content": "strata report"} in page.metas


if __name__ == "__main__":
    source, page = read(sys.argv[1])
    check(source, page)
    print(f"bytes: {len(source.encode())}")
    print(f"figures: {page.svgs}")
    print("\n".join(page.said))
    for table in page.tables:
        print(f"table {table['kind']}: {table['caption']}")
        for row in table["head"] + table["rows"]:
            print("row: " + "\t".join(row))
