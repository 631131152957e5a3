"""Three linked realms, alpha - beta - gamma, and people who use them with a browser."""

import json
import os
import pathlib
import random
import signal
import socket
import subprocess
import tempfile
import time

from playwright.sync_api import expect, sync_playwright

PASSWORD = "a-good-password"
SECONDS = 30
# That a realm was away, and that a browser without a profile has no push service.
EXPECTED = ("WebSocket", "ERR_", "Failed to load", "Push API in incognito")
expect.set_options(timeout=SECONDS * 1000)


def free_port():
    """One that nobody listens on, below those that the kernel deals out: others could be given it before the realm is."""
    while True:
        port = random.randrange(10000, 32000)
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) != 0:
                return port


class Realm:
    """A realm as a process of its own, which can be killed and started again."""

    def __init__(self, world, name, links, settings):
        self.world, self.name = world, name
        self.ports = {kind: free_port() for kind in ("irc", "web", "relay")}
        self.entry = {"name": name, "title": name.capitalize(), "links": links, "trust": "first-use"}
        self.entry |= {kind: f"127.0.0.1:{port}" for kind, port in self.ports.items()}
        self.settings = {"passwordIterations": 4096, "limits": {"registrationsPerHour": 10000, "linesPerSecond": 0}} | settings
        self.process = None

    @property
    def url(self):
        return f"http://127.0.0.1:{self.ports['web']}/"

    @property
    def data(self):
        return self.world.folder / self.name

    @property
    def log(self):
        return self.world.folder / f"{self.name}.log"

    def start(self):
        (self.world.folder / f"{self.name}.json").write_text(json.dumps(self.settings))
        log = open(self.log, "ab")
        self.process = subprocess.Popen(
            [self.world.moot, "serve", self.name, "--directory", self.world.folder / "realms.json", "--data", self.data],
            stdout=log, stderr=log, stdin=subprocess.DEVNULL)
        deadline = time.monotonic() + SECONDS
        while True:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.ports["web"])) == 0:
                    return
            assert self.process.poll() is None and time.monotonic() < deadline, f"{self.name} did not start: {self.log.read_text()}"
            time.sleep(0.05)

    def kill(self):
        if self.process:
            self.process.send_signal(signal.SIGKILL)
            self.process.wait()
            self.process = None

    def invite(self):
        """An invitation code, as an operator makes it."""
        made = subprocess.run(
            [self.world.moot, "invite", "create", "--data", self.data], capture_output=True, text=True, check=True)
        return made.stdout.split()[0]

    def irc(self, name):
        """A plain IRC client that is logged in, for what people do too slowly."""
        return Irc(self, name)


class Irc:
    def __init__(self, realm, name):
        self.name = name
        self.socket = socket.create_connection(("127.0.0.1", realm.ports["irc"]))
        self.socket.settimeout(SECONDS)
        self.lines = self.socket.makefile("r", encoding="utf-8", newline="\n")
        self.say(f"NICK {name}", f"USER {name} 0 * :{name}", f"REGISTER * * {PASSWORD}")
        self.until(" 900 ")

    def say(self, *lines):
        self.socket.sendall("".join(f"{line}\r\n" for line in lines).encode())

    def until(self, part):
        for line in self.lines:
            if line.startswith("PING"):
                self.say(line.replace("PING", "PONG", 1).strip())
            if part in line:
                return line
        raise AssertionError(f"the connection ended before {part!r}")

    def sync(self):
        self.say("PING done")
        self.until("PONG")

    def history(self, target, count):
        """The ids of the newest messages there."""
        self.say("CAP REQ :draft/chathistory batch message-tags server-time", f"CHATHISTORY LATEST {target} * {count}")
        found = []
        while "BATCH -" not in (line := self.until("")):
            if " PRIVMSG " in line and line.startswith("@"):
                found += [tag[6:] for tag in line[1:].split(" ")[0].split(";") if tag.startswith("msgid=")]
        return found

    def close(self):
        self.socket.close()


class World:
    """Realms, browser, and everybody in them; a `with` block."""

    def __init__(self, moot):
        self.moot = str(pathlib.Path(moot).resolve())
        self.place = tempfile.TemporaryDirectory(prefix="moot-web-")
        self.folder = pathlib.Path(self.place.name)
        self.alpha = Realm(self, "alpha", ["beta"], {})
        self.beta = Realm(self, "beta", ["gamma", "alpha"], {"registration": "invite", "requests": "elsewhere"})
        self.gamma = Realm(self, "gamma", ["beta"], {})
        self.realms = [self.alpha, self.beta, self.gamma]
        self.count = 0
        self.problems = []

    def __enter__(self):
        directory = {"realms": [realm.entry for realm in self.realms]}
        (self.folder / "realms.json").write_text(json.dumps(directory))
        for realm in self.realms:
            realm.start()
        self.playwright = sync_playwright().start()
        self.browser = self.playwright.chromium.launch(
            executable_path=os.environ.get("MOOT_CHROMIUM", "/usr/bin/chromium"), args=["--no-sandbox"])
        return self

    def __exit__(self, *_):
        self.browser.close()
        self.playwright.stop()
        for realm in self.realms:
            realm.kill()
        self.place.cleanup()

    def new_name(self, name):
        self.count += 1
        return f"{name}{self.count}"

    def person(self, realm, name=None, wide=True, **options):
        """Somebody with a new account, at a browser of their own."""
        person = Person(self, realm, name, wide, options)
        person.register()
        return person


class Person:
    def __init__(self, world, realm, name=None, wide=True, options=None):
        self.world, self.realm = world, realm
        self.name = world.new_name(name) if name else world.new_name("ann")
        size = {"width": 1180, "height": 760} if wide else {"width": 360, "height": 680}
        self.context = world.browser.new_context(**({"viewport": size, "locale": "en-GB"} | (options or {})))
        self.page = self.open_tab()

    def open_tab(self):
        page = self.context.new_page()
        page.set_default_timeout(SECONDS * 1000)
        page.on("pageerror", lambda error: self.world.problems.append(f"{self.name}: {error}"))
        page.on("console", self.heard)
        page.goto(self.realm.url)
        return page

    def heard(self, message):
        """What the browser complains about is a failure, but what tests bring about."""
        if message.type == "error" and not any(part in message.text for part in EXPECTED):
            self.world.problems.append(f"{self.name}: {message.text}")

    # Coming and going

    def fill_login(self, password=PASSWORD):
        self.page.fill("input[name=account]", self.name)
        self.page.fill("input[name=password]", password)

    def register(self, code=None):
        self.page.get_by_role("tab", name="Create account").click()
        self.fill_login()
        if code:
            self.page.fill("input[name=code]", code)
        self.page.locator("button[type=submit]").click()
        self.is_in()

    def log_in(self, password=PASSWORD):
        self.fill_login(password)
        self.page.locator("button[type=submit]").click()

    def is_in(self):
        expect(self.page.locator(".app")).to_be_visible(timeout=SECONDS * 1000)
        expect(self.page.locator(".world")).to_contain_text(self.realm.name)

    def device(self, **options):
        """The same person at another browser."""
        other = Person.__new__(Person)
        other.world, other.realm, other.name = self.world, self.realm, self.name
        other.context = self.world.browser.new_context(**({"viewport": {"width": 1180, "height": 760}} | options))
        other.page = other.open_tab()
        other.log_in()
        other.is_in()
        return other

    # Conversations

    def start(self):
        self.page.bring_to_front()
        self.page.get_by_role("button", name="New conversation").first.click()

    def write_to(self, address):
        self.start()
        self.page.fill("input[name=address]", address)
        self.page.keyboard.press("Enter")
        expect(self.page.locator("textarea")).to_be_visible()

    def join(self, group):
        self.start()
        self.page.fill("input[name=group]", group)
        self.page.keyboard.press("Enter")
        expect(self.page.locator(".conversation.open")).to_contain_text(group.split("@")[0])

    def open(self, name):
        self.page.bring_to_front()
        self.row(name).click()
        expect(self.page.locator("textarea")).to_be_visible()

    def row(self, name):
        return self.page.locator(f'.conversation[data-name="{name}"]')

    def say(self, text):
        self.page.locator("textarea").fill(text)
        self.page.locator("textarea").press("Enter")

    def messages(self, text):
        return self.page.locator("article.message").filter(has=self.page.locator(".text", has_text=text))

    def sees(self, text, count=1):
        expect(self.messages(text)).to_have_count(count)
        return self.messages(text).last

    def tool(self, text, name):
        message = self.sees(text)
        message.hover()
        message.get_by_role("button", name=name, exact=True).click()

    def menu(self, name):
        self.page.get_by_role("menuitem", name=name).click()

    def details(self):
        if not self.page.locator("aside.details").is_visible():
            self.page.locator(".conversation-head").get_by_role("button", name="Details").last.click()
        return self.page.locator("aside.details")

    def settings(self):
        self.page.get_by_role("button", name="Menu").click()
        self.menu("Settings")
        return self.page.get_by_role("dialog", name="Settings")
