"""Every command that reads archives, on archives that are hard on it: it succeeds or says
in one line what is missing; what it prints is UTF-8 without a character that a terminal or
a reader's eye obeys, a figure well-formed; no text of an archive is run.

usage: readers_test.py tables|figures"""
import re
import subprocess
import sys
import xml.etree.ElementTree

import archives

TABLES = (
    ("summarize",), ("summarize", "--format", "csv"), ("summarize", "--format", "json"),
    ("status",),
    ("report", "--text"),
    ("export", "--variables", "message,network_accuracy,perplexity"),
    ("export", "--variables", "message", "--format", "json"),
    ("rank", "--permutations", "50"),
)
FIGURES = (
    ("plot",),
    *(("plot", figure, "--sample", "--format", "svg") for figure in (
        "error", "perplexity", "systems", "dynamics", "corruption", "layers", "sample-sets",
        "heatmap", "gap")),
)
LABELLED = tuple(("plot", "systems", "--snapshots", f"init,{archives.LABEL}", "--format", form)
                 for form in ("svg", "tex"))
# Other archives are the figures' own tests' (tests/cli/plot.sh).
DRAWN = ("one-cell", "one-class", "missing", "failed-only", "undecodable", "hostile-texts")
NOTHING = 66  # there is nothing of the kind
OBEYED = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


def check(folder, words):
    """Whether there was something to tell."""
    command = [archives.STRATA, words[0], folder, *words[1:]]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=60,
                          check=False)
    told = f"{' '.join(command)}: exit code {done.returncode}\n{done.stderr[:2000]!r}"
    if done.returncode not in (0, NOTHING):
        sys.exit(told)
    if done.returncode and (done.stdout or
                            len(re.findall(b"^strata: .", done.stderr, re.M)) != 1):
        sys.exit(f"not one line that says what is missing: {told}")
    for stream in done.stdout, done.stderr:
        try:
            text = stream.decode()
        except UnicodeDecodeError as error:
            sys.exit(f"{error}: {told}")
        found = OBEYED.search(text)
        if found:
            sys.exit(f"prints {text[max(0, found.start() - 40):found.end()]!a}: {told}")
    if "svg" in words and done.returncode == 0:
        check_figure(done.stdout, told)
    if "tex" in words and re.search(rb"^[^%].*\\\{\$", done.stdout, re.M):
        sys.exit(f"TeX would obey a text: {told}")
    return done.returncode == 0


def check_figure(svg, told):
    """Elements that draw, and none that loads or runs."""
    names = [element.tag.split("}")[-1] for element in
             xml.etree.ElementTree.fromstring(svg).iter()]
    if "path" not in names or {"script", "image", "foreignObject"} & set(names):
        sys.exit(f"drawn are {sorted(set(names))}: {told}")


def main():
    commands = {"tables": TABLES, "figures": FIGURES}[sys.argv[1]]
    archives.start()
    n_archives = n = 0
    for folder, make in archives.MAKERS.items():
        if commands is FIGURES and not folder.startswith(DRAWN + ("hostile",)):
            continue
        make(folder)
        before = archives.contents(".")
        n_archives += 1
        n += sum(check(folder, words) for words in commands)
        if commands is FIGURES and folder == "hostile-texts" and \
                not all(check(folder, words) for words in LABELLED):
            sys.exit(f"{folder}: no figure of the snapshot {archives.LABEL}")
        after = archives.contents(".")
        if after != before:
            sys.exit(f"{folder}: other files than before: {set(after) - set(before)}")
    print(f"{n_archives} archives, {n} of {n_archives * len(commands)} times something told")


main()
