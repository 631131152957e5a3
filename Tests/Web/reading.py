"""What people see of their conversations: days, who says what, what is new, quotes, the list beside them, groups to be found."""

import datetime
import json
import re

from stage import expect

TESTS = []


def test(function):
    TESTS.append(function)
    return function


def said_days_ago(page, days):
    """Lets a page believe that what holds one of some words was said so many days ago: `{ word: days }`."""
    def route(socket):
        realm = socket.connect_to_server()

        def pass_on(line):
            for word, count in days.items():
                found = re.search(r"time=(\d{4}-\d\d-\d\d)", line)
                if found and word in line:
                    day = datetime.date.fromisoformat(found[1]) - datetime.timedelta(days=count)
                    line = line.replace(found[1], day.isoformat(), 1)
            socket.send(line)

        realm.on_message(pass_on)

    page.route_web_socket(re.compile("^ws"), route)


def days(person):
    return person.page.locator(".day")


@test
def a_heading_for_each_day(world):
    ann = world.person(world.alpha)
    group = world.new_name("#diary")
    ann.join(group[1:])
    # Who joined is told without words, so that the day that one joined is yesterday's too.
    said_days_ago(ann.page, {"JOIN": 400, "MODE": 400, "long ago": 400, "lately": 1})
    for text in ("long ago", "also long ago", "lately", "at last"):
        ann.say(text)
        ann.sees(text)
    ann.page.reload()
    ann.open(group)
    ann.sees("at last")
    expect(days(ann)).to_have_count(3)
    expect(days(ann).nth(1)).to_have_text("Yesterday")
    expect(days(ann).nth(2)).to_have_text("Today")
    year = (datetime.date.today() - datetime.timedelta(days=400)).year
    expect(days(ann).first).to_have_text(re.compile(f"^[A-Z][a-z]+day.* {year}$"))
    order = ann.page.evaluate("[...document.querySelectorAll('.day, article .text')].map(e => e.textContent)")
    assert order[1:] == ["long ago", "also long ago", "Yesterday", "lately", "Today", "at last"], order


@test
def what_was_not_sent_makes_no_days(world):
    ann, bob = world.person(world.alpha), world.person(world.alpha, "bob")
    group = world.new_name("#hush")
    ann.join(group[1:])
    bob.join(group[1:])
    ann.page.bring_to_front()
    ann.details().get_by_role("button", name="Group settings").click()
    ann.page.get_by_role("dialog").get_by_label("Who may write").select_option("m")
    expect(ann.page.get_by_role("dialog").get_by_label("Who may write")).to_have_value("m")
    ann.page.keyboard.press("Escape")
    bob.page.bring_to_front()
    now = datetime.datetime.now()
    bob.page.clock.set_fixed_time(now - datetime.timedelta(days=1))
    bob.say("typed yesterday")
    expect(bob.sees("typed yesterday").locator(".state.failed")).to_be_visible()
    bob.page.clock.set_fixed_time(now)
    ann.page.bring_to_front()
    ann.say("said today")
    bob.page.bring_to_front()
    bob.sees("said today")
    bob.say("typed today")
    expect(bob.sees("typed today").locator(".state.failed")).to_be_visible()
    expect(days(bob)).to_have_text(["Today"])
