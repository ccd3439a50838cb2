"""`mtpipe review` in a process of its own, asked over HTTP and by a real browser."""

import shutil
import signal

import pytest
import requests

from mtpipe.config import Job
from mtpipe.pipeline import jobs, review
from tests.support.served import started

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
PATIENCE = 120_000  # milliseconds that a busy machine may take


@pytest.fixture
def out(tmp_path):
    """What a job wrote that has a missing term, tags, and equal sentences."""
    source = tmp_path / "in"
    source.mkdir()
    (source / "a.html").write_text("<p>Open the <b>cell</b>.</p>\n<p>Save {n} files.</p><p>Done now.</p>")
    (source / "b.txt").write_text("Done now.\nUse the row.\n" + "".join(f"Line {n} is here.\n" for n in range(60)))
    (tmp_path / "g.csv").write_text("source,target,note\ncell,Zelle,of a sheet\nrow,ROW,\n")
    jobs.run(Job(source, tmp_path / "out", "en", "de", glossary=tmp_path / "g.csv", mt="fake", editors=()))
    return tmp_path / "out"


def reviewing(out, *options):
    return started(out.parent / "review.log", "review", out, "--port", 0, *options)


def post(served, path, **body):
    return requests.post(f"{served.url}/api/{path}", json=body)


def test_read_decide_undo_write(out, tmp_path):
    with reviewing(out, "--tm", tmp_path / "m.sqlite") as served:
        job = requests.get(f"{served.url}/api/job").json()
        assert job["statuses"]["all"] == 65 and job["kinds"] == {"missing": 1} and len(job["documents"]) == 2
        data = requests.get(f"{served.url}/api/sentences", params={"kind": "missing"}).json()
        item, = data["items"]
        entry = data["terms"][str(item["matches"][0][2])]
        assert (entry["targets"], entry["note"], entry["missing"]) == (["Zelle"], "of a sheet", 1)
        assert item["codes"] == [[9, 12], [16, 20]] and item["target_codes"] == item["codes"]
        target = "Öffne die <b>Zelle</b>."
        assert post(served, "check", n=item["n"], target=target).json()["errors"] == []
        saved = post(served, "decide", n=item["n"], version=0, target=target, status="approved").json()
        assert saved["statuses"]["approved"] == 1 and saved["kinds"] == {} and saved["unwritten"] == 1
        late = post(served, "decide", n=item["n"], version=0, target="Meines.")
        assert late.status_code == 409 and "changed by somebody else" in late.json()["message"]
        assert post(served, "undo", action=saved["action"]).json()["kinds"] == {"missing": 1}
        post(served, "decide", n=item["n"], version=2, target=target, status="approved")
        assert post(served, "write").json()["documents"] == 1
        assert "<p>Öffne die <b>Zelle</b>.</p>" in (out / "a.html").read_text()
        assert post(served, "write").json() == {"documents": 0, "memory": 0, **post(served, "write").json()}
        served.stop()
    assert (tmp_path / "m.sqlite").is_file()


def test_what_was_decided_before_a_kill_is_written_by_the_next_review(out):
    with reviewing(out) as served:
        item, = requests.get(f"{served.url}/api/sentences", params={"text": "use the row"}).json()["items"]
        post(served, "decide", n=item["n"], version=0, target="Nutze ROW.")
        served.stop(signal.SIGKILL)
    assert "Nutze ROW." not in (out / "b.txt").read_text()
    with reviewing(out) as served:
        assert requests.get(f"{served.url}/api/job").json()["unwritten"] == 1
        served.stop()
    assert "Nutze ROW." in (out / "b.txt").read_text()
    assert "1 document written again" in served.log.read_text()


def test_what_can_t_be_written_is_said_and_kept(out):
    with reviewing(out) as served:
        item, = requests.get(f"{served.url}/api/sentences", params={"text": "use the row"}).json()["items"]
        post(served, "decide", n=item["n"], version=0, target="Nutze ROW.")
        (out.parent / "in" / "b.txt").write_text("Something else.\n")
        answer = post(served, "write")
        assert answer.status_code == 500 and "b.txt: changed since it was translated" in answer.json()["message"]
        served.stop()
    assert "the documents are not written, all decisions are kept: " in served.log.read_text()
    with reviewing(out) as served:
        assert requests.get(f"{served.url}/api/job").json()["unwritten"] == 1


@pytest.mark.parametrize(("path", "body", "status", "message"), [
    ("decide", {"n": 999, "version": 0}, 404, "no sentence 999"), ("decide", {"n": "x"}, 422, "n: "),
    ("decide", {"n": 0, "version": 0, "status": "perhaps"}, 422, "approved"),
    ("decide", {"n": 0, "version": 0, "target": "x" * 100_001}, 422, "target"),
    ("undo", {"action": 7}, 404, "no action 7"), ("check", {"n": -1, "target": ""}, 404, "no sentence -1"),
])  # fmt: skip
def test_wrong_requests(shared, path, body, status, message):
    answer = requests.post(f"{shared.url}/api/{path}", json=body)
    assert answer.status_code == status and message in answer.json()["message"]


def test_other_sites_and_names_are_refused(shared):
    url = f"{shared.url}/api/undo"
    assert requests.post(url, data={"action": 1}).status_code == 403  # a form, as any page could send it
    assert requests.post(url, json={"action": 1}, headers={"Origin": "http://evil.example"}).status_code == 403
    assert requests.get(f"{shared.url}/api/job", headers={"Host": "evil.example"}).status_code == 400
    policy = requests.get(shared.url).headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; script-src 'self'") and "unsafe" not in policy


def test_the_page_loads_nothing_from_elsewhere(shared):
    for path in ("", "/review.js", "/review.css"):
        text = requests.get(shared.url + path).text
        assert "http://" not in text and "https://" not in text and "innerHTML" not in text


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    folder = tmp_path_factory.mktemp("shared")
    (folder / "a.txt").write_text("Open it.\n")
    jobs.run(Job(folder / "a.txt", folder / "b.txt", "en", "de", mt="fake", editors=()))
    with started(folder / "review.log", "review", folder / "b.txt", "--port", 0) as served:
        yield served


@pytest.fixture
def playwright():
    module = pytest.importorskip("playwright.sync_api", reason="needs Playwright: pip install playwright")
    if CHROMIUM is None:
        pytest.skip("needs a Chromium: `make test-browser` installs it")
    return module


@pytest.fixture
def expect(playwright):
    playwright.expect.set_options(timeout=PATIENCE)
    return playwright.expect


@pytest.fixture
def browser(playwright):
    with playwright.sync_playwright() as driver:
        opened = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield opened
        opened.close()


def opened(browser, url, **options):
    page = browser.new_context(**options).new_page()
    page.set_default_timeout(PATIENCE)
    page.errors = []
    page.on("pageerror", lambda error: page.errors.append(str(error)))
    page.on("console", lambda message: message.type == "error" and page.errors.append(message.text))
    page.goto(url)
    return page


def visit(browser, served, **options):
    page = opened(browser, served.url, **options)
    page.wait_for_selector("#list li textarea")
    return page


@pytest.mark.slow
def test_open_filter_edit_approve_reload_export(browser, expect, out):
    with reviewing(out) as served:
        page = visit(browser, served)
        row = page.locator("#list li[aria-current=true]")
        assert page.locator("#list > li").count() == 25 and row.locator("mark.src").inner_text() == "cell"
        assert row.locator(".texts .inline").first.inner_text() == "<b>" and "of a sheet" in row.inner_text()
        page.get_by_role("button", name="Term missing 1").click()
        expect(page.locator("#list > li")).to_have_count(1)
        page.keyboard.press("e")
        area = row.get_by_label("Translation", exact=True)
        area.fill("Öffne die Zelle")
        expect(page.locator(".errors")).to_contain_text("</b>")  # the live check
        area.fill("Öffne die ")
        page.keyboard.press("Alt+1")
        page.keyboard.type("Zelle")
        page.keyboard.press("Alt+2")
        page.keyboard.type(".")
        expect(page.locator(".errors")).to_contain_text("no errors")
        page.keyboard.press("Control+Enter")
        expect(page.locator("#progress-text")).to_contain_text("1 of 65 reviewed")
        page.reload()
        page.wait_for_selector("#list li")
        page.get_by_role("button", name="Term missing").click()  # the address keeps the filters
        page.select_option("#status", "approved")
        expect(page.locator("#list > li.approved")).to_have_count(1)
        assert "Öffne die <b>Zelle</b>." in page.locator("#list > li .texts").inner_text()
        page.get_by_role("button", name="Write documents (1 to write)").click()
        expect(page.locator("#message")).to_contain_text("1 document written again")
        assert page.errors == []
        served.stop()
    assert "<p>Öffne die <b>Zelle</b>.</p>" in (out / "a.html").read_text()
    rows = {row.source: row for row in review.sentences(review.state_folder(out))[0]}
    assert rows["Open the <b>cell</b>."].status == "approved"


@pytest.mark.slow
def test_the_keyboard_does_it_all(browser, expect, out):
    with reviewing(out) as served:
        page = visit(browser, served)
        text = page.locator("#progress-text")
        page.keyboard.press("j")
        page.keyboard.press("a")
        expect(text).to_contain_text("1 of 65 reviewed")
        page.keyboard.press("r")
        expect(text).to_contain_text("2 of 65 reviewed")
        page.keyboard.press("u")
        expect(text).to_contain_text("1 of 65 reviewed")
        page.keyboard.press("n")
        expect(page.locator("#place")).to_contain_text("26–50 of 65")
        page.keyboard.press("p")
        expect(page.locator("#place")).to_contain_text("1–25 of 65")
        page.keyboard.press("/")
        page.keyboard.type("done now")
        expect(page.locator("#list > li")).to_have_count(2)
        page.locator("#list li").first.focus()
        page.keyboard.press("c")
        page.keyboard.type("short")
        page.keyboard.press("Enter")
        expect(page.locator("#kinds")).to_contain_text("Has a comment 1")
        page.keyboard.press("b")
        expect(page.locator("#list > li.approved")).to_have_count(2)
        page.keyboard.press("?")
        assert page.get_by_role("dialog", name="Keys").is_visible()
        assert page.errors == []


@pytest.mark.slow
def test_two_people_at_one_sentence(browser, expect, out):
    with reviewing(out) as served:
        one, two = (visit(browser, served) for _ in range(2))
        one.locator("textarea").fill("Ihre <b>Zelle</b>.")
        one.keyboard.press("Control+Enter")
        expect(one.locator("#progress-text")).to_contain_text("1 of 65 reviewed")
        two.locator("textarea").fill("Meine <b>Zelle</b>.")
        two.keyboard.press("Control+Enter")
        alert = two.get_by_role("alert")
        alert.wait_for()
        assert "Ihre <b>Zelle</b>." in two.locator("#list li[aria-current=true] .texts").inner_text()
        assert two.locator("textarea").input_value() == "Meine <b>Zelle</b>."
        two.get_by_role("button", name="Save mine").click()
        expect(two.locator("#list li .texts").first).to_contain_text("Meine")
        assert one.errors == [] and [error for error in two.errors if "409" not in error] == []


@pytest.mark.slow
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_phone_s_width_is_enough(browser, out, scheme):
    with reviewing(out) as served:
        page = visit(browser, served, viewport={"width": 390, "height": 844}, color_scheme=scheme)
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        back = page.evaluate("getComputedStyle(document.body).backgroundColor")
        assert (sum(map(int, back[4:-1].split(","))) < 200) == (scheme == "dark")
        unnamed = page.evaluate("""[...document.querySelectorAll('button, input, select, textarea')].filter(node =>
            !(node.textContent.trim() || node.getAttribute('aria-label') || node.labels?.length)).length""")
        assert unnamed == 0


@pytest.mark.slow
def test_the_report_as_a_file(browser, expect, out):
    page = opened(browser, (out / ".mtpipe" / "report.html").as_uri())
    every, errors = page.locator("#all"), page.locator("#errors")
    expect(every.locator("article")).to_have_count(50)
    expect(errors.locator("article")).to_have_count(1)
    assert "cell → Zelle" in errors.inner_text() and errors.locator("mark.src").inner_text() == "cell"
    every.get_by_role("button", name="Next").click()
    expect(every.locator("article")).to_have_count(15)
    every.get_by_label("Search all sentences").fill("use the row")
    expect(every.locator("article")).to_have_count(1)
    assert "USE THE ROW" in every.inner_text() and page.errors == []
