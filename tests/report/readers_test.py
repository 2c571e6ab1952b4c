"""Every command that reads archives, on archives that are hard on it: it succeeds or says
in one line what is missing; what it prints is UTF-8 without a character that a terminal or
a reader's eye obeys; no text of an archive is run."""
import re
import subprocess
import sys

import archives

COMMANDS = (
    ("summarize",), ("summarize", "--format", "csv"), ("summarize", "--format", "json"),
    ("status",),
    ("export", "--variables", "message,network_accuracy,perplexity"),
    ("export", "--variables", "message", "--format", "json"),
    ("rank", "--permutations", "50"),
)
NOTHING = {66, 65}  # there is nothing of the kind, or the archive is none
OBEYED = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


def check(folder, words):
    command = [archives.STRATA, words[0], folder, *words[1:]]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=60,
                          check=False)
    told = f"{' '.join(command)}: exit code {done.returncode}\n{done.stderr[:2000]!r}"
    if done.returncode not in NOTHING | {0}:
        sys.exit(told)
    if done.returncode in NOTHING and len(re.findall(b"^strata: ", done.stderr, re.M)) != 1:
        sys.exit(f"not one line that says what is missing: {told}")
    for stream in done.stdout, done.stderr:
        try:
            text = stream.decode()
        except UnicodeDecodeError as error:
            sys.exit(f"{error}: {told}")
        found = OBEYED.search(text)
        if found:
            sys.exit(f"prints {text[max(0, found.start() - 40):found.end()]!a}: {told}")
    return done.returncode == 0


def main():
    archives.start()
    n = 0
    for folder, make in archives.MAKERS.items():
        make(folder)
        before = archives.contents(".")
        n += sum(check(folder, words) for words in COMMANDS)
        after = archives.contents(".")
        if after != before:
            sys.exit(f"{folder}: other files than before: {set(after) - set(before)}")
    print(f"{len(archives.MAKERS)} archives, {n} times something to tell of")


main()
