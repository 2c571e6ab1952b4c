"""Whether everybody can read and work the page that a browser shows, and whether it may do
harm. Rules after WCAG 2.2 (A, AA), each a word before what breaks it:

lang title document viewport policy      of the document; policy: it has a security policy
landmarks skip-link one-h1 headings      one main, a nav; no level left out
name figure image                        of what is worked; captions; alternative texts
caption table-headers table-rows         tables; th with scope and text; rows as long
ids reference                            each id once; what is pointed at exists
element attribute url characters         nothing that loads or runs, no style or on...
                                         attribute, no control or direction characters
overflow clipped scroll overlap          at any width; a box that scrolls can be focused; words
                                         of a drawing do not lie on each other
contrast                                 4.5, of large text 3, against what is below it
focus reach                              Tab comes to each control in order, one sees where
"""
import pathlib

SCRIPT = pathlib.Path(__file__).with_name("page.js").read_text(encoding="utf-8")
SHOWN = {"light": {}, "dark": {"scheme": "dark"}, "narrow": {"width": 400},
         "print": {"media": "print", "width": 720}}  # an A4 page between its margins
STOPS_MAX = 400


def faults(browser, views=tuple(SHOWN)):
    """What the eye meets and what may do harm: texts "rule: element", with the views that
    have them."""
    found = {}
    for view in views:
        browser.show(**SHOWN[view])
        for fault in browser.evaluate(f"{SCRIPT}.faults()"):
            found.setdefault(fault, []).append(view)
    browser.show()
    return [f"{fault} ({', '.join(sorted(set(where)))})" for fault, where in found.items()]


def keyboard_faults(browser):
    """What the Tab key meets from the top of the page to its end: the last two rules."""
    expected = browser.evaluate(f"{SCRIPT}.stops()")
    browser.evaluate("document.activeElement.blur(), scrollTo(0, 0)")
    found, met = [], []
    for _ in range(STOPS_MAX):
        browser.press("Tab")
        stop = browser.evaluate(f"{SCRIPT}.focus()")
        if stop is None or met[:1] == [stop["number"]]:
            break  # behind the last, or at the first again
        met.append(stop["number"])
        if not stop["visible"] or not stop["inside"]:
            found.append(f"focus: {stop['where']}")
    if met != sorted(met):
        found.append("reach: not in the order of the page")
    return found + [f"reach: {stop['where']}" for stop in expected[:STOPS_MAX]
                    if stop["number"] not in met]
