#!/usr/bin/env python3
"""The web client in a real browser, against real linked realms.

    Tests/Web/browser.py MOOT [NAME…]    runs all tests, or those whose names hold one of these words
"""

import pathlib
import re
import subprocess
import sys
import tempfile
import time
import traceback

import accessibility
import reading
import uploads
from stage import PASSWORD, SECONDS, World, expect

TESTS = []
PARTS = 2


def test(function):
    TESTS.append(function)
    return function


@test
def registering_and_logging_in(world):
    ann = world.person(world.alpha)
    kept = ann.page.evaluate("localStorage.getItem('moot.login')")
    assert "moot-" in kept and PASSWORD not in kept
    assert PASSWORD not in ann.page.evaluate("JSON.stringify({...localStorage, ...sessionStorage})")
    ann.page.reload()
    ann.is_in()
    ann.page.get_by_role("button", name="Menu").click()
    ann.menu("Log out")
    expect(ann.page.locator("main.login")).to_be_visible()
    assert ann.page.evaluate("localStorage.getItem('moot.login')") is None
    ann.log_in("not-the-password")
    expect(ann.page.get_by_role("alert")).to_have_text("The name or the password is wrong.")
    ann.log_in()
    ann.is_in()


@test
def names_that_are_taken(world):
    ann = world.person(world.alpha)
    page = world.browser.new_context().new_page()
    page.goto(world.alpha.url)
    page.get_by_role("tab", name="Create account").click()
    for name, words in [(ann.name, "Somebody has this name already."), ("two words", "up to 32 letters")]:
        page.fill("input[name=account]", name)
        page.fill("input[name=password]", PASSWORD)
        page.locator("button[type=submit]").click()
        expect(page.get_by_role("alert")).to_contain_text(words)


@test
def a_realm_of_invitations(world):
    bob = world_guest(world, world.beta)
    bob.page.get_by_role("tab", name="Create account").click()
    bob.fill_login()
    bob.page.fill("input[name=code]", "abcd-efgh")
    bob.page.locator("button[type=submit]").click()
    expect(bob.page.get_by_role("alert")).to_have_text("This invitation code is not valid (any more).")
    bob.page.fill("input[name=code]", world.beta.invite())
    bob.page.locator("button[type=submit]").click()
    bob.is_in()


def world_guest(world, realm):
    from stage import Person

    return Person(world, realm, "guest")


@test
def two_people_through_a_third_realm(world):
    ann, gil = world.person(world.alpha), world.person(world.gamma, "gil")
    ann.write_to(f"{gil.name}@gamma")
    ann.say("hello from alpha")
    gil.page.bring_to_front()
    row = gil.row(f"{ann.name}/alpha")
    expect(row.locator(".count")).to_have_text("1")
    expect(gil.page).to_have_title(re.compile(r"^\(1\)"))
    gil.open(f"{ann.name}/alpha")
    gil.sees("hello from alpha")
    expect(row.locator(".count")).to_have_count(0)
    gil.page.locator("textarea").type("a")
    ann.page.bring_to_front()
    expect(ann.page.locator(".typing")).to_contain_text("is typing")
    gil.page.bring_to_front()
    gil.say("hello\nfrom gamma")
    ann.page.bring_to_front()
    ann.sees("hello\nfrom gamma")
    expect(ann.page.locator(".state")).to_have_count(0)
    expect(ann.page.locator(".conversation-head")).to_contain_text("online")


@test
def a_group_in_three_realms(world):
    ann, gil = world.person(world.alpha), world.person(world.gamma, "gil")
    group = world.new_name("#plans")
    ann.join(group[1:])
    ann.say("first")
    gil.join(f"{group[1:]}@alpha")
    gil.say(f"hello {ann.name}")
    gil.say(f"@{ann.name}/alpha, not {ann.name}/gamma")
    ann.page.bring_to_front()
    expect(ann.sees(f"hello {ann.name}").locator(".mention")).to_have_text(ann.name)
    expect(ann.sees(f"not {ann.name}/gamma").locator(".mention")).to_have_text(f"@{ann.name}/alpha")
    members = ann.details().locator(".member")
    expect(members).to_have_count(2)
    expect(members.first).to_contain_text("owner")
    expect(members.nth(1)).to_contain_text("gamma")
    members.nth(1).get_by_role("button").click()
    ann.menu("Make operator")
    expect(members.nth(1)).to_contain_text("operator")
    ann.page.get_by_role("button", name="Change").click()
    ann.page.get_by_role("textbox", name="Topic").fill("what we do")
    ann.page.keyboard.press("Enter")
    gil.page.bring_to_front()
    expect(gil.page.locator(".conversation-head")).to_contain_text("what we do")
    ann.page.bring_to_front()
    members.nth(1).get_by_role("button").click()
    ann.menu("Remove from group")
    ann.page.get_by_role("dialog").get_by_role("button", name="Remove from group").click()
    expect(members).to_have_count(1)
    gil.page.bring_to_front()
    expect(gil.page.locator(".composer-notice")).to_contain_text("You are not a member")


@test
def answers_reactions_edits_and_deleting(world):
    ann, gil = world.person(world.alpha), world.person(world.gamma, "gil")
    ann.write_to(f"{gil.name}@gamma")
    ann.say("shall we?")
    gil.open(f"{ann.name}/alpha")
    gil.tool("shall we?", "React")
    gil.menu("👍")
    gil.tool("shall we?", "Reply")
    gil.say("we shal")
    expect(gil.sees("we shal").locator(".quote")).to_contain_text("shall we?")
    expect(gil.page.locator("article.sending")).to_have_count(0)
    gil.page.locator("textarea").press("ArrowUp")
    gil.say("we shall")
    ann.page.bring_to_front()
    expect(ann.sees("shall we?").locator(".reaction")).to_contain_text("1")
    expect(ann.sees("we shall").locator(".edited")).to_be_visible()
    expect(ann.sees("we shall").locator(".quote")).to_contain_text("shall we?")
    gil.page.bring_to_front()
    gil.tool("we shall", "More")
    gil.menu("Delete")
    gil.page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    ann.page.bring_to_front()
    ann.sees("Message deleted")
    expect(ann.messages("we shall")).to_have_count(0)


HOSTILE = [
    "<img src=x onerror=\"window.hacked=1\"><script>window.hacked=1</script>", "javascript:window.hacked=1",
    "https://example.org/\"onmouseover=\"window.hacked=1", "\u202eright to left \u2066\u202e again",
    "a\u200b\u200b\u200b\u200d" * 40, "W" * 1500, "\u0001ACTION <b>acts</b>\u0001", "`<b>` *<i>x</i>* ```<script>```",
    "\x02bold\x03" + "04red \x1f\x16", "Z\u0335\u0321" * 200, "https://example.org/" + ")" * 800, "\ufdfd" * 60, "{{constructor}}${window.hacked=1}",
]

# What becomes of texts that are made to take long: by the square of a million it would be hours, whatever the machine has to do.
TAKES_LONG = """async () => {
    const { rich, isOnlyEmoji, plain } = await import('/js/view/rich.js');
    const { mentionOf } = await import('/js/names.js');
    const million = 1_000_000;
    const texts = { word: 'W', code: '`', blocks: '```', stars: '*a', spaced: '* ', links: 'https://a/ ', brackets: ')', names: 'ann', nuls: '\\x03' };
    const slow = [];
    for (const [name, part] of Object.entries(texts)) {
        for (const text of [part.repeat(million / part.length), 'https://a/' + part.repeat(9000), '*' + part.repeat(9000)]) {
            const start = performance.now();
            rich(text, mentionOf('ann', 'alpha'));
            plain(text);
            isOnlyEmoji(text);
            if (performance.now() - start > 60_000) slow.push(`${name}: ${performance.now() - start} ms`);
        }
    }
    return slow;
}"""


@test
def what_is_hostile_stays_text(world):
    ann = world.person(world.alpha)
    mallory = world.alpha.irc(world.new_name("mallory"))
    group, other = world.new_name("#hostile"), world.new_name("#\u202e\u200b<b>")
    ann.join(group[1:])
    mallory.say("CAP REQ message-tags", f"JOIN {group}", *[f"PRIVMSG {group} :{text}" for text in HOSTILE],
                f"TOPIC {group} :<b>topic</b>\u202e", "AWAY :<script>window.hacked=1</script>", f"PRIVMSG {ann.name} :\u202e<b>to you</b>",
                f"JOIN {other}", f"INVITE {ann.name} {other}")
    mallory.sync()
    ann.sees("right to left")
    ann.sees("WWWWWWWWWWW")
    marked = ann.sees("<img src=x onerror=\"window.hacked=1\"><script>")
    ann.page.locator(".request").get_by_role("button", name="Join").click()
    ann.open(group)
    ids = mallory.history(group, 1)
    mallory.say(*[f"@+reply={ids[-1]};+draft/react={text} TAGMSG {group}" for text in ("<script>", "\u202e" * 30, "👍" * 200, "x" * 900)],
                f"@+reply=<b>;+draft/reply=nothing PRIVMSG {group} :to nothing", f"@+draft/edit=<b> PRIVMSG {group} :edits nothing")
    mallory.sync()
    expect(ann.page.locator(".reaction")).to_have_count(4)
    marked.scroll_into_view_if_needed()
    ann.page.mouse.move(600, 400)
    for width in (1180, 360):
        ann.page.set_viewport_size({"width": width, "height": 700})
        wide = ann.page.evaluate(
            "[...document.querySelectorAll('.app *')].filter(e => e.scrollWidth > e.clientWidth + 1 && e.clientWidth > 0 &&"
            " getComputedStyle(e).overflowX === 'visible' && e.getBoundingClientRect().right > innerWidth + 1).length")
        assert wide == 0, f"{wide} elements stick out at {width}"
        assert ann.page.evaluate("document.documentElement.scrollWidth") <= width
    assert ann.page.evaluate("window.hacked") is None
    assert ann.page.evaluate("document.querySelectorAll('.timeline img, .timeline script, .sidebar b').length") == 0
    none_of(ann.page.evaluate(TAKES_LONG))
    mallory.close()


@test
def history_without_jumps(world):
    ann = world.person(world.alpha)
    group = world.new_name("#long")
    ann.join(group[1:])
    writer = world.alpha.irc(world.new_name("writer"))
    writer.say(f"JOIN {group}", *[f"PRIVMSG {group} :line number {number}" for number in range(600)])
    writer.sync()
    ann.sees("line number 599")
    ann.page.reload()
    ann.sees("line number 599")
    place = "document.querySelector('.timeline')"
    seen, oldest = set(), 600
    for _ in range(200):
        top = ann.page.evaluate(f"""() => {{
            const box = {place}.getBoundingClientRect();
            const row = [...document.querySelectorAll('article.message')].find(e => e.getBoundingClientRect().bottom > box.top + 1);
            window.watched = row; window.was = row.getBoundingClientRect().top;
            {place}.scrollTop -= 500;
            window.asked = 500; return row.querySelector('.text').textContent; }}""")
        ann.page.wait_for_timeout(30)
        moved = ann.page.evaluate("window.watched.isConnected ? window.watched.getBoundingClientRect().top - window.was : null")
        assert moved is None or 0 <= moved <= 520, f"jumped by {moved} at {top}"
        numbers = [int(text) for text in ann.page.evaluate(
            "[...document.querySelectorAll('.text')].map(e => /^line number (\\d+)$/.exec(e.textContent)?.[1]).filter(Boolean)")]
        assert numbers == sorted(set(numbers)), "rows are doubled or out of order"
        seen.update(numbers)
        if min(numbers) == 0 and ann.page.evaluate(f"{place}.scrollTop") == 0:
            break
    assert seen == set(range(600)), f"{600 - len(seen)} messages were never shown"
    assert ann.page.locator("article.message").count() < 500
    expect(ann.page.locator(".beginning")).to_be_visible()
    ann.page.locator(".jump").click()
    expect(ann.messages("line number 599")).to_be_in_viewport()
    # From the top in one go, and on from there.
    ann.page.reload()
    ann.sees("line number 599")
    for _ in range(60):
        ann.page.evaluate(f"{place}.scrollTop = 0")
        ann.page.wait_for_timeout(100)
        if ann.page.locator(".beginning").count() == 1:
            break
    ann.page.evaluate(f"{place}.scrollTop = 0")
    expect(ann.page.locator(".beginning")).to_be_in_viewport()
    writer.close()


@test
def searching_goes_to_the_place(world):
    ann = world.person(world.alpha)
    group = world.new_name("#search")
    ann.join(group[1:])
    writer = world.alpha.irc(world.new_name("writer"))
    writer.say(f"JOIN {group}", f"PRIVMSG {group} :the cellar door is open",
               *[f"PRIVMSG {group} :other words {number}" for number in range(400)])
    writer.sync()
    ann.sees("other words 399")
    ann.page.reload()
    ann.sees("other words 399")
    ann.page.get_by_role("button", name="Search this conversation").click()
    ann.page.get_by_role("searchbox", name="Search messages").fill("cellar")
    deadline = time.monotonic() + SECONDS
    # The first search of a realm builds its index.
    while ann.page.locator(".hit").count() == 0:
        assert time.monotonic() < deadline
        ann.page.keyboard.press("Enter")
        ann.page.wait_for_timeout(700)
    ann.page.locator(".hit").first.click()
    expect(ann.sees("the cellar door is open")).to_be_in_viewport()
    expect(ann.page.locator(".found")).to_have_count(1)
    # Another one on the same page scrolls only; and what comes meanwhile counts.
    ann.page.get_by_role("button", name="Search this conversation").click()
    ann.page.get_by_role("searchbox", name="Search messages").fill("words 19")
    ann.page.keyboard.press("Enter")
    ann.page.locator(".hit").filter(has_text=re.compile("words 19$")).click()
    expect(ann.page.locator(".found", has_text="words 19")).to_be_in_viewport()
    writer.say(f"PRIVMSG {group} :{ann.name}, are you there?")
    expect(ann.row(group).locator(".count")).to_have_text("@1")
    expect(ann.page.locator(".found", has_text="words 19")).to_be_in_viewport()
    expect(ann.messages("the cellar door")).to_have_count(1)
    ann.page.locator(".jump").click()
    expect(ann.messages("are you there?")).to_be_in_viewport()
    expect(ann.row(group).locator(".count")).to_have_count(0)
    expect(ann.messages("other words 399")).to_be_in_viewport()
    for portion in ("early", "late"):
        writer.say(*[f"PRIVMSG {group} :a {portion} apple {number}" for number in range(30)])
        writer.sync()
        ann.page.wait_for_timeout(20)
    ann.page.get_by_role("button", name="Search this conversation").click()
    ann.page.get_by_role("searchbox", name="Search messages").fill("apple")
    ann.page.keyboard.press("Enter")
    expect(ann.page.locator(".hit")).to_have_count(50)
    ann.page.get_by_role("button", name="Look for older ones").click()
    expect(ann.page.locator(".hit")).to_have_count(60)
    expect(ann.page.locator(".hit").last).to_contain_text("early apple 0")
    expect(ann.page.get_by_role("button", name="Look for older ones")).to_have_count(0)
    writer.close()


@test
def a_realm_that_restarts(world):
    ann, gil = world.person(world.alpha), world.person(world.gamma, "gil")
    ann.write_to(f"{gil.name}@gamma")
    ann.say("before")
    gil.open(f"{ann.name}/alpha")
    gil.sees("before")
    world.alpha.kill()
    ann.page.bring_to_front()
    expect(ann.page.locator(".status")).to_be_visible()
    ann.say("typed while nobody was there")
    expect(ann.sees("typed while nobody was there").locator(".state")).to_contain_text("sending")
    # Also what is typed survives the page.
    ann.page.reload()
    world.alpha.start()
    ann.is_in()
    ann.open(f"{gil.name}/gamma")
    ann.sees("typed while nobody was there")
    expect(ann.page.locator(".state", has_text="sending")).to_have_count(0, timeout=30_000)
    gil.page.bring_to_front()
    gil.sees("typed while nobody was there")
    gil.say("after")
    ann.page.bring_to_front()
    ann.sees("after")
    assert ann.page.evaluate("Object.keys(localStorage).filter(key => key.startsWith('moot.outbox')).length") == 0


@test
def a_connection_that_breaks_while_sending(world):
    ann = world.person(world.alpha)
    other = world.alpha.irc(world.new_name("other"))
    group = world.new_name("#break")
    ann.join(group[1:])
    other.say(f"JOIN {group}")
    cut = """({ text, isHeard }) => {
        const send = WebSocket.prototype.send;
        WebSocket.prototype.send = function (data) {
            if (isHeard || !data.includes(text)) send.call(this, data);
            if (!data.includes(text)) return;
            WebSocket.prototype.send = send;
            const closed = this.onclose;
            this.onmessage = null;
            setTimeout(() => { this.close(); closed?.(); }, 300);
        };
    }"""
    # The realm hears the message, and the page does not hear that it did.
    ann.page.evaluate(cut, {"text": "cut here", "isHeard": True})
    ann.say("cut here")
    ann.sees("cut here")
    expect(ann.sees("cut here").locator(".state")).to_have_count(0)
    ann.say("and on")
    ann.sees("and on")
    ann.page.reload()
    ann.sees("and on")
    ann.sees("cut here", 1)
    # The realm does not hear the edit, and neither side knows; nor, in the end, does the page hear that it did.
    for text, is_heard in [("went on", False), ("go on", True)]:
        ann.page.evaluate(cut, {"text": text, "isHeard": is_heard})
        ann.page.locator("textarea").press("ArrowUp")
        ann.say(text)
        expect(ann.sees(text).locator(".state")).to_have_count(0)
        other.until(f"[edit] {text}")
    ann.page.reload()
    expect(ann.sees("go on").locator(".edited")).to_be_visible()
    other.sync()
    other.say(f"PART {group}")
    other.close()


@test
def a_link_that_is_cut(world):
    ann, gil = world.person(world.alpha), world.person(world.gamma, "gil")
    ann.write_to(f"{gil.name}@gamma")
    ann.say("while it was up")
    gil.open(f"{ann.name}/alpha")
    gil.sees("while it was up")
    world.beta.kill()
    try:
        ann.page.bring_to_front()
        deadline = time.monotonic() + 30
        sent = 0
        # It takes a moment until alpha notices.
        while ann.page.locator(".state.waiting").count() == 0:
            assert time.monotonic() < deadline
            sent += 1
            ann.say(f"late {sent}")
            ann.page.wait_for_timeout(500)
        expect(ann.page.locator(".state.waiting").first).to_contain_text("waiting for gamma")
        expect(ann.page.locator(".world-state.away")).to_contain_text("gamma")
        expect(ann.page.locator(".composer-notice")).to_contain_text("gamma is out of reach since")
        ann.page.reload()
        expect(ann.sees(f"late {sent}").locator(".state.waiting")).to_contain_text("waiting for gamma")
        ann.details()
        expect(ann.page.locator("aside.details .warning")).to_contain_text("out of reach since")
    finally:
        world.beta.start()
    expect(ann.page.locator(".state.waiting")).to_have_count(0, timeout=60_000)
    gil.page.bring_to_front()
    for number in range(1, sent + 1):
        gil.sees(f"late {number}", 1)


@test
def two_tabs_and_two_devices(world):
    ann, bob = world.person(world.alpha), world.person(world.alpha, "bob")
    ann.write_to(bob.name)
    ann.say("one")
    second = ann.open_tab()
    expect(second.locator(f'.conversation[data-name="{bob.name}"]')).to_be_visible()
    phone = ann.device()
    # Nobody looks at the first browser for a while.
    ann.page.evaluate("document.hasFocus = () => false")
    bob.open(ann.name)
    bob.say("two")
    phone.page.bring_to_front()
    expect(phone.row(bob.name).locator(".count")).to_have_text("1")
    ann.page.bring_to_front()
    ann.sees("two")
    ann.page.evaluate("document.hasFocus = () => true; dispatchEvent(new Event('focus'))")
    # What is read on one device is read on all.
    expect(phone.row(bob.name).locator(".count")).to_have_count(0)
    phone.open(bob.name)
    phone.say("three")
    ann.page.bring_to_front()
    ann.sees("three")
    ann.sees("one", 1)
    # A device that is revoked is out at once.
    settings = ann.settings()
    name = phone.page.evaluate("JSON.parse(localStorage.getItem('moot.login')).device")
    settings.locator(".result", has_text=name).get_by_role("button", name="Log out").click()
    ann.page.get_by_role("dialog", name="Log out").get_by_role("button", name="Log out").click()
    phone.page.bring_to_front()
    expect(phone.page.locator("main.login")).to_be_visible()
    expect(phone.page.get_by_role("alert")).to_contain_text("logged out")


@test
def strangers_ask_first(world):
    ann = world.person(world.alpha)
    bob = world_guest(world, world.beta)
    bob.register(world.beta.invite())
    ann.write_to(f"{bob.name}@beta")
    ann.say("may I?")
    bob.page.bring_to_front()
    request = bob.page.locator(".request")
    expect(request).to_contain_text("wants to write to you")
    expect(bob.row(f"{ann.name}/alpha")).to_have_count(0)
    request.get_by_role("button", name="Accept").click()
    bob.sees("may I?")
    expect(request).to_have_count(0)
    bob.details().get_by_role("button", name="Block").click()
    bob.page.get_by_role("dialog").get_by_role("button", name="Block").click()
    expect(bob.page.locator(".composer-notice")).to_contain_text("You have blocked this person")


@test
def groups_invite_rename_and_end(world):
    ann, bob = world.person(world.alpha), world.person(world.alpha, "bob")
    group = world.new_name("#club")
    ann.join(group[1:])
    ann.details().get_by_role("button", name="Invite").click()
    ann.page.get_by_role("textbox", name="Address").fill(bob.name)
    ann.page.keyboard.press("Enter")
    bob.page.bring_to_front()
    bob.page.locator(".request").get_by_role("button", name="Join").click()
    bob.say("here I am")
    ann.page.bring_to_front()
    ann.sees("here I am")
    ann.page.locator("textarea").fill("half a plan")
    ann.details().get_by_role("button", name="Rename").click()
    ann.page.get_by_role("textbox", name="Name of the group").fill(f"{group}-two")
    ann.page.keyboard.press("Enter")
    expect(ann.page.locator(".conversation.open")).to_contain_text(f"{group[1:]}-two")
    ann.page.reload()
    ann.open(f"{group}-two")
    expect(ann.page.locator("textarea")).to_have_value("half a plan")
    bob.page.bring_to_front()
    expect(bob.row(f"{group}-two")).to_be_visible()
    bob.sees("here I am")
    bob.details().get_by_role("button", name="Mute").click()
    expect(bob.row(f"{group}-two").locator("[title=Muted]")).to_be_visible()
    bob.details().get_by_role("button", name="Leave group").click()
    bob.page.get_by_role("dialog").get_by_role("button", name="Leave group").click()
    expect(bob.row(f"{group}-two")).to_have_count(0)


@test
def the_account_to_its_end(world):
    ann = world.person(world.alpha)
    settings = ann.settings()
    settings.get_by_label("Old password").fill("wrong-password")
    settings.get_by_label("New password").fill("another-password")
    settings.get_by_role("button", name="Change password").click()
    # In front of the dialog, not behind it; and it outlives the dialog.
    expect(settings.locator("#toast")).to_contain_text("wrong")
    ann.page.keyboard.press("Escape")
    expect(settings).to_have_count(0)
    expect(ann.page.locator("#toast.shown")).to_contain_text("wrong")
    settings = ann.settings()
    settings.get_by_label("New password").fill("another-password")
    settings.get_by_label("Old password").fill(PASSWORD)
    settings.get_by_role("button", name="Change password").click()
    expect(ann.page.locator("#toast")).to_have_text("The password is changed.")
    settings.locator(".danger-zone").get_by_label("Password").fill("another-password")
    settings.locator(".danger-zone").get_by_role("button").click()
    ann.page.get_by_role("dialog", name="Delete account").get_by_role("button", name="Delete account").click()
    expect(ann.page.locator("main.login")).to_be_visible()
    ann.log_in("another-password")
    expect(ann.page.get_by_role("alert")).to_have_text("The name or the password is wrong.")


@test
def by_keyboard_and_on_a_phone(world):
    ann, bob = world.person(world.alpha, wide=False), world.person(world.alpha, "bob")
    bob.write_to(ann.name)
    bob.say("for your phone")
    ann.page.bring_to_front()
    expect(ann.page.locator(".main")).to_be_hidden()
    none_of(accessibility.problems(ann.page))
    ann.page.keyboard.press("Control+k")
    ann.page.keyboard.type(bob.name[:3])
    assert bob.name in chosen(ann.page)
    ann.page.keyboard.press("ArrowDown")
    assert bob.name not in chosen(ann.page)
    ann.page.keyboard.press("ArrowUp")
    ann.page.keyboard.press("Enter")
    ann.sees("for your phone")
    expect(ann.page.locator(".sidebar")).to_be_hidden()
    none_of(accessibility.problems(ann.page))
    ann.page.keyboard.type("from the phone")
    ann.page.keyboard.press("Enter")
    bob.page.bring_to_front()
    bob.sees("from the phone")
    ann.page.get_by_role("button", name="Back").click()
    expect(ann.page.locator(".sidebar")).to_be_visible()
    bob.page.bring_to_front()
    bob.page.locator(".timeline").focus()
    for key in ("ArrowUp", "ArrowUp", "Tab", "Tab", "Tab", "Enter"):
        bob.page.keyboard.press(key)
    expect(bob.page.locator(".composer-context")).to_contain_text("for your phone")


@test
def several_lines_on_a_phone(world):
    ann, bob = world.person(world.alpha, wide=False, has_touch=True, is_mobile=True), world.person(world.alpha, "bob")
    ann.write_to(bob.name)
    field = ann.page.locator("textarea")
    field.tap()
    ann.page.keyboard.type("one")
    ann.page.keyboard.press("Enter")
    ann.page.keyboard.type("two")
    expect(field).to_have_value("one\ntwo")
    ann.page.get_by_role("button", name="Send").tap()
    ann.sees("one\ntwo")
    # The keyboard stays.
    expect(field).to_be_focused()
    expect(field).to_have_value("")
    bob.open(ann.name)
    bob.sees("one\ntwo")
    bob.page.locator("textarea").press("Shift+Enter")
    expect(bob.page.locator("textarea")).to_have_value("\n")


def focused(page, attribute):
    return page.evaluate("name => document.activeElement.getAttribute(name)", attribute)


@test
def the_focus_stays_where_it_is(world):
    ann, bob, cid = world.person(world.alpha), world.person(world.alpha, "bob"), world.person(world.alpha, "cid")
    for other in (bob, cid):
        other.write_to(ann.name)
        other.say("hello")
    ann.page.bring_to_front()
    ann.open(cid.name)
    # A row that is made anew, and one that moves up.
    for other in (cid, bob):
        ann.row(other.name).focus()
        other.say("again")
        expect(ann.row(other.name)).to_contain_text("again")
        expect(ann.page.locator(".conversation").first).to_have_attribute("data-name", other.name)
        assert focused(ann.page, "data-name") == other.name
    ann.sees("again").focus()
    cid.page.bring_to_front()
    cid.tool("again", "React")
    cid.menu("👍")
    ann.page.bring_to_front()
    expect(ann.sees("again").locator(".reaction")).to_be_visible()
    assert focused(ann.page, "data-key") == ann.sees("again").get_attribute("data-key")
    pin = ann.details().get_by_role("button", name="Pin")
    pin.focus()
    ann.page.keyboard.press("Enter")
    expect(ann.details().get_by_role("button", name="Unpin")).to_be_focused()


@test
def typing_while_the_realm_comes_back(world):
    page = world.browser.new_context().new_page()
    page.route_web_socket(re.compile("^ws"), lambda socket: socket.close())
    page.goto(world.alpha.url)
    expect(page.get_by_role("alert").first).to_contain_text("does not answer")
    page.locator("input[name=account]").press_sequentially("anna")
    page.keyboard.press("ArrowLeft")
    page.route_web_socket(re.compile("^ws"), lambda socket: socket.connect_to_server())
    expect(page.get_by_role("tab", name="Create account")).to_be_visible()
    page.keyboard.type("-")
    expect(page.locator("input[name=account]")).to_have_value("ann-a")


def ten_thousand_members(page, group):
    """Lets a page believe that a group has ten thousand members, whom nobody has to register for it."""
    def route(socket):
        realm = socket.connect_to_server()

        def pass_on(line):
            if f" 366 " in line and f" {group} " in line:
                tags, _, rest = line.partition(" ") if line.startswith("@") else ("", "", line)
                source, _, me = rest.split(" ")[:3]
                for start in range(0, 10_000, 100):
                    names = " ".join(f"{'+' if number % 50 == 0 else ''}member{number}" for number in range(start, start + 100))
                    socket.send(f"{tags} {source} 353 {me} = {group} :{names}".strip())
            socket.send(line)

        realm.on_message(pass_on)

    page.route_web_socket(re.compile("^ws"), route)


def chosen(page):
    """What the field that has the focus says is chosen in the list below it."""
    return page.evaluate("""() => {
        const field = document.activeElement;
        const list = document.getElementById(field.getAttribute('aria-controls'));
        const option = document.getElementById(field.getAttribute('aria-activedescendant'));
        return list.contains(option) && list.role === 'listbox' && option.role === 'option' && option.ariaSelected === 'true'
            ? option.textContent : null;
    }""")


@test
def a_group_of_ten_thousand(world):
    ann = world.person(world.alpha)
    group = world.new_name("#crowd")
    ann.join(group[1:])
    ten_thousand_members(ann.page, group)
    ann.page.reload()
    ann.is_in()
    ann.open(group)
    details = ann.details()
    expect(details.locator(".members-title")).to_have_text("10001 members")
    expect(details).to_contain_text("9701 more")
    details.get_by_role("searchbox", name="Find a member").fill("member9876")
    expect(details.locator(".member")).to_have_count(1)
    details.get_by_role("searchbox", name="Find a member").fill("")
    ann.page.locator("textarea").fill("@member99")
    expect(ann.page.locator(".choice")).to_have_count(6)
    ann.page.keyboard.press("ArrowDown")
    assert chosen(ann.page) == ann.page.locator(".choice").nth(1).text_content()
    ann.page.keyboard.press("Escape")
    assert chosen(ann.page) is None
    ann.say("hello all of you")
    ann.sees("hello all of you")
    # Whoever comes and goes costs the same, however many are there; minutes would be the square.
    cost = ann.page.evaluate("""async () => {
        const { State } = await import('/js/state/state.js');
        const { parseLine } = await import('/js/protocol/line.js');
        const state = new State();
        state.me = 'ann';
        const start = performance.now();
        state.take(parseLine(':ann!a@a JOIN #c'), 0);
        for (let at = 0; at < 10000; at += 1) state.take(parseLine(`:m${at}!m@a JOIN #c`), 0);
        return performance.now() - start;
    }""")
    assert cost < 60_000, f"{cost} ms"


@test
def who_may_do_what_in_a_group(world):
    ann, bob = world.person(world.alpha), world.person(world.gamma, "bob")
    group = world.new_name("#court")
    ann.join(group[1:])
    bob.join(f"{group[1:]}@alpha")
    expect(bob.details().get_by_role("button", name="Group settings")).to_have_count(0)
    ann.page.bring_to_front()
    member = ann.details().locator(".member", has_text=bob.name)
    member.get_by_role("button").click()
    ann.menu("Remove and keep out")
    ann.page.get_by_role("dialog").get_by_role("button", name="Remove and keep out").click()
    expect(member).to_have_count(0)
    ann.details().get_by_role("button", name="Group settings").click()
    rules = ann.page.get_by_role("dialog", name="Group settings")
    expect(rules.locator(".log")).to_contain_text("was removed by")
    expect(rules.locator(".result")).to_contain_text(bob.name)
    rules.get_by_role("button", name="Let in again").click()
    expect(rules).to_contain_text("Nobody.")
    rules.get_by_label("Messages are erased").select_option("7")
    expect(rules.get_by_label("Messages are erased")).to_have_value("7")
    rules.get_by_label("Who may write").select_option("m")
    expect(rules.get_by_label("Who may write")).to_have_value("m")
    rules.get_by_label("Password to get in").fill("sesame")
    rules.get_by_role("button", name="Save").click()
    expect(rules.get_by_label("Password to get in")).to_have_value("sesame")
    ann.page.keyboard.press("Escape")
    bob.page.bring_to_front()
    bob.page.get_by_role("button", name="Join").click()
    bob.page.get_by_role("textbox", name=re.compile("has a password")).fill("sesame")
    bob.page.keyboard.press("Enter")
    expect(bob.page.locator("textarea")).to_be_enabled()
    bob.say("may I?")
    expect(bob.page.locator(".state.failed")).to_be_visible()
    bob.page.get_by_role("button", name="Discard").click()
    expect(bob.messages("may I?")).to_have_count(0)


@test
def what_is_typed_is_not_lost(world):
    ann, bob = world.person(world.alpha), world.person(world.alpha, "bob")
    ann.write_to(bob.name)
    ann.page.locator("textarea").fill("half a sentence")
    ann.join(world.new_name("elsewhere"))
    expect(ann.page.locator("textarea")).to_have_value("")
    ann.page.wait_for_timeout(500)
    ann.page.reload()
    ann.open(bob.name)
    expect(ann.page.locator("textarea")).to_have_value("half a sentence")
    ann.say("/msg NickServ IDENTIFY secret")
    expect(ann.page.locator("#toast")).to_contain_text("There is no command /msg")
    ann.say("//tell it")
    expect(ann.sees("/tell it").locator(".text")).to_have_text("/tell it")
    ann.page.locator("textarea").press("ArrowUp")
    ann.say("/tell them")
    expect(ann.sees("/tell them").locator(".edited")).to_be_visible()
    ann.page.locator("textarea").press("ArrowUp")
    ann.say("tell them")
    expect(ann.messages("/tell them")).to_have_count(0)
    ann.page.locator("textarea").press("ArrowUp")
    ann.say("/msg NickServ IDENTIFY secret")
    expect(ann.page.locator("#toast")).to_contain_text("There is no command /msg")
    ann.say("//msg me")
    expect(ann.sees("/msg me").locator(".text")).to_have_text(re.compile("^/msg me"))
    word = "W" * 1_000_000
    ann.page.locator("textarea").evaluate("(field, text) => { field.value = text; field.dispatchEvent(new Event('input')); }", word)
    ann.page.locator("textarea").press("Enter")
    ann.page.get_by_role("dialog", name="Send this long text?").get_by_role("button", name="Cancel").click()
    assert ann.page.locator("textarea").input_value() == word
    assert ann.messages("WWWW").count() == 0


@test
def addresses_are_completed(world):
    ann, gil = world.person(world.alpha), world.person(world.gamma, "gil")
    ann.page.wait_for_function("() => document.querySelector('.world-state').textContent.includes('2')")
    ann.start()
    ann.page.fill("input[name=address]", gil.name)
    expect(ann.page.locator(".offers [role=option]")).to_have_count(2)
    ann.page.keyboard.press("ArrowDown")
    ann.page.keyboard.press("ArrowDown")
    ann.page.keyboard.press("Enter")
    expect(ann.page.locator(".conversation.open")).to_contain_text("gamma")
    ann.say("found you")
    gil.page.bring_to_front()
    gil.open(f"{ann.name}/alpha")
    gil.sees("found you")


NOTIFICATIONS = "async () => (await self.registration.getNotifications()).map(one => one.title + ': ' + one.body).sort()"


def worker_of(person):
    """What stays when the page is closed."""
    deadline = time.monotonic() + SECONDS
    while not person.context.service_workers:
        assert time.monotonic() < deadline, "there is no worker"
        person.page.wait_for_timeout(50)
    return person.context.service_workers[0]


def wait_until_nobody_looks(person, worker):
    """A page that one has just left may be there for a moment, and what is pushed meanwhile is not told."""
    deadline = time.monotonic() + SECONDS
    while worker.evaluate("async () => (await self.clients.matchAll({ includeUncontrolled: true })).length"):
        assert time.monotonic() < deadline, "the page is still there"
        person.page.wait_for_timeout(50)


def are_told(person, worker, wanted):
    deadline = time.monotonic() + SECONDS
    while (told := worker.evaluate(NOTIFICATIONS)) != wanted:
        assert time.monotonic() < deadline, f"told of {told}, not of {wanted}"
        person.page.wait_for_timeout(50)


@test
def told_while_nobody_looks(world):
    ann, bob = world.person(world.alpha, permissions=["notifications"]), world.person(world.alpha, "bob")
    worker = worker_of(ann)
    ann.page.evaluate("document.hasFocus = () => false")
    bob.write_to(ann.name)
    bob.say("are you there?")
    are_told(ann, worker, [f"{bob.name}: are you there?"])
    ann.page.evaluate("document.hasFocus = () => true")
    ann.open(bob.name)
    are_told(ann, worker, [])
    settings = ann.settings()
    settings.get_by_role("button", name="Switch off").click()
    expect(settings).to_contain_text("Notifications are off")


@test
def pushed_while_no_page_is_open(world):
    ann = world.person(world.alpha, permissions=["notifications"])
    worker = worker_of(ann)
    tools = ann.context.new_cdp_session(ann.page)
    known = []
    tools.on("ServiceWorker.workerRegistrationUpdated", lambda event: known.extend(event["registrations"]))
    tools.send("ServiceWorker.enable")
    deadline = time.monotonic() + SECONDS
    while not known:
        assert time.monotonic() < deadline, "there is no registration"
        ann.page.wait_for_timeout(50)
    # What is pushed before the worker is active is lost.
    ann.page.evaluate("navigator.serviceWorker.ready")
    ann.page.wait_for_function("() => navigator.serviceWorker.controller?.state === 'activated'")
    ann.page.goto("about:blank")
    wait_until_nobody_looks(ann, worker)

    def push(line):
        tools.send("ServiceWorker.deliverPushMessage", {
            "origin": ann.realm.url.rstrip("/"), "registrationId": known[-1]["registrationId"], "data": line})

    def push_until_told(lines, wanted):
        """A browser that is busy may not have stored the worker yet, and drops what comes; a second time changes nothing."""
        deadline = time.monotonic() + SECONDS
        while (told := worker.evaluate(NOTIFICATIONS)) != wanted:
            assert time.monotonic() < deadline, f"told of {told}, not of {wanted}"
            for line in lines:
                push(line)
            ann.page.wait_for_timeout(500)

    said = [":bob!bob@alpha PRIVMSG #plans :\x02hello\x02 ann <b>", ":bob!bob@alpha PRIVMSG ann :in private"]
    push_until_told([*said, "not a line of anything"], ["bob – #plans: hello ann <b>", "bob: in private"])
    push_until_told([":alpha MARKREAD #plans timestamp=2026-11-23T12:00:00.000Z"], ["bob: in private"])


def none_of(problems):
    assert not problems, problems


@test
def languages_and_labels(world):
    for language, words in [("id-ID", "Buat akun"), ("de-DE", "Konto anlegen"), ("en-GB", "Create account"), ("fr-FR", "Create account")]:
        context = world.browser.new_context(locale=language)
        page = context.new_page()
        page.goto(world.alpha.url)
        page.get_by_role("tab", name=words).click()
        assert page.evaluate("document.documentElement.lang") == language[:2].replace("fr", "en")
        none_of(accessibility.problems(page))
        context.close()


def a_lively_group(world, **options):
    """Somebody in a group in which there is something of everything, with its details open."""
    ann, bob = world.person(world.alpha, **options), world.person(world.gamma, "bob")
    group = world.new_name("#lively")
    ann.join(group[1:])
    bob.join(f"{group[1:]}@alpha")
    bob.say(f"hello {ann.name}, see `code` and https://example.org/")
    ann.page.bring_to_front()
    ann.tool("hello", "React")
    ann.menu("👍")
    ann.tool("hello", "Reply")
    ann.say("an answer")
    expect(ann.sees("an answer").locator(".quote")).to_be_visible()
    ann.say("to be deleted")
    ann.tool("to be deleted", "More")
    ann.menu("Delete")
    ann.page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    ann.sees("Message deleted")
    ann.details()
    return ann, bob


@test
def long_words_in_a_small_window(world):
    ann = world.person(world.alpha)
    ann.page.set_viewport_size({"width": 340, "height": 640})
    for language in ("id", "de"):
        ann.page.evaluate("language => localStorage.setItem('moot.language', language)", language)
        ann.page.reload()
        ann.is_in()
        for number in (None, 0, 1):
            if number is None:
                ann.page.locator(".sidebar-head .icon-button").first.click()
            else:
                open_row(ann.page, number)
            expect(ann.page.locator("dialog[open]")).to_be_visible()
            ann.page.wait_for_timeout(150)
            none_of(ann.page.evaluate(accessibility.CUT_OFF))
            ann.page.keyboard.press("Escape")


def open_row(page, number):
    """A row of the menu, whatever the language."""
    page.locator(".sidebar-head .icon-button").nth(1).click()
    page.locator(".menu-row").nth(number).click()


@test
def everybody_can_use_it(world):
    ann, _ = a_lively_group(world)
    page = ann.page
    page.mouse.move(5, 5)
    none_of(accessibility.problems(page))
    for opens in (ann.start, ann.settings, lambda: page.keyboard.press("Control+k"),
                  lambda: ann.details().get_by_role("button", name="Group settings").click(),
                  lambda: ann.details().get_by_role("button", name="Invite").click(),
                  lambda: page.get_by_role("button", name="Search this conversation").click()):
        opens()
        expect(page.locator("dialog[open]")).to_be_visible()
        page.wait_for_timeout(200)
        none_of(accessibility.problems(page))
        page.keyboard.press("Escape")
        expect(page.locator("dialog[open]")).to_have_count(0)
    page.get_by_role("button", name="Menu").click()
    none_of(accessibility.problems(page))
    page.keyboard.press("Escape")
    assert page.evaluate("document.activeElement.getAttribute('aria-label')") == "Menu"
    stops = accessibility.walk(page)
    assert len(stops) > 15
    none_of([one["name"] for one in stops if not one["isShown"] or not one["isInView"]])
    parts = [one["part"] for one in stops]
    assert parts == sorted(parts) and set(parts) == {1, 2, 3, 4, 5}, parts


@test
def with_large_letters_and_without_motion(world):
    ann, _ = a_lively_group(world, reduced_motion="reduce")
    none_of(ann.page.evaluate(accessibility.MOVING))
    ann.page.evaluate("document.documentElement.style.fontSize = '125%'")
    # Between these the layout is that of a phone, for those who have chosen such letters in the browser.
    for width, height in ((1600, 1000), (640, 700)):
        ann.page.set_viewport_size({"width": width, "height": height})
        ann.page.wait_for_timeout(200)
        none_of(ann.page.evaluate(accessibility.CUT_OFF))
    ann.page.locator("aside.details").get_by_role("button", name="Close").click()
    ann.page.wait_for_timeout(200)
    none_of(ann.page.evaluate(accessibility.CUT_OFF))
    ann.say("with large letters")
    expect(ann.sees("with large letters")).to_be_in_viewport()
    # Four times as large is what a phone shows.
    ann.page.set_viewport_size({"width": 320, "height": 256})
    ann.page.evaluate("document.documentElement.style.fontSize = ''")
    ann.say("on a small window")
    expect(ann.sees("on a small window")).to_be_in_viewport()
    none_of(ann.page.evaluate(accessibility.CUT_OFF))


def take_pictures(world, name):
    """What everybody had on the screen when it failed."""
    folder = pathlib.Path(tempfile.gettempdir())
    for number, page in enumerate(page for context in world.browser.contexts for page in context.pages):
        try:
            page.screenshot(path=folder / f"moot-web-{name}-{number}.png", timeout=5000)
        except Exception as error:
            print(f"no picture: {error}")


TESTS += uploads.TESTS + reading.TESTS


def run(world, one):
    """Runs a test, tells how it went, and leaves the world as it was. Returns whether it passed."""
    started = time.monotonic()
    world.problems.clear()
    try:
        one(world)
        none_of(world.problems)
        result = "passed"
    except Exception:
        result = "failed"
        traceback.print_exc(file=sys.stdout)
        take_pictures(world, one.__name__)
    for context in world.browser.contexts:
        context.close()
    for realm in world.realms:
        if not realm.process:
            realm.start()
    print(f"{'✔' if result == 'passed' else '✘'} Test {one.__name__} {result} after {time.monotonic() - started:.1f} seconds", flush=True)
    return result == "passed"


def run_parts(moot):
    """All tests, in as many worlds at once as there is work for two cores. Returns whether all passed."""
    parts = [subprocess.Popen([sys.executable, __file__, moot, *[one.__name__ for one in TESTS[part::PARTS]]], stdout=subprocess.PIPE, text=True)
             for part in range(PARTS)]
    outputs = [part.communicate()[0] for part in parts]
    print("\n".join(line for output in outputs for line in output.splitlines() if not line.startswith("Test run")))
    return all(part.returncode == 0 for part in parts)


def main():
    moot, words = sys.argv[1], sys.argv[2:]
    chosen = [one for one in TESTS if any(word in one.__name__ for word in words)]
    if words:
        with World(moot) as world:
            passed = all([run(world, one) for one in chosen])
    else:
        chosen = TESTS
        passed = run_parts(moot)
    print(f"Test run with {len(chosen)} tests {'passed' if passed else 'failed'}")
    sys.exit(0 if passed else 1)


if __name__ == "__main__":
    main()
