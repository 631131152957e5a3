#!/usr/bin/env python3
"""Pictures of the web client: screenshots.py MOOT FOLDER. `deploy/screenshots` calls it."""

import pathlib
import sys

from stage import Person, World, expect

WIDE = {"width": 1280, "height": 800}
PHONE = {"width": 390, "height": 780}
SMALL = {"width": 360, "height": 640}


def settle(page):
    page.mouse.move(5, 5)
    page.wait_for_timeout(400)


class Album:
    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)

    def take(self, page, name):
        settle(page)
        page.screenshot(path=self.folder / f"{name}.png")


def someone(world, realm, name, **options):
    person = Person.__new__(Person)
    person.world, person.realm, person.name = world, realm, name
    person.context = world.browser.new_context(**({"viewport": WIDE, "locale": "en-GB"} | options))
    person.page = person.open_tab()
    return person


def talk(world):
    """People of three realms, who have something to say."""
    nora, tom, ines = someone(world, world.alpha, "nora"), someone(world, world.gamma, "tom"), someone(world, world.alpha, "ines")
    for person in (nora, tom, ines):
        person.register()
    nora.join("garden")
    nora.details().get_by_role("button", name="Change").click()
    nora.page.get_by_role("textbox", name="Topic").fill("Beds, tools, and who waters when")
    nora.page.keyboard.press("Enter")
    nora.page.locator("aside.details").get_by_role("button", name="Close").click()
    tom.join("garden@alpha")
    ines.join("garden")
    nora.page.bring_to_front()
    nora.say("The new beds are in. Who has seeds left over from last year?")
    tom.page.bring_to_front()
    tom.sees("The new beds are in")
    tom.say("Beans and chard, more than I need. I can bring them on *Saturday*.")
    ines.page.bring_to_front()
    ines.say("Saturday is good. The shed opens with this now:\n```\nunlock --door shed --for 2h\n```")
    tom.page.bring_to_front()
    tom.tool("The new beds are in", "React")
    tom.menu("🎉")
    nora.page.bring_to_front()
    nora.tool("Beans and chard", "React")
    nora.menu("❤️")
    nora.tool("Beans and chard", "Reply")
    nora.say("Lovely, thank you! The plan is at https://example.org/beds")
    ines.page.bring_to_front()
    ines.tool("Lovely, thank you", "React")
    ines.menu("👍")
    ines.say("nora: shall I water tomorrow?")
    tom.write_to("nora@alpha")
    tom.say("By the way, the ladder is still with me.")
    tom.say("I bring it along.")
    ines.write_to("nora")
    ines.say("Coffee at four?")
    for group, text in [("choir", "Rehearsal moves to Thursday"), ("lost-and-found", "A blue umbrella, by the door")]:
        ines.join(group)
        nora.join(group)
        ines.page.bring_to_front()
        ines.say(text)
        nora.sees(text)
    nora.open("#garden")
    nora.sees("shall I water")
    return nora, tom, ines


def main():
    album = Album(sys.argv[2])
    with World(sys.argv[1]) as world:
        guest = someone(world, world.alpha, "new")
        album.take(guest.page, "login")
        guest.page.get_by_role("tab", name="Create account").click()
        guest.page.set_viewport_size(SMALL)
        album.take(guest.page, "register-small")
        nora, tom, ines = talk(world)
        album.take(nora.page, "light")
        nora.details()
        nora.page.emulate_media(color_scheme="dark")
        album.take(nora.page, "details-dark")
        nora.page.locator("aside.details").get_by_role("button", name="Close").click()
        nora.page.keyboard.press("Control+k")
        album.take(nora.page, "palette-dark")
        nora.page.keyboard.press("Escape")
        nora.page.emulate_media(color_scheme="light")
        nora.start()
        album.take(nora.page, "start")
        nora.page.keyboard.press("Escape")
        nora.settings()
        album.take(nora.page, "settings")
        nora.page.keyboard.press("Escape")
        for size, name in ((PHONE, "phone"), (SMALL, "small")):
            nora.page.set_viewport_size(size)
            album.take(nora.page, name)
        nora.page.get_by_role("button", name="Back").click()
        nora.page.emulate_media(color_scheme="dark")
        album.take(nora.page, "small-list-dark")
        nora.page.emulate_media(color_scheme="light")
        nora.page.set_viewport_size(WIDE)
        tom.page.bring_to_front()
        tom.open("nora/alpha")
        world.beta.kill()
        expect(tom.page.locator(".world-state.away")).to_be_visible(timeout=60_000)
        tom.say("Are you there already?")
        expect(tom.page.locator(".state.waiting")).to_be_visible()
        album.take(tom.page, "waiting")
        ines.page.bring_to_front()
        world.alpha.kill()
        ines.open("nora")
        ines.say("Typed while the server restarts")
        album.take(ines.page, "reconnecting")


if __name__ == "__main__":
    main()
