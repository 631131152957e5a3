"""What people see of their conversations: days, who says what, what is new, quotes, the list beside them, groups to be found."""

import datetime
import json
import re

from stage import Person, expect

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


@test
def what_one_says_stands_together(world):
    ann, bob = world.person(world.alpha), world.person(world.alpha, "bob")
    group = world.new_name("#talk")
    ann.join(group[1:])
    bob.join(group[1:])
    for text in ("one", "two"):
        bob.say(text)
    bob.sees("two")
    ann.page.bring_to_front()
    ann.say("three")
    ann.sees("three")
    bob.page.bring_to_front()
    bob.say("four")
    ann.page.bring_to_front()
    ann.sees("four")
    heads = ann.page.evaluate(
        "[...document.querySelectorAll('article')].map(e => (e.querySelector('.author')?.textContent ?? '') + ': '"
        " + e.querySelector('.text').textContent)")
    assert heads == [f"{bob.name}: one", ": two", f"{ann.name}: three", f"{bob.name}: four"], heads
    # An answer says whose it is, whoever spoke before.
    bob.page.bring_to_front()
    bob.tool("four", "Reply")
    bob.say("five")
    expect(bob.sees("five").locator(".author")).to_have_text(bob.name)


@test
def a_line_above_what_is_new(world):
    ann = world.person(world.alpha)
    group, other = world.new_name("#news"), world.new_name("#other")
    ann.join(group[1:])
    writer = world.alpha.irc(world.new_name("writer"))
    writer.say(f"JOIN {group}", *[f"PRIVMSG {group} :old {number}" for number in range(40)])
    writer.sync()
    ann.sees("old 39")
    ann.join(other[1:])
    writer.say(*[f"PRIVMSG {group} :new {number}" for number in range(40)])
    writer.sync()
    expect(ann.row(group).locator(".count")).to_have_text("40")
    ann.open(group)
    line = ann.page.locator(".new-line")
    expect(line).to_have_text("New messages")
    expect(line).to_be_in_viewport()
    expect(ann.page.locator(".new-line + article")).to_contain_text("new 0")
    # There is more below, and what is read is not new the next time.
    expect(ann.page.locator(".jump")).to_contain_text("40 new")
    ann.page.locator(".jump").click()
    expect(ann.messages("new 39")).to_be_in_viewport()
    expect(ann.row(group).locator(".count")).to_have_count(0)
    ann.open(other)
    ann.open(group)
    expect(ann.messages("new 39")).to_be_in_viewport()
    expect(line).to_have_count(0)
    writer.close()


@test
def a_quote_leads_to_what_it_quotes(world):
    ann, bob = world.person(world.alpha), world.person(world.alpha, "bob")
    ann.write_to(bob.name)
    ann.say("shall we?")
    bob.open(ann.name)
    for number in range(30):
        bob.say(f"well {number}")
    bob.sees("well 29")
    bob.tool("shall we?", "Reply")
    bob.say("we shall")
    ann.page.bring_to_front()
    expect(ann.sees("shall we?")).not_to_be_in_viewport()
    ann.sees("we shall").locator(".quote").click()
    expect(ann.sees("shall we?")).to_be_in_viewport()
    expect(ann.sees("shall we?")).to_be_focused()
    expect(ann.page.locator(".found")).to_contain_text("shall we?")


@test
def a_reaction_is_taken_back(world):
    ann, bob = world.person(world.alpha), world.person(world.alpha, "bob")
    ann.write_to(bob.name)
    ann.say("hello")
    bob.open(ann.name)
    bob.tool("hello", "React")
    bob.menu("🎉")
    reaction = bob.sees("hello").locator(".reaction")
    expect(reaction).to_have_attribute("aria-pressed", "true")
    ann.page.bring_to_front()
    theirs = ann.sees("hello").locator(".reaction")
    expect(theirs).to_have_attribute("aria-pressed", "false")
    theirs.click()
    expect(theirs.locator(".count")).to_have_text("2")
    bob.page.bring_to_front()
    expect(reaction.locator(".count")).to_have_text("2")
    reaction.click()
    expect(reaction.locator(".count")).to_have_text("1")
    expect(reaction).to_have_attribute("aria-pressed", "false")
    ann.page.bring_to_front()
    theirs.click()
    expect(theirs).to_have_count(0)
    bob.page.bring_to_front()
    expect(reaction).to_have_count(0)


@test
def the_list_has_an_order(world):
    ann = world.person(world.alpha)
    others = [world.alpha.irc(world.new_name(name)) for name in ("cid", "dan", "eve")]
    rows = ann.page.locator(".conversation .title")
    for other in others:
        other.say(f"PRIVMSG {ann.name} :hello")
        other.sync()
        expect(rows.first).to_have_text(other.name)
    cid, dan, eve = (other.name for other in others)
    expect(rows).to_have_text([eve, dan, cid])
    others[1].say(f"PRIVMSG {ann.name} :again")
    expect(rows).to_have_text([dan, eve, cid])
    ann.open(cid)
    ann.details().get_by_role("button", name="Pin").click()
    expect(rows).to_have_text([cid, dan, eve])
    others[2].say(f"PRIVMSG {ann.name} :and again")
    expect(rows).to_have_text([cid, eve, dan])
    # The same on another device.
    phone = ann.device()
    expect(phone.page.locator(".conversation .title")).to_have_text([cid, eve, dan])
    expect(phone.row(cid).locator("[title=Pinned]")).to_be_visible()
    phone.page.bring_to_front()
    phone.open(cid)
    phone.details().get_by_role("button", name="Unpin").click()
    ann.page.bring_to_front()
    expect(rows).to_have_text([eve, dan, cid])
    # Some of them, by a few letters.
    field = ann.page.get_by_role("searchbox", name="Search", exact=True)
    field.fill(dan[1:])
    expect(rows).to_have_text([dan])
    field.press("Enter")
    expect(ann.page.locator(".conversation-head .title")).to_have_text(dan)
    field.fill("nobody")
    expect(rows).to_have_count(0)
    expect(ann.page.locator(".empty-list")).to_contain_text("No conversation of that name.")
    field.press("Escape")
    expect(rows).to_have_count(3)
    for other in others:
        other.close()


@test
def looking_around_and_ending_a_group(world):
    ann, gil = world.person(world.alpha), world.person(world.gamma, "gil")
    group = world.new_name("#park")
    ann.join(group[1:])
    ann.details().get_by_role("button", name="Change").click()
    ann.page.get_by_role("textbox", name="Topic").fill("benches and trees")
    ann.page.keyboard.press("Enter")
    expect(ann.page.locator(".conversation-head")).to_contain_text("benches and trees")
    gil.page.bring_to_front()
    gil.page.wait_for_function("() => document.querySelector('.world-state').textContent.includes('2')")
    gil.start()
    gil.page.get_by_label("Realm").select_option("alpha")
    found = gil.page.get_by_role("dialog").locator(".result", has_text=group[1:])
    expect(found).to_contain_text("benches and trees")
    expect(found).to_contain_text("1 member")
    found.click()
    gil.say("what a place")
    gil.sees("what a place")
    gil.page.get_by_role("button", name="Details").last.click()
    expect(gil.details().get_by_role("button", name="Delete group")).to_have_count(0)
    ann.page.bring_to_front()
    ann.details().get_by_role("button", name="Delete group").click()
    dialog = ann.page.get_by_role("dialog", name="Delete group")
    expect(dialog).to_contain_text(f"{group} and its history end for everybody.")
    dialog.get_by_role("button", name="Delete").click()
    expect(ann.page.locator(".composer-notice")).to_contain_text("You are not a member")
    gil.page.bring_to_front()
    expect(gil.page.locator(".composer-notice")).to_contain_text("You are not a member")


@test
def an_invitation_from_elsewhere(world):
    ann = world.person(world.alpha)
    bob = Person(world, world.beta, "bob")
    bob.register(world.beta.invite())
    group = world.new_name("#salon")
    ann.page.bring_to_front()
    ann.join(group[1:])
    ann.details().get_by_role("button", name="Group settings").click()
    ann.page.get_by_role("dialog").get_by_label("Who gets in").select_option("i")
    expect(ann.page.get_by_role("dialog").get_by_label("Who gets in")).to_have_value("i")
    ann.page.keyboard.press("Escape")
    card = bob.page.locator(".request")
    for answer in ("Not now", "Join"):
        ann.page.bring_to_front()
        ann.details().get_by_role("button", name="Invite").click()
        ann.page.get_by_role("textbox", name="Address").fill(f"{bob.name}@beta")
        ann.page.keyboard.press("Enter")
        expect(ann.page.locator("#toast")).to_contain_text("is invited")
        bob.page.bring_to_front()
        expect(card).to_contain_text(f"{ann.name}/alpha invites you")
        card.get_by_role("button", name=answer).click()
        expect(card).to_have_count(0)
    expect(bob.page.locator(".conversation-head .title")).to_contain_text(group[1:])
    bob.say("thank you")
    bob.sees("thank you")
    ann.page.bring_to_front()
    ann.sees("thank you")


@test
def a_group_whose_home_is_away(world):
    ann, gil = world.person(world.alpha), world.person(world.gamma, "gil")
    group = world.new_name("#far")
    gil.join(group[1:])
    gil.say("from home")
    ann.page.bring_to_front()
    ann.join(f"{group[1:]}@gamma")
    ann.details()
    notice = ann.page.locator(".composer-notice")
    expect(notice).to_be_hidden()
    world.gamma.kill()
    try:
        since = re.compile(r"gamma is out of reach since \d\d:\d\d\.")
        expect(notice).to_contain_text(since)
        expect(notice).to_contain_text("It is the home of this group: what you write waits.")
        expect(ann.page.locator("aside.details .warning")).to_have_text(since)
        expect(ann.row(f"{group}/gamma").locator(".mark-away")).to_be_visible()
        ann.say("is anybody there?")
        expect(ann.sees("is anybody there?").locator(".state.waiting")).to_contain_text("waiting for gamma")
    finally:
        world.gamma.start()
    expect(ann.page.locator(".state.waiting")).to_have_count(0)
    expect(notice).to_be_hidden(timeout=60_000)
    ann.sees("is anybody there?", 1)


@test
def looks_and_language_are_chosen(world):
    ann = world.person(world.alpha, color_scheme="light")
    paper = "getComputedStyle(document.body).backgroundColor"
    light = ann.page.evaluate(paper)
    ann.settings().get_by_label("Appearance").select_option("dark")
    dark = ann.page.evaluate(paper)
    assert light != dark
    ann.page.reload()
    ann.is_in()
    assert ann.page.evaluate(paper) == dark
    settings = ann.settings()
    expect(settings.get_by_label("Appearance")).to_have_value("dark")
    settings.get_by_label("Appearance").select_option("auto")
    assert ann.page.evaluate(paper) == light
    settings.get_by_label("Language").select_option("de")
    ann.is_in()
    assert ann.page.evaluate("document.documentElement.lang") == "de"
    expect(ann.page.locator(".empty-list")).to_contain_text("Noch keine Unterhaltungen.")
    ann.page.reload()
    ann.is_in()
    ann.page.get_by_role("button", name="Menü").click()
    ann.menu("Einstellungen")
    ann.page.get_by_label("Sprache").select_option("en")
    expect(ann.page.locator(".empty-list")).to_contain_text("No conversations yet.")


@test
def it_can_be_installed(world):
    page = world.browser.new_context().new_page()
    page.goto(world.alpha.url)
    tools = page.context.new_cdp_session(page)
    tools.send("Page.enable")
    manifest = tools.send("Page.getAppManifest")
    assert not manifest["errors"], manifest["errors"]
    assert manifest["url"].endswith("/manifest.webmanifest"), manifest["url"]
    told = json.loads(manifest["data"])
    assert told["name"] and told["short_name"] and told["display"] == "standalone" and told["start_url"] == "/"
    sizes = page.evaluate("""async icons => Promise.all(icons.map(async ({ src, type }) => {
        const response = await fetch(src);
        if (!response.ok || !response.headers.get('content-type').startsWith(type)) return `${src}: ${response.status}`;
        const image = new Image();
        image.src = src;
        await image.decode();
        return `${image.naturalWidth}x${image.naturalHeight}`;
    }))""", [icon for icon in told["icons"] if icon["type"] == "image/png"])
    assert sizes == ["192x192", "512x512"], sizes
    # What else stands in the way of installing; a page that runs without a window has none of its own.
    expected = {"in-incognito", "no-matching-service-worker"}
    problems = [one["errorId"] for one in tools.send("Page.getInstallabilityErrors")["installabilityErrors"]]
    assert not set(problems) - expected, problems


# How far things were moved without anybody having touched them (web.dev/cls); what one has just clicked may move the page.
SHIFTS = """() => {
    window.shifts = [];
    new PerformanceObserver(list => list.getEntries().forEach(one => window.shifts.push({ value: one.value, what: one.sources
        .map(source => `${source.node?.className ?? source.node?.nodeName} ${JSON.stringify(source.previousRect)} ${JSON.stringify(source.currentRect)}`) })))
        .observe({ type: 'layout-shift', buffered: false });
}"""


@test
def nothing_moves_when_a_conversation_opens(world):
    ann = world.person(world.alpha)
    group, other = world.new_name("#calm"), world.new_name("#quiet")
    ann.join(other[1:])
    ann.join(group[1:])
    writer = world.alpha.irc(world.new_name("writer"))
    writer.say(f"JOIN {group}", *[f"PRIVMSG {group} :line {number}" for number in range(120)])
    writer.sync()
    ann.sees("line 119")
    ann.page.reload()
    ann.is_in()
    ann.open(other)
    ann.page.evaluate(SHIFTS)
    for name in (group, other, group):
        ann.open(name)
    expect(ann.messages("line 119")).to_be_in_viewport()
    ann.page.evaluate("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
    moved = [one for one in ann.page.evaluate("window.shifts") if one["value"] > 0.02]
    assert not moved, moved
    # If something did, it would be seen.
    ann.page.evaluate("document.querySelector('.content').style.paddingTop = '200px'")
    ann.page.wait_for_function("() => window.shifts.some(one => one.value > 0.02)")
    writer.close()
