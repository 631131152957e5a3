#!/usr/bin/env python3
"""What the web client costs in the browser: measure.py MOOT [--long]. The figures of docs/performance.md."""

import sys

from stage import World

MESSAGES = 5_000
LONG = 100_000

FRAMES = """async () => {
    const box = document.querySelector('.timeline');
    const times = [];
    let last = performance.now();
    for (let step = 0; step < 240; step += 1) {
        box.scrollTop -= 120;
        await new Promise(requestAnimationFrame);
        const now = performance.now();
        times.push(now - last);
        last = now;
    }
    times.sort((a, b) => a - b);
    return [times[120], times[228], times[239]].map(time => Math.round(time * 10) / 10);
}"""

# From the newest to the oldest, as fast as pages come.
SCROLL_BACK = """async () => {
    const box = document.querySelector('.timeline');
    const frames = [];
    const start = performance.now();
    let last = start;
    while (!document.querySelector('.beginning')) {
        box.scrollTop = Math.max(0, box.scrollTop - 3000);
        await new Promise(requestAnimationFrame);
        const now = performance.now();
        frames.push(now - last);
        last = now;
        if (now - start > 300_000) throw new Error('it does not end');
    }
    frames.sort((a, b) => a - b);
    const at = part => Math.round(frames[Math.floor(frames.length * part)]);
    return { seconds: Math.round((performance.now() - start) / 1000), median: at(.5), most: at(.95), worst: Math.round(frames.at(-1)),
        heap: Math.round(performance.memory.usedJSHeapSize / 2 ** 20), elements: document.querySelectorAll('.app *').length };
}"""

SWITCH = """async names => {
    const times = [];
    for (let round = 0; round < 10; round += 1) {
        for (const name of names) {
            const start = performance.now();
            document.querySelector(`.conversation[data-name="${name}"]`).click();
            await new Promise(requestAnimationFrame);
            document.querySelector('.timeline').getBoundingClientRect();
            times.push(performance.now() - start);
        }
    }
    times.sort((a, b) => a - b);
    return [times[10], times[19]].map(time => Math.round(time * 10) / 10);
}"""


def fill(world, group, messages=MESSAGES):
    writer = world.alpha.irc(world.new_name("writer"))
    writer.say(f"JOIN {group}")
    for start in range(0, messages, 250):
        writer.say(*[f"PRIVMSG {group} :message {number}, of ordinary length, as people write them"
                     for number in range(start, start + 250)])
        writer.sync()
    return writer


def first_load(world):
    """What comes over the wire, heads and all, until somebody can log in."""
    context = world.browser.new_context()
    page = context.new_page()
    tools = context.new_cdp_session(page)
    sizes = []
    tools.on("Network.loadingFinished", lambda event: sizes.append(event["encodedDataLength"]))
    tools.send("Network.enable")
    page.goto(world.alpha.url)
    page.wait_for_selector("input[name=account]")
    page.wait_for_timeout(1_000)
    print(f"first load: {sum(1 for size in sizes if size)} files, {sum(sizes) / 1024:.0f} KiB with their heads")
    context.close()


def main():
    with World(sys.argv[1]) as world:
        ann = world.person(world.alpha)
        first_load(world)
        for group in ("#one", "#two"):
            ann.join(group[1:])
            writer = fill(world, group)
            ann.sees(f"message {MESSAGES - 1},")
            writer.close()
        ann.page.bring_to_front()
        held = "document.querySelectorAll('.app *').length"
        print(f"elements on the page with {MESSAGES} messages in memory: {ann.page.evaluate(held)}")
        print("switching between two such conversations, ms: median {}, worst {}".format(
            *ann.page.evaluate(SWITCH, ["#one", "#two"])))
        ann.page.wait_for_timeout(500)
        print("frames while scrolling back, ms: median {}, 95 % {}, worst {}".format(*ann.page.evaluate(FRAMES)))
        print(f"heap: {ann.page.evaluate('performance.memory.usedJSHeapSize') / 2 ** 20:.0f} MiB")

        if "--long" in sys.argv:
            ann.join("long")
            fill(world, "#long", LONG).close()
            ann.page.reload()
            ann.is_in()
            ann.open("#long")
            ann.sees(f"message {LONG - 1},")
            print(f"scrolling back through {LONG} messages:", ann.page.evaluate(SCROLL_BACK))


if __name__ == "__main__":
    main()
