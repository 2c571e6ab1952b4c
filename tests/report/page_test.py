"""The checks of page.py find what they are for: a page without faults has none, and each of
its broken variants has one, of the rule that it breaks."""
import os
import pathlib
import sys
import time

import page
from browser import Browser

POLICY = '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; ' \
    "style-src 'unsafe-inline'; img-src data:\">"
STYLE = """
:root { color-scheme: light dark; --faint: #666; }
@media (prefers-color-scheme: dark) { :root { --faint: #aaa; } }
a { color: LinkText; }
.faint { color: var(--faint); }
.box { overflow-x: auto; max-width: 100%; }
.wide { width: 900px; }
.tile { fill: #000; }
.label { fill: #fff; }
"""
GOOD = f"""<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>Good</title>
<meta name="viewport" content="width=device-width">
{POLICY}<style>{STYLE}</style></head>
<body><a href="#main">Skip</a>
<nav><ul><li><a href="#one">One</a></li></ul></nav>
<main id="main"><h1>Good</h1><h2 id="one">First</h2><p class="faint">Text</p>
<h3>Deeper</h3><p>More</p><h2>Second</h2>
<figure><svg role="img" aria-labelledby="alt" viewBox="0 0 100 30" width="100" height="30">
<title id="alt">A tile</title><rect class="tile" width="100" height="30"></rect>
<text class="label" x="10" y="20">0.5</text></svg><figcaption>One tile</figcaption></figure>
<img src="data:image/gif;base64,R0lGODlhAQABAAAAACwAAAAAAQABAAA=" alt="nothing">
<div class="box" tabindex="0" role="region" aria-label="Numbers"><table class="wide">
<caption>Numbers</caption>
<thead><tr><th scope="col" aria-sort="none"><button>depth</button></th><td></td></tr></thead>
<tbody><tr><td>1</td><td>2</td></tr><tr><td>3</td><td>4</td></tr></tbody></table></div>
<details><summary>Data</summary><p>Hidden until opened</p></details>
</main></body></html>
"""
# rule: what of the good page is replaced, and by what
BROKEN = (
    ("lang", ' lang="en"', ""),
    ("title", "<title>Good</title>", "<title> </title>"),
    ("document", "<!DOCTYPE html>", ""),
    ("viewport", "width=device-width", "width=1200"),
    ("policy", POLICY, ""),
    ("landmarks", "<nav>", '<div role="none">'),
    ("landmarks", "</nav>", '</nav><nav aria-label="b"><a href="#one">Two</a></nav>'),
    ("skip-link", '<a href="#main">Skip</a>', '<a href="#nav">Top</a><i id="nav">x</i>'),
    ("one-h1", "<h1>Good</h1>", "<h1>Good</h1><h1>Twice</h1>"),
    ("headings", "<h2>Second</h2>", "<h4>Second</h4><h5>x</h5><h2>y</h2><h4>Left out</h4>"),
    ("headings", "<h3>Deeper</h3>", "<h3> </h3>"),
    ("name", "<button>depth</button>", "depth<button></button>"),
    ("name", ">One</a>", '><svg aria-hidden="true" width="9" height="9"></svg></a>'),
    ("name", ">Data</summary>", "></summary>"),
    ("name", "<p>More</p>", "<p><input></p>"),
    ("figure", "<figcaption>One tile</figcaption>", ""),
    ("image", ' aria-labelledby="alt"', ' aria-label=" "', '<title id="alt">A tile</title>', ""),
    ("image", ' role="img"', ""),
    ("image", ' alt="nothing"', ""),
    ("caption", "<caption>Numbers</caption>", ""),
    ("table-headers", ' scope="col"', ""),
    ("table-headers", "<td></td></tr></thead>", '<th scope="col"></th></tr></thead>'),
    ("table-headers", 'aria-sort="none"', 'aria-sort="up"'),
    ("table-rows", "<td>4</td>", ""),
    ("ids", '<p class="faint">', '<p class="faint" id="one">'),
    ("reference", "<details>", '<details aria-describedby="alt gone">'),
    ("reference", 'href="#one"', 'href="#gone"'),
    ("element", "<p>More</p>", '<link rel="icon" href="#one">'),
    ("element", "<p>More</p>", "<form></form>"),
    ("attribute", "<p>More", '<p style="x">More'),
    ("attribute", "<p>More", '<p onmouseover="x">More'),
    ("url", 'href="#one"', 'href="https://example.org/"'),
    ("url", 'href="#one"', 'href="javascript:x"'),
    ("url", ".wide {", '.wide { list-style-image: url("x.png");'),
    ("characters", "More", "Mo\u202ere"),
    ("characters", 'alt="nothing"', 'alt="no\x01thing"'),
    ("overflow", "<p>More</p>", '<p class="wide">More</p>'),
    ("clipped", "overflow-x: auto", "overflow-x: hidden"),
    ("scroll", ' tabindex="0"', ' tabindex="-1"'),
    ("overlap", "</text></svg>", '</text><text class="label" x="20" y="24">0.6</text></svg>'),
    ("contrast", "--faint: #666", "--faint: #999"),
    ("contrast", "--faint: #aaa", "--faint: #555"),
    ("contrast", ".label { fill: #fff; }", ".label { fill: #444; }"),
    ("contrast", ".label { fill: #fff; }", ".label { fill: #fff; fill-opacity: 0.3; }"),
    ("contrast", ".tile { fill: #000; }", ".tile { fill: #bbb; }"),
    ("contrast", ".faint {", ".faint { opacity: 0.5;"),
    ("contrast", ".faint {", ".faint { background: linear-gradient(#000, #000);"),
    ("focus", ".wide {", "button:focus { outline: none; } .wide {"),
    ("reach", "<button>", '<button tabindex="3">'),
    ("reach", "<button>", '<button tabindex="-1">'),
)
# what a browser says of a page: a piece of the page, and the complaint's beginning
COMPLAINTS = (
    ("<script>alert(1)</script>", "security: Executing inline script"),
    ('<p onclick="x">', "security: Executing inline event handler"),
    ('<img alt="x" src="https://example.org/x.png">', "security: Loading the image"),
)
UNPROTECTED = (
    ("<script>alert(1)</script>", "alert: 1"),
    ("<script>throw Error('no')</script>", "exception: Error: no"),
    ("<script>console.info('hello')</script>", "console.info: hello"),
    ('<img alt="x" src="gone.png">', "network: Failed to load resource"),
)


def show(browser, text):
    pathlib.Path("page.html").write_text(text, encoding="utf-8")
    browser.open("page.html")


def check_rules(browser):
    show(browser, GOOD)
    found = browser.complaints + page.faults(browser) + page.keyboard_faults(browser)
    if found:
        sys.exit("the page without faults: " + "\n".join(found))
    missed = []
    for rule, *changes in BROKEN:
        text = GOOD
        for old, new in zip(changes[::2], changes[1::2]):
            if old not in text:
                sys.exit(f"{rule}: the page has no {old}")
            text = text.replace(old, new)
        show(browser, text)
        by_keyboard = rule in ("focus", "reach")
        found = page.keyboard_faults(browser) if by_keyboard else page.faults(browser)
        rules = {fault.split(":")[0] for fault in found}
        if rules != {rule}:
            missed.append(f"{changes}: expected {rule}, found {found}")
    if missed:
        sys.exit("\n".join(missed))


def check_complaints(browser):
    for expected, good in ((COMPLAINTS, GOOD), (UNPROTECTED, GOOD.replace(POLICY, ""))):
        for piece, begins in expected:
            show(browser, good.replace("</main>", piece + "</main>"))
            if not any(text.startswith(begins) for text in browser.complaints):
                sys.exit(f"{piece}: expected '{begins}', found {browser.complaints}")
    if not any(url.endswith("/gone.png") for url in browser.requests):
        sys.exit(f"the request is not among {browser.requests}")


def command_lines():
    for path in pathlib.Path("/proc").glob("[0-9]*/cmdline"):
        try:
            yield path.read_text(errors="replace")
        except OSError:
            pass  # it has ended


def check_end():
    """A page that never answers costs its time, and nothing stays behind."""
    browser = Browser(seconds=5)
    try:
        with browser:
            browser.evaluate("new Promise(() => {})")
    except TimeoutError:
        pass
    else:
        sys.exit("the time had no limit")
    if os.path.exists(browser.home):
        sys.exit("the browser's home is still there")
    for _ in range(100):
        if not any(browser.home in words for words in command_lines()):
            return
        time.sleep(0.05)
    sys.exit("the browser still runs")


def main():
    check_end()
    with Browser() as browser:
        check_rules(browser)
        check_complaints(browser)
    print(f"{len(BROKEN)} broken pages, each found out")


main()
