"""A headless Chromium for tests: it opens a file, works it by mouse and keyboard, and tells
what the page did.

It speaks the DevTools protocol by a pair of pipes: JSON messages, a zero byte behind each.
The browser has a home of its own, no network, and a time limit; it ends with its `with`
block, and by itself when the pipes close, so none stays behind a test that was killed.
"""
import base64
import fcntl
import json
import os
import pathlib
import select
import shutil
import signal
import sys
import tempfile
import time

SKIPPED = 77  # the exit code by which CTest knows a test that could not run
OPTIONS = ("--headless=new", "--remote-debugging-pipe", "--disable-gpu", "--hide-scrollbars",
           "--disable-dev-shm-usage", "--disable-background-networking",
           "--disable-component-update", "--disable-sync", "--disable-breakpad",
           "--disable-extensions", "--no-first-run", "--mute-audio",
           "--force-color-profile=srgb", "--host-resolver-rules=MAP * ~NOTFOUND")
WIDTH, HEIGHT = 1200, 900
HEIGHT_MAX = 16000  # of a picture: what a texture of Chromium's can hold
KEYS = {"Tab": (9, ""), "Enter": (13, "\r"), "Space": (32, " "), "Escape": (27, "")}


def program():
    """Where Chromium is; without one the test is skipped."""
    found = os.environ.get("STRATA_CHROMIUM", "")
    if not os.access(found, os.X_OK):
        print("skipped: needs chromium (Debian package chromium)")
        sys.exit(SKIPPED)
    return found


def pipe():
    """Its ends, as numbers far from 3 and 4, which the browser knows its own ends by."""
    low = os.pipe()
    high = [fcntl.fcntl(end, fcntl.F_DUPFD_CLOEXEC, 10) for end in low]
    for end in low:
        os.close(end)
    return high


def what_happened(details):
    """In JavaScript."""
    return details.get("exception", {}).get("description", details["text"])


class Browser:
    """One tab. `complaints` are texts: what came to the console, exceptions, violations of
    the page's security policy, dialogs; `requests` the URLs that were asked for. Both are
    of the page that was opened last."""

    def __init__(self, seconds=100):
        self.deadline = time.monotonic() + seconds
        self.complaints, self.requests = [], []
        self.session, self.last_id, self.received = None, 0, b""
        self.loaded = False
        self.home = tempfile.mkdtemp(prefix="chromium-")
        self.process = self.reader = self.writer = None

    def __enter__(self):
        try:
            self._start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        if self.process is not None:
            try:
                os.killpg(self.process, signal.SIGKILL)
            except ProcessLookupError:
                pass
            os.waitpid(self.process, 0)
            os.close(self.reader)
            os.close(self.writer)
        # Its helpers may write for a moment longer.
        for _ in range(20):
            shutil.rmtree(self.home, ignore_errors=True)
            if not os.path.exists(self.home):
                break
            time.sleep(0.05)

    def _start(self):
        path = program()
        words = [path, *OPTIONS, f"--user-data-dir={self.home}/profile",
                 *(["--no-sandbox"] if os.getuid() == 0 else []), "about:blank"]
        environment = {**os.environ, "HOME": self.home, "XDG_CONFIG_HOME": self.home,
                       "XDG_CACHE_HOME": self.home}
        its_reader, self.writer = pipe()
        self.reader, its_writer = pipe()
        log = os.path.join(self.home, "log")
        self.process = os.posix_spawn(
            path, words, environment, setpgroup=0, file_actions=[
                (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
                (os.POSIX_SPAWN_OPEN, 1, log, os.O_WRONLY | os.O_CREAT, 0o600),
                (os.POSIX_SPAWN_DUP2, 1, 2),
                (os.POSIX_SPAWN_DUP2, its_reader, 3),
                (os.POSIX_SPAWN_DUP2, its_writer, 4)])
        os.close(its_reader)
        os.close(its_writer)
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self.session = self.call("Target.attachToTarget", targetId=target,
                                 flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network", "Audits"):
            self.call(f"{domain}.enable")
        self.call("Emulation.setFocusEmulationEnabled", enabled=True)
        self.show()

    # ---- the protocol ----

    def call(self, method, **parameters):
        """The result of a command; what the page does meanwhile is noted."""
        wanted = self._send(method, parameters)
        while True:
            message = self._receive()
            if message.get("id") == wanted:
                break
            self._note(message)
        if "error" in message:
            raise RuntimeError(f"{method}: {message['error']}")
        return message["result"]

    def _send(self, method, parameters):
        self.last_id += 1
        message = {"id": self.last_id, "method": method, "params": parameters}
        if self.session and not method.startswith(("Target.", "Browser.")):
            message["sessionId"] = self.session
        data = json.dumps(message).encode() + b"\0"
        while data:
            data = data[os.write(self.writer, data):]
        return self.last_id

    def _receive(self):
        while b"\0" not in self.received:
            left = self.deadline - time.monotonic()
            if left <= 0 or not select.select([self.reader], [], [], left)[0]:
                raise TimeoutError("the browser's time is over")
            data = os.read(self.reader, 1 << 20)
            if not data:
                log = pathlib.Path(self.home, "log").read_text(errors="replace")
                raise RuntimeError(f"the browser has ended\n{log[-2000:]}")
            self.received += data
        message, self.received = self.received.split(b"\0", 1)
        return json.loads(message)

    def _note(self, message):
        method, values = message.get("method"), message.get("params", {})
        if method == "Page.loadEventFired":
            self.loaded = True
        elif method == "Network.requestWillBeSent":
            self.requests.append(values["request"]["url"])
        elif method == "Log.entryAdded":
            entry = values["entry"]
            self.complaints.append(f"{entry['source']}: {entry['text']}")
        elif method == "Runtime.consoleAPICalled":
            words = [str(a.get("value", a.get("description"))) for a in values["args"]]
            self.complaints.append(f"console.{values['type']}: {' '.join(words)}")
        elif method == "Runtime.exceptionThrown":
            text = what_happened(values["exceptionDetails"])
            self.complaints.append(f"exception: {text}")
        elif method == "Audits.issueAdded":
            issue = values["issue"]
            self.complaints.append(f"{issue['code']}: {json.dumps(issue['details'])}")
        elif method == "Page.javascriptDialogOpening":
            self.complaints.append(f"{values['type']}: {values['message']}")
            self._send("Page.handleJavaScriptDialog", {"accept": True})

    # ---- pages ----

    def open(self, path, scripts=True):
        """A file, as a user opens it who lets scripts run, or does not."""
        self.call("Emulation.setScriptExecutionDisabled", value=not scripts)
        self.complaints, self.requests, self.loaded = [], [], False
        url = pathlib.Path(path).resolve().as_uri()
        told = self.call("Page.navigate", url=url)
        if "errorText" in told:
            raise RuntimeError(f"{url}: {told['errorText']}")
        while not self.loaded:
            self._note(self._receive())
        if scripts:
            self.settle()

    def settle(self):
        """Until the page has drawn what has changed."""
        self.evaluate("new Promise(done => requestAnimationFrame(() => setTimeout(done)))")

    def evaluate(self, expression):
        """The value of JavaScript, of a promise what it promises."""
        told = self.call("Runtime.evaluate", expression=expression, returnByValue=True,
                         awaitPromise=True, userGesture=True)
        if "exceptionDetails" in told:
            raise RuntimeError(what_happened(told["exceptionDetails"]))
        return told["result"].get("value")

    def show(self, width=WIDTH, scheme="light", media=""):
        """Without a medium, that is the screen, or paper while the page is printed."""
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=HEIGHT,
                  deviceScaleFactor=1, mobile=False)
        self.call("Emulation.setEmulatedMedia", media=media,
                  features=[{"name": "prefers-color-scheme", "value": scheme}])

    # ---- hands ----

    def press(self, key, shift=False):
        number, text = KEYS[key]
        known = {"key": text if key == "Space" else key, "code": key,
                 "windowsVirtualKeyCode": number, "modifiers": 8 if shift else 0}
        self.call("Input.dispatchKeyEvent", type="keyDown", **known,
                  **({"text": text} if text else {}))
        self.call("Input.dispatchKeyEvent", type="keyUp", **known)

    def click(self, element):
        """In the middle of the element, a JavaScript expression."""
        x, y = self.evaluate(
            f"(element => {{ element.scrollIntoView({{block: 'center', inline: 'center'}});"
            "const box = element.getBoundingClientRect();"
            f"return [box.x + box.width / 2, box.y + box.height / 2]; }})({element})")
        for kind in "mousePressed", "mouseReleased":
            self.call("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left",
                      clickCount=1)

    def clipboard(self):
        return self.evaluate("navigator.clipboard.readText()")

    def allow_clipboard(self):
        self.call("Browser.grantPermissions",
                  permissions=["clipboardReadWrite", "clipboardSanitizedWrite"])

    # ---- pictures ----

    def picture(self, path):
        """The whole page as a PNG."""
        size = self.call("Page.getLayoutMetrics")["cssContentSize"]
        clip = {"x": 0, "y": 0, "scale": 1, "width": size["width"],
                "height": min(size["height"], HEIGHT_MAX)}
        told = self.call("Page.captureScreenshot", format="png", clip=clip,
                         captureBeyondViewport=True)
        pathlib.Path(path).write_bytes(base64.b64decode(told["data"]))

    def pdf(self, path):
        told = self.call("Page.printToPDF", printBackground=True, preferCSSPageSize=True)
        pathlib.Path(path).write_bytes(base64.b64decode(told["data"]))
