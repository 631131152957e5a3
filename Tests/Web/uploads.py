"""Files in the web client: choosing, dropping and pasting them, pictures and cards, what is refused and what breaks off."""

import struct
import zlib

import accessibility
from stage import expect

TESTS = []


def test(function):
    TESTS.append(function)
    return function


def png(width, height):
    """A picture of one colour."""
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = (b"\0" + b"\x2f\x6a\x56" * width) * height
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def choose(person, *files):
    """Files as `(name, type, bytes)`."""
    person.page.locator(".composer input[type=file]").set_input_files(
        [{"name": name, "mimeType": kind, "buffer": data} for name, kind, data in files])


DROP = """([event, name, type, size]) => {
  const data = new DataTransfer();
  data.items.add(new File([new Uint8Array(size).fill(65)], name, { type }));
  const target = document.querySelector(event === 'paste' ? 'textarea' : '.content');
  const details = { bubbles: true, cancelable: true };
  target.dispatchEvent(event === 'paste' ? new ClipboardEvent(event, { ...details, clipboardData: data })
    : new DragEvent(event, { ...details, dataTransfer: data }));
}"""


def act(person, event, name="notes.txt", kind="text/plain", size=2_048):
    person.page.evaluate(DROP, [event, name, kind, size])


def uploads(person):
    return person.page.locator(".upload")


def send(person):
    person.page.locator("textarea").press("Enter")
    expect(uploads(person)).to_have_count(0)


@test
def pictures_in_place_and_other_files_as_cards(world):
    ann, bob = world.person(world.alpha), world.person(world.alpha, "bob")
    ann.write_to(bob.name)
    choose(ann, ("holiday ü.png", "image/png", png(640, 480)), ("report.pdf", "application/pdf", b"%PDF-1.7 " + b"x" * 3_000))
    expect(uploads(ann)).to_have_count(2)
    expect(uploads(ann).first).to_contain_text("holiday ü.png")
    ann.say("look")
    expect(uploads(ann)).to_have_count(0)
    bob.page.bring_to_front()
    bob.open(ann.name)
    bob.sees("look")
    picture = bob.page.locator(".picture img")
    expect(picture).to_have_attribute("alt", "holiday ü.png")
    bob.page.wait_for_function("() => document.querySelector('.picture img').naturalWidth === 640")
    card = bob.page.locator(".card")
    expect(card).to_contain_text("report.pdf")
    expect(card).to_contain_text("2.9 KiB")
    picture.click()
    dialog = bob.page.get_by_role("dialog", name="holiday ü.png")
    bob.page.wait_for_function("() => document.querySelector('.enlarged img').naturalWidth === 640")
    assert not accessibility.problems(bob.page), accessibility.problems(bob.page)
    with bob.page.expect_download() as saved:
        dialog.get_by_role("link", name="Download").click()
    assert saved.value.suggested_filename == "holiday ü.png"
    assert saved.value.path().read_bytes() == png(640, 480)
    bob.page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)


@test
def a_file_of_another_realm_is_read_from_the_own_one(world):
    ann, gil = world.person(world.alpha), world.person(world.gamma, "gil")
    gil.page.wait_for_function("() => document.querySelector('.world-state').textContent.includes('2')")
    ann.write_to(f"{gil.name}@gamma")
    choose(ann, ("cat.png", "image/png", png(20, 20)))
    send(ann)
    expect(ann.page.locator(".picture")).to_have_count(1)
    gil.page.bring_to_front()
    gil.open(f"{ann.name}/alpha")
    gil.page.wait_for_function("() => document.querySelector('.picture img')?.naturalWidth === 20")
    path = gil.page.locator(".picture img").get_attribute("src")
    assert path.startswith("/files/") and "@alpha/" in path, path
    assert gil.page.request.get(f"{world.gamma.url.rstrip('/')}{path}").body() == png(20, 20)
    ann.page.bring_to_front()
    choose(ann, ("plans.txt", "text/plain", b"all of them"))
    send(ann)
    gil.page.bring_to_front()
    card = gil.page.locator("a.card")
    expect(card).to_contain_text("alpha")
    with gil.page.expect_popup() as opened:
        card.click()
    expect(opened.value.locator("body")).to_contain_text("all of them")


@test
def dropped_and_pasted(world):
    ann = world.person(world.alpha)
    ann.join(world.new_name("files"))
    act(ann, "dragenter")
    expect(ann.page.locator(".drop-target")).to_be_visible()
    act(ann, "drop", "dropped.txt")
    expect(ann.page.locator(".drop-target")).to_be_hidden()
    act(ann, "paste", "pasted.txt")
    expect(uploads(ann)).to_have_count(2)
    ann.page.locator(".upload", has_text="pasted.txt").get_by_role("button", name="Remove").click()
    expect(uploads(ann)).to_have_count(1)
    send(ann)
    expect(ann.page.locator(".card")).to_have_count(1)
    expect(ann.page.locator(".card")).to_contain_text("dropped.txt")


@test
def limits_are_told_before_anything_is_sent(world):
    ann = world.person(world.alpha)
    ann.join(world.new_name("files"))
    sent = []
    ann.page.on("request", lambda request: sent.append(request.method) if request.url.endswith("/upload") else None)
    act(ann, "drop", "film.mp4", "video/mp4", 40 << 20)
    expect(uploads(ann)).to_contain_text("40 MiB: at most 32 MiB are taken")
    expect(uploads(ann).get_by_role("button", name="Try again")).to_have_count(0)
    assert not accessibility.problems(ann.page), accessibility.problems(ann.page)
    assert "POST" not in sent, sent
    expect(ann.page.get_by_role("button", name="Send")).to_be_disabled()


@test
def an_upload_that_broke_off_is_tried_again(world):
    ann = world.person(world.alpha)
    ann.join(world.new_name("files"))
    ann.page.route("**/upload", lambda route: route.abort() if route.request.method == "POST" else route.continue_())
    act(ann, "drop", "notes.txt")
    expect(uploads(ann)).to_contain_text("The upload broke off")
    ann.page.unroute("**/upload")
    uploads(ann).get_by_role("button", name="Try again").click()
    expect(uploads(ann).get_by_role("alert")).to_have_count(0)
    send(ann)
    expect(ann.page.locator(".card")).to_contain_text("notes.txt")


@test
def the_realm_goes_away_in_the_middle(world):
    ann = world.person(world.alpha)
    ann.join(world.new_name("files"))
    world.alpha.kill()
    act(ann, "drop", "large.txt", "text/plain", 20 << 20)
    expect(uploads(ann)).to_contain_text("The upload broke off")
    world.alpha.start()
    expect(ann.page.locator(".status")).to_be_hidden(timeout=30_000)
    uploads(ann).get_by_role("button", name="Try again").click()
    send(ann)
    expect(ann.page.locator(".card")).to_contain_text("20 MiB")


@test
def a_file_that_claims_to_be_a_picture(world):
    ann = world.person(world.alpha)
    ann.join(world.new_name("files"))
    page = b"<script>document.title = 'run'</script><svg xmlns='http://www.w3.org/2000/svg' onload='document.title = 1'/>"
    choose(ann, ("cat.png", "image/png", page), ("page.html", "text/html", page), ("cat.svg", "image/svg+xml", page))
    expect(uploads(ann)).to_have_count(3)
    send(ann)
    expect(ann.page.locator(".card")).to_have_count(3)
    expect(ann.page.locator(".picture")).to_have_count(0)
    for address in ann.page.locator(".card").evaluate_all("all => all.map(one => one.href)"):
        answer = ann.page.request.get(address)
        assert answer.headers["content-type"] == "application/octet-stream"
        assert answer.headers["content-disposition"].startswith("attachment")
        assert "sandbox" in answer.headers["content-security-policy"]


@test
def ones_own_files_are_listed_and_deleted(world):
    ann = world.person(world.alpha)
    ann.join(world.new_name("files"))
    act(ann, "drop", "notes.txt")
    send(ann)
    settings = ann.settings()
    expect(settings).to_contain_text("2 KiB of 1 GiB")
    row = settings.locator(".result", has_text="notes.txt")
    assert not accessibility.problems(ann.page), accessibility.problems(ann.page)
    row.get_by_role("button", name="Remove notes.txt").click()
    ann.page.get_by_role("dialog", name="Delete file").get_by_role("button", name="Delete").click()
    expect(settings).to_contain_text("0 B of 1 GiB")
    expect(row).to_have_count(0)
    ann.page.keyboard.press("Escape")
    ann.page.reload()
    ann.is_in()
    ann.page.locator(".conversation").first.click()
    expect(ann.page.locator(".card")).to_contain_text("not there any more")


@test
def files_on_a_telephone(world):
    ann = world.person(world.alpha, wide=False)
    ann.join(world.new_name("files"))
    choose(ann, ("a-very-long-name-of-a-picture-that-somebody-took-on-holiday.png", "image/png", png(1600, 200)),
           ("a-very-long-name-of-a-document-that-nobody-will-ever-read.docx", "", b"PK\3\4" + b"x" * 100))
    expect(uploads(ann)).to_have_count(2)
    assert ann.page.evaluate("document.documentElement.scrollWidth") <= 360
    send(ann)
    expect(ann.page.locator(".picture")).to_have_count(1)
    expect(ann.page.locator(".card")).to_have_count(1)
    for place in (".picture", ".card"):
        box = ann.page.locator(place).bounding_box()
        assert box["x"] + box["width"] <= 360, (place, box)
    assert ann.page.evaluate("document.documentElement.scrollWidth") <= 360


@test
def what_one_shows_of_oneself(world):
    ann, gil = world.person(world.alpha), world.person(world.gamma, "gil")
    group = world.new_name("#faces")
    ann.join(group[1:])
    gil.join(f"{group[1:]}@alpha")
    ann.write_to(f"{gil.name}@gamma")
    ann.say("who are you?")
    gil.open(f"{ann.name}/alpha")
    gil.sees("who are you?")
    settings = gil.settings()
    settings.get_by_label("What you are called").fill("Gil of the Hills")
    settings.get_by_label("Status").fill("reading")
    settings.get_by_role("button", name="Save").click()
    expect(settings.locator("#toast")).to_have_text("Saved.")
    picker = settings.locator("input[type=file]")
    picker.set_input_files([{"name": "no.png", "mimeType": "image/png", "buffer": b"not a picture"}])
    expect(settings.locator("#toast")).to_contain_text("cannot read this picture")
    picker.set_input_files([{"name": "me.png", "mimeType": "image/png", "buffer": png(900, 600)}])
    expect(settings.locator(".own-picture img")).to_be_visible()
    none_of = accessibility.problems(gil.page)
    assert not none_of, none_of
    gil.page.keyboard.press("Escape")
    gil.say("it is me")
    ann.page.bring_to_front()
    head = ann.page.locator(".conversation-head")
    expect(head).to_contain_text("Gil of the Hills")
    expect(head).to_contain_text("reading")
    ann.sees("it is me")
    for place in (head, ann.row(f"{gil.name}/gamma"), ann.sees("it is me"), ann.details()):
        expect(place.locator(".avatar img").first).to_be_visible()
    assert ann.page.evaluate("document.querySelector('.conversation-head .avatar img').naturalWidth") == 256
    ann.open(group)
    member = ann.details().locator(".member", has_text=gil.name)
    expect(member).to_contain_text("Gil of the Hills · reading")
    expect(member.locator("img")).to_be_visible()
    # What is taken away goes everywhere.
    gil.page.bring_to_front()
    settings = gil.settings()
    expect(settings.get_by_label("What you are called")).to_have_value("Gil of the Hills")
    settings.get_by_label("Status").fill("")
    settings.get_by_role("button", name="Save").click()
    expect(settings.locator("#toast.shown")).to_have_text("Saved.")
    settings.get_by_role("button", name="Remove it").click()
    expect(settings.locator(".own-picture img")).to_have_count(0)
    ann.page.bring_to_front()
    expect(member.locator("img")).to_have_count(0)
    expect(member).not_to_contain_text("reading")
