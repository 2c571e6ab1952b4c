"""`strata report` in a real browser: it opens from its file and asks for nothing else, runs
without a complaint, breaks no rule of page.py, is sorted and copied by mouse and keyboard,
prints whole, and is as readable without scripts.

usage: report_test.py [NAME...]    of these archives; ten-thousand when it is named

Pictures of what was seen stay in the working directory: NAME-light.png and others,
NAME.pdf."""
import csv
import io
import os
import pathlib
import resource
import sys

import archives
import page
from browser import Browser

SIZE_MAX = 2_000_000
LARGE, SECONDS_MAX = "ten-thousand", 10
WORKED = ("plain", "hostile-texts")  # by hand; the others have the same buttons
PICTURED = {"plain": ("light", "dark", "narrow"), "failed": ("light",),
            "hostile-texts": ("narrow",), "thousand": ("dark",)}
# What a reader must not miss, or must not be told.
SAYS = {
    "plain": ("Complete: all 18 cells", "3 with results in each of 6 combinations"),
    "one-seed": ("1 with results in each of 6 combinations",
                 "No bands: an interval needs three seeds"),
    "missing": ("Not complete: 14 of the 18 cells", "4 complete, 14 missing",
                "0 to 1 with results in each of 6 combinations"),
    "failed": ("Every cell was tried, but 6 of 12 have no result", "6 diverged",
               "0 to 3 with results in each of 4 combinations"),
    "failed-only": ("6 of 6 have no result", "0 with results in each of 2 combinations"),
    "hostile-texts": ("<script>alert(1)</script>", "&amp;", "=cmd()", "\ufffdgnp.exe"),
}
SOME_VIEWS = ("dark", "narrow")  # of the other archives' pages, which have the same style
TABLE = "document.querySelectorAll('table.data')[{}]"
SUMMARY = "[...document.querySelectorAll('table.data')].findIndex(t => !t.closest('details'))"
# Of a table: headings, then rows; a cell in full, where it shows a rounded number.
ROWS = """(table => [...table.rows].map(row => [...row.cells].map(
    cell => cell.dataset.v ?? cell.textContent)))({})"""
SORTS = "[...{}.querySelectorAll('thead th')].map(th => th.getAttribute('aria-sort'))"


def fail(folder, what, found):
    sys.exit(f"{folder}: {what}: {found}")


def worked():
    """Seconds of the program and of what it starts: other work on the machine is not its."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def make(folder):
    start = worked()
    archives.strata("report", folder, seconds=60).expect(0)
    path = pathlib.Path(folder, "report.html")
    size, seconds = path.stat().st_size, worked() - start
    print(f"{folder}: {size} bytes, {seconds:.2f} s")
    if size > SIZE_MAX or seconds > SECONDS_MAX:
        fail(folder, "too much", f"{size} bytes, {seconds} s")
    return path


def check_page(browser, folder, path):
    browser.open(path)
    if browser.requests != [path.resolve().as_uri()]:
        fail(folder, "it asks for", browser.requests)
    found = page.faults(browser, tuple(page.SHOWN) if folder in PICTURED else SOME_VIEWS)
    if folder in WORKED:
        found += page.keyboard_faults(browser)
    if found:
        fail(folder, f"{len(found)} faults", "\n".join(found[:40]))


def in_order(values):
    """Ascending as numbers, or as text where they are none; what is missing is last."""
    there = [value for value in values if value]
    if there != values[:len(there)]:
        return False
    try:
        there = [float(value) for value in there]
    except ValueError:
        pass
    return there == sorted(there)


def check_sort(browser, folder, number, sort):
    """Each column, up and down; `sort` works the button of a heading."""
    table = TABLE.format(number)
    headings, *rows = browser.evaluate(ROWS.format(table))
    for column, heading in enumerate(headings):
        button = f"{table}.tHead.rows[0].cells[{column}].querySelector('button')"
        for direction in "ascending", "descending":
            sort(browser, button)
            sorts = browser.evaluate(SORTS.format(table))
            if sorts != [direction if i == column else None for i in range(len(headings))]:
                fail(folder, f"{heading} {direction}: aria-sort", sorts)
            now = browser.evaluate(ROWS.format(table))[1:]
            if sorted(now) != sorted(rows):
                fail(folder, f"{heading} {direction}: other rows", now)
            values = [row[column] for row in now]
            n = len([value for value in values if value])
            if not in_order(values if direction == "ascending" else
                            values[:n][::-1] + values[n:]):
                fail(folder, f"not {direction}", f"{heading}: {values}")


def by_mouse(browser, button):
    browser.click(button)


def by_enter(browser, button):
    browser.evaluate(f"{button}.focus()")
    browser.press("Enter")


def by_space(browser, button):
    browser.evaluate(f"{button}.focus()")
    browser.press("Space")


def harmless(text):
    """As a spreadsheet may have it: no formula."""
    try:
        float(text)
        return text
    except ValueError:
        return "'" + text if text[:1] in ("=", "+", "-", "@", "\t", "\r") and text else text


def check_copy(browser, folder):
    """The clipboard holds each table as it stands, in full, after a click on its button."""
    n = browser.evaluate("document.querySelectorAll('table.data').length")
    for number in range(n):
        table = TABLE.format(number)
        browser.evaluate(f"{table}.closest('details')?.setAttribute('open', '')")
        browser.evaluate("navigator.clipboard.writeText('nothing')")
        browser.click(f"{table}.parentElement.previousElementSibling")
        browser.settle()
        expected = [[harmless(text) for text in row]
                    for row in browser.evaluate(ROWS.format(table))]
        copied = list(csv.reader(io.StringIO(browser.clipboard(), newline="")))
        if copied != expected:
            fail(folder, f"copied of table {number}", f"{copied[:3]}, not {expected[:3]}")
    if n == 0:
        fail(folder, "tables", n)


VISIBLE = """(() => {
    const shown = e => e.checkVisibility() && e.getBoundingClientRect().height > 0;
    const n = selector => [...document.querySelectorAll(selector)].filter(shown).length;
    return [n("tr"), n("button.copy, nav")];
})()"""


def check_print(browser, folder, path):
    """On paper are all rows, and nothing that only a screen can use."""
    browser.evaluate(f"addEventListener('beforeprint', () => {{ window.seen = {VISIBLE}; }})")
    browser.pdf(path)
    n_rows = browser.evaluate("document.querySelectorAll('tr').length")
    browser.show(media="print")
    n_buttons = browser.evaluate(VISIBLE)[1]
    browser.show()
    if browser.evaluate("window.seen[0]") != n_rows or n_buttons != 0:
        fail(folder, f"on paper, of {n_rows} rows", browser.evaluate("window.seen[0]"))


def check_without_scripts(browser, folder, path):
    """The same text, and no button that would do nothing."""
    text = "document.querySelector('main').innerText.replace(/\\s+/g, ' ')"
    browser.open(path)
    browser.evaluate("document.querySelectorAll('main button.copy').forEach(b => b.remove())")
    expected = browser.evaluate(text)
    browser.open(path, scripts=False)
    if browser.evaluate("document.querySelectorAll('button').length") != 0:
        fail(folder, "without scripts", "buttons")
    if browser.evaluate(text) != expected:
        fail(folder, "without scripts", "another text")


def check_words(browser, folder):
    text = " ".join(browser.evaluate("document.querySelector('main').textContent").split())
    for words in SAYS.get(folder, ()):
        if words not in text:
            fail(folder, "does not say", words)


def take_pictures(browser, folder, path):
    browser.open(path)
    for view in PICTURED[folder]:
        browser.show(**page.SHOWN[view])
        browser.picture(f"{folder}-{view}.png")
    browser.show()


def check(browser, folder, path):
    check_page(browser, folder, path)
    browser.open(path)
    if folder == "plain":
        for sort in by_mouse, by_enter, by_space:
            check_sort(browser, folder, browser.evaluate(SUMMARY), sort)
    if folder in WORKED:
        check_copy(browser, folder)
        check_print(browser, folder, f"{folder}.pdf")
        check_without_scripts(browser, folder, path)
    check_words(browser, folder)
    if browser.complaints:
        fail(folder, "it complains", "\n".join(browser.complaints))
    if folder in PICTURED:
        take_pictures(browser, folder, path)


def main():
    archives.start()
    makers = {**archives.MAKERS, LARGE: archives.ten_thousand}
    wanted = sys.argv[1:] or archives.MAKERS
    with Browser(seconds=800) as browser:
        browser.allow_clipboard()
        for folder in wanted:
            makers[folder](folder)
            check(browser, folder, make(folder))
    if os.path.exists("ran"):
        sys.exit("a text of an archive was run")


main()
