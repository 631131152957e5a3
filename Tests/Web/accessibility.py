"""What a page has to be like for those who do not see it, see little, or use no mouse."""

# Visible text whose contrast is too small (WCAG 2.2, 1.4.3), as it is computed: everything that lies behind it mixed.
CONTRAST = """() => {
    const canvas = new OffscreenCanvas(1, 1).getContext('2d', { willReadFrequently: true });
    const known = new Map();
    const rgba = (color) => {
        if (!known.has(color)) {
            canvas.clearRect(0, 0, 1, 1);
            canvas.fillStyle = color;
            canvas.fillRect(0, 0, 1, 1);
            const [r, g, b, a] = canvas.getImageData(0, 0, 1, 1).data;
            known.set(color, [r, g, b, a / 255]);
        }
        return known.get(color);
    };
    const over = ([r, g, b, a], below) => [r, g, b].map((part, index) => part * a + below[index] * (1 - a));
    const behind = (element) => {
        if (!element) return [255, 255, 255];
        const color = rgba(getComputedStyle(element).backgroundColor);
        return color[3] === 1 ? color.slice(0, 3) : over(color, behind(element.parentElement));
    };
    const light = (color) => color.map(part => part / 255).map(part => part <= .03928 ? part / 12.92 : ((part + .055) / 1.055) ** 2.4)
        .reduce((sum, part, index) => sum + part * [.2126, .7152, .0722][index], 0);
    const found = new Set();
    const top = document.querySelector('dialog[open]') ?? document.body;
    const walker = document.createTreeWalker(top, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
        const element = walker.currentNode.parentElement;
        const style = getComputedStyle(element);
        if (!walker.currentNode.data.trim() || !element.checkVisibility({ visibilityProperty: true, opacityProperty: true })) continue;
        if (element.closest('.spoken, :disabled, #toast')) continue;
        const ground = behind(element);
        const [one, other] = [light(over(rgba(style.color), ground)), light(ground)].sort((a, b) => b - a);
        const size = parseFloat(style.fontSize);
        const isLarge = size >= 24 || (size >= 18.66 && style.fontWeight >= 700);
        const ratio = (one + .05) / (other + .05);
        if (ratio < (isLarge ? 3 : 4.5)) found.add(`${element.tagName}.${element.className} ${ratio.toFixed(2)} ${style.color}`);
    }
    return [...found];
}"""

# What can be used and has no name, pictures without words, fields that only a placeholder names.
NAMELESS = """() => {
    const words = (element) => (element.getAttribute('aria-label') || element.textContent.trim() || element.title
        || [...element.labels ?? []].map(label => label.textContent.trim()).join(''));
    const all = document.querySelectorAll('button, a, input, select, textarea, dialog, [role], nav, aside');
    const silent = ['presentation', 'none', 'separator', 'status', 'alert', 'list', 'listitem', 'tablist'];
    return [...all].filter(e => e.checkVisibility() && !silent.includes(e.getAttribute('role')) && !words(e))
        .concat([...document.querySelectorAll('img:not([alt]), svg:not([aria-hidden])')]).map(e => e.outerHTML.slice(0, 120));
}"""

# One heading of the page, no level left out, one main part; parts that tell of changes; a language.
STRUCTURE = """() => {
    const problems = [];
    const seen = (selector) => [...document.querySelectorAll(selector)].filter(e => e.checkVisibility());
    const levels = seen('h1, h2, h3').map(e => Number(e.tagName[1]));
    if (levels.filter(level => level === 1).length !== 1) problems.push(`${levels} headings`);
    levels.forEach((level, index) => { if (index && level > levels[index - 1] + 1) problems.push(`a heading ${level} after ${levels[index - 1]}`); });
    if (seen('main:not([role]), [role=main]').length !== 1) problems.push('not one main part');
    if (!document.querySelector('[role=status][aria-live=polite]')) problems.push('nothing tells of changes');
    if (!/^(en|de|id)$/.test(document.documentElement.lang)) problems.push(`language ${document.documentElement.lang}`);
    const ids = [...document.querySelectorAll('[id]')].map(e => e.id);
    if (new Set(ids).size !== ids.length) problems.push('an id that is there twice');
    for (const e of document.querySelectorAll('[aria-controls], [aria-activedescendant]')) {
        for (const name of ['aria-controls', 'aria-activedescendant']) {
            const id = e.getAttribute(name);
            if (id && !document.getElementById(id)) problems.push(`${name} of ${id}, which is nowhere`);
        }
    }
    return problems;
}"""

# The element that has the focus: its name, whether it shows that, and whether it is in view.
FOCUSED = """() => {
    const e = document.activeElement;
    if (!e || e === document.body) return null;
    const box = e.getBoundingClientRect();
    const style = getComputedStyle(e);
    const around = getComputedStyle(e.closest('.composer-box') ?? e);
    const isShown = (style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2) || around.borderColor !== window.borderBefore;
    return { name: e.getAttribute('aria-label') || e.textContent.trim().slice(0, 40) || e.name || e.className, isShown,
        part: e.closest('aside.sidebar') ? 1 : e.closest('.conversation-head') ? 2 : e.closest('.timeline-frame') ? 3
            : e.closest('.composer') ? 4 : e.closest('aside.details') ? 5 : 0,
        isInView: box.width > 0 && box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth };
}"""

# Things that move although the reader has asked that nothing does.
MOVING = """() => [...document.querySelectorAll('*')].filter(e => {
    const style = getComputedStyle(e);
    return style.transitionDuration.split(',').some(time => parseFloat(time) > 0)
        || style.animationDuration.split(',').some(time => parseFloat(time) > 0);
}).map(e => e.outerHTML.slice(0, 80))"""

# What is cut off, or sticks out of the window, with large letters.
CUT_OFF = """() => {
    const cut = [...document.querySelectorAll('#page *, dialog *')].filter(e => e.checkVisibility() && !e.closest('.spoken, svg')
        && e.textContent.trim() && getComputedStyle(e).overflowY === 'hidden' && e.scrollHeight > e.clientHeight + 3 && e.clientHeight > 0
        && !e.matches('dialog, .timeline, .state'));
    const wide = [...document.querySelectorAll('html, dialog')].filter(e => e.scrollWidth > e.clientWidth);
    return cut.concat(wide).map(e => `${e.tagName}.${e.className} ${e.scrollHeight} in ${e.clientHeight}`);
}"""


def problems(page):
    """Everything that is wrong with the page as it stands, in both themes."""
    found = [f"nameless: {one}" for one in page.evaluate(NAMELESS)] + [f"structure: {one}" for one in page.evaluate(STRUCTURE)]
    for scheme in ("dark", "light"):
        page.emulate_media(color_scheme=scheme)
        page.wait_for_function(f"() => matchMedia('(prefers-color-scheme: {scheme})').matches")
        found += [f"contrast, {scheme}: {one}" for one in page.evaluate(CONTRAST)]
    return found


def walk(page, most=80):
    """Where Tab leads, until it leaves the page."""
    page.evaluate("""() => {
        document.activeElement.blur();
        const box = document.querySelector('.composer-box');
        window.borderBefore = box ? getComputedStyle(box).borderColor : '';
        getSelection().removeAllRanges();
    }""")
    stops = []
    for _ in range(most):
        page.keyboard.press("Tab")
        stop = page.evaluate(FOCUSED)
        if stop is None:
            break
        stops.append(stop)
    return stops
