"""The HTML page in a real Chromium: rendered, clicked, typed at, on a phone, without JavaScript, light and dark."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import browser
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from flake8_asyncdb.report import exchange, gather, page
from flake8_asyncdb.report.table import ROWS, Cell, Evidence, Service, Side, Source, State, Table

ROOT = Path(__file__).parents[2]
DESKTOP, PHONE = {"width": 1280, "height": 800}, {"width": 390, "height": 844}
HOSTILE = (
    "</script></style><img src=x onerror=\"document.title='owned'\">`&amp;'\"><script>document.title='owned'</script>"
)


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """A running browser, closed before other modules' tests: Playwright keeps an event loop running meanwhile."""
    executable = browser.executable()
    assert executable is not None, browser.MISSING
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=executable, args=browser.options())
        yield running
        running.close()


@pytest.fixture(scope="session")
def examples() -> Table:
    read = gather.read([f"before={ROOT}/examples/before", f"after={ROOT}/examples/after"])
    assert read.errors == ()
    return read


@pytest.fixture
def context(chromium: Browser) -> Iterator[BrowserContext]:
    """A browser without JavaScript that may load nothing but the page itself."""
    made = chromium.new_context(viewport=DESKTOP, java_script_enabled=False)  # type: ignore[arg-type]
    yield made
    made.close()


def opened(context: BrowserContext, table: Table, directory: Path) -> Page:
    """The table's page in a tab; a request for anything else fails the test."""
    file = directory / "table.html"
    file.write_text(page.dumps(table), encoding="utf-8")
    tab = context.new_page()
    asked: list[str] = []
    tab.on("request", lambda request: asked.append(request.url))
    tab.on("pageerror", lambda error: asked.append(str(error)))
    tab.goto(file.as_uri())
    tab.wait_for_load_state("networkidle")
    assert asked == [file.as_uri()]
    return tab


def many(number: int) -> Table:
    states = list(State)

    def service(index: int) -> Service:
        cells = tuple(
            Cell(
                row,
                states[(index + row) % len(states)],
                "`create_engine`",
                (Evidence("app/db.py", index + 1, "a place", Side.BAD, "ADB201", "engine = create_engine(url)"),),
            )
            for row in ROWS
        )
        return Service(f"team-{index:03}-service", Source("."), cells, files=index)

    return Table(tuple(map(service, range(1, number + 1))))


def sideways(tab: Page) -> int:
    """How far the whole page can be scrolled sideways: what does not fit."""
    tab.mouse.move(5, 5)
    tab.mouse.wheel(2000, 0)
    box = tab.locator("h1").bounding_box()
    assert box is not None
    padding = tab.locator("body").bounding_box()
    assert padding is not None
    return round(-min(padding["x"], 0))


# -- columns


def test_the_table_is_a_table(context: BrowserContext, examples: Table, tmp_path: Path) -> None:
    tab = opened(context, examples, tmp_path)
    expect(tab).to_have_title("before, after compared")
    assert tab.get_by_role("columnheader").all_inner_texts()[0] == "Aspect"
    assert [each.split("\n")[0] for each in tab.get_by_role("columnheader").all_inner_texts()][1:] == [
        "before",
        "after",
        "Change",
    ]
    titles = [each.split("\n")[0] for each in tab.get_by_role("rowheader").all_inner_texts()]
    assert titles == [*(row.title for row in ROWS), "All rows"]
    expect(tab.get_by_role("row", name=re.compile("^Engine"))).to_contain_text("create_async_engine")


def test_evidence_opens_in_place(context: BrowserContext, examples: Table, tmp_path: Path) -> None:
    tab = opened(context, examples, tmp_path)
    cell = tab.get_by_role("row", name=re.compile("^Engine")).get_by_role("cell").first
    place = cell.get_by_text("app/database.py:28").first
    expect(place).to_be_hidden()
    cell.locator("summary").click()
    expect(place).to_be_visible()
    expect(cell.locator("pre").first).to_have_text("self.engine = create_engine(")
    expect(cell.get_by_role("link", name="ADB201").first).to_have_attribute(
        "href", re.compile("docs/rules/ADB201-sync-engine.md$")
    )
    cell.locator("summary").click()
    expect(place).to_be_hidden()


def test_evidence_opens_with_the_keyboard(context: BrowserContext, examples: Table, tmp_path: Path) -> None:
    tab = opened(context, examples, tmp_path)
    tab.keyboard.press("Tab")
    expect(tab.get_by_role("link", name="Skip to the table")).to_be_focused()
    tab.keyboard.press("Enter")
    tab.keyboard.press("Tab")
    summary = tab.locator("td summary").first
    expect(summary).to_be_focused()
    tab.keyboard.press("Enter")
    expect(tab.locator("td details").first).to_have_attribute("open", "")


def test_the_change_shows_what_came_and_went(context: BrowserContext, examples: Table, tmp_path: Path) -> None:
    tab = opened(context, examples, tmp_path)
    expect(tab.locator(".verdict")).to_contain_text("10 of 10 rows changed")
    change = tab.get_by_role("row", name=re.compile("^Session")).get_by_role("cell").last
    expect(change).to_contain_text("3 findings gone")
    change.locator("summary").click()
    expect(change.get_by_role("heading", name="Gone")).to_be_visible()
    expect(change.locator(".gone li")).to_have_count(3)


def test_filters_by_state(context: BrowserContext, examples: Table, tmp_path: Path) -> None:
    tab = opened(context, examples, tmp_path)
    rows = tab.locator("tbody tr")
    expect(rows.filter(visible=True)).to_have_count(10)
    tab.locator("label[for=state-mixed]").click()
    expect(rows.filter(visible=True)).to_have_count(5)
    tab.locator("label[for=state-breaks]").click()
    expect(rows.filter(visible=True)).to_have_count(10)
    tab.get_by_role("button", name="Show all").click()
    expect(tab.locator("input:checked")).to_have_count(0)
    expect(tab.get_by_label(re.compile("^.? ?cannot tell"))).to_be_disabled()


def test_filters_by_row_with_the_keyboard(context: BrowserContext, examples: Table, tmp_path: Path) -> None:
    tab = opened(context, examples, tmp_path)
    tab.get_by_label("SQLite").focus()
    tab.keyboard.press("Space")
    tab.get_by_label("URL").focus()
    tab.keyboard.press("Space")
    assert [each.split("\n")[0] for each in tab.locator("tbody th").filter(visible=True).all_inner_texts()] == [
        "SQLite",
        "URL",
    ]
    tab.locator("label[for=state-mixed]").click()
    expect(tab.locator("tbody tr").filter(visible=True)).to_have_count(0)


@pytest.mark.parametrize("number", [1, 2, 3, 5])
def test_columns_fit_a_phone(context: BrowserContext, number: int, tmp_path: Path) -> None:
    tab = opened(context, many(number), tmp_path)
    tab.set_viewport_size(PHONE)  # type: ignore[arg-type]
    for summary in tab.locator("td summary").all()[:4]:
        summary.click()
    assert sideways(tab) == 0
    for cell in tab.locator("tbody td").all():
        box = cell.bounding_box()
        assert box is not None
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= PHONE["width"]


def test_columns_fit_a_desktop(context: BrowserContext, examples: Table, tmp_path: Path) -> None:
    tab = opened(context, examples, tmp_path)
    for summary in tab.locator("td summary").all():
        summary.click()
    assert sideways(tab) == 0
    heads = [each.bounding_box() for each in tab.locator("thead th").all()]
    assert all(head is not None and head["width"] > 150 for head in heads)


# -- the heat map


def test_two_hundred_services_are_a_heat_map(context: BrowserContext, tmp_path: Path) -> None:
    tab = opened(context, many(200), tmp_path)
    expect(tab.locator(".map thead th[title]")).to_have_count(200)
    squares = tab.locator(".map button")
    expect(squares).to_have_count(2000)
    for square in (squares.first, squares.nth(33), squares.nth(700), squares.last):
        square.scroll_into_view_if_needed()
        box = square.bounding_box()
        assert box is not None
        assert box["width"] >= 24
        assert box["height"] >= 24
        assert box["x"] + box["width"] <= DESKTOP["width"]
    assert sideways(tab) == 0
    name = tab.get_by_role("columnheader", name="team-200-service").bounding_box()
    assert name is not None
    assert name["height"] > 100


def test_a_square_opens_its_evidence_and_closes_again(context: BrowserContext, tmp_path: Path) -> None:
    tab = opened(context, many(40), tmp_path)
    square = tab.get_by_role("button", name="team-002-service, Engine: cannot tell, 1 finding")
    sheet = tab.get_by_role("dialog", name="team-002-service, Engine")
    expect(sheet).to_be_hidden()
    square.click()
    expect(sheet).to_be_visible()
    expect(sheet).to_contain_text("app/db.py:3")
    expect(sheet.get_by_role("button", name="Close")).to_be_focused()
    tab.keyboard.press("Escape")
    expect(sheet).to_be_hidden()
    expect(square).to_be_focused()
    tab.keyboard.press("Enter")
    expect(sheet).to_be_visible()
    tab.keyboard.press("Enter")
    expect(sheet).to_be_hidden()


def test_the_heat_map_says_how_far_each_row_is(context: BrowserContext, tmp_path: Path) -> None:
    tab = opened(context, many(40), tmp_path)
    expect(tab.get_by_role("row", name="Engine").first).to_contain_text(
        "8 follow, 8 mixed, 8 breaks, 8 not used, 8 cannot tell"
    )


def test_the_heat_map_is_filtered(context: BrowserContext, tmp_path: Path) -> None:
    tab = opened(context, many(40), tmp_path)
    tab.locator("label[for=row-6]").click()
    expect(tab.locator(".map tbody th").filter(visible=True)).to_have_text(["Lifecycle", "Lifecycle"])
    tab.locator("label[for=state-breaks]").click()
    dimmed = tab.locator(".map .is-follows > button").filter(visible=True).first
    expect(dimmed).to_have_css("opacity", "0.16")
    expect(tab.locator(".map .is-breaks > button").filter(visible=True).first).to_have_css("opacity", "1")


def test_the_heat_map_fits_a_phone(context: BrowserContext, tmp_path: Path) -> None:
    tab = opened(context, many(60), tmp_path)
    tab.set_viewport_size(PHONE)  # type: ignore[arg-type]
    assert sideways(tab) == 0
    last = tab.get_by_role("button", name=re.compile("^team-034-service, SQLAlchemy"))
    last.click()
    sheet = tab.get_by_role("dialog", name="team-034-service, SQLAlchemy").bounding_box()
    assert sheet is not None
    assert sheet["x"] >= 0
    assert sheet["x"] + sheet["width"] <= PHONE["width"]


# -- colours


def luminance(colour: str) -> float:
    channels = [int(each) / 255 for each in re.findall(r"\d+", colour)[:3]]
    linear = [each / 12.92 if each <= 0.04045 else ((each + 0.055) / 1.055) ** 2.4 for each in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_states_can_be_read_in_light_and_dark(chromium: Browser, scheme: str, tmp_path: Path) -> None:
    context = chromium.new_context(color_scheme=scheme)  # type: ignore[arg-type]
    try:
        tab = opened(context, many(5), tmp_path)
        paper = tab.evaluate("getComputedStyle(document.body).backgroundColor")
        assert (luminance(paper) > 0.5) == (scheme == "light")
        for selector in (".badge", ".wanted", ".codes", ".lead", "footer"):
            for element in tab.locator(selector).all()[:30]:
                ink, back = element.evaluate(
                    """each => {
                        const ink = getComputedStyle(each).color
                        let back = "rgba(0, 0, 0, 0)"
                        while (each && back === "rgba(0, 0, 0, 0)") {
                            back = getComputedStyle(each).backgroundColor
                            each = each.parentElement
                        }
                        return [ink, back]
                    }"""
                )
                light, dark = sorted((luminance(ink), luminance(back)), reverse=True)
                assert (light + 0.05) / (dark + 0.05) >= 4.5, (selector, ink, back)
    finally:
        context.close()


# -- what comes from outside


def test_nothing_from_outside_becomes_markup(chromium: Browser, tmp_path: Path) -> None:
    hostile = Evidence(f"{HOSTILE}.py", 1, HOSTILE, Side.BAD, "ADB201", HOSTILE)
    source = Source(HOSTILE, HOSTILE, "0123", "https://github.com/ada/shop/blob/0123/")
    cells = tuple(Cell(row, State.BREAKS, f"`{HOSTILE}` {HOSTILE}", (hostile,)) for row in ROWS)
    bad = Service(HOSTILE, source, cells, unread=(HOSTILE,))
    context = chromium.new_context()
    try:
        for services in ((bad,), (bad, bad), (bad,) * 3, (bad,) * 7):
            tab = opened(context, Table(services, (HOSTILE,)), tmp_path)
            assert "owned" not in tab.title().replace(HOSTILE, "")
            expect(tab.locator("img")).to_have_count(0)
            expect(tab.locator("script")).to_have_count(0)
            assert HOSTILE in tab.locator(".errors").inner_text()
            tab.close()
    finally:
        context.close()


def test_the_page_of_a_file_is_the_page_of_what_it_was_written_from(examples: Table) -> None:
    assert page.dumps(Table(tuple(exchange.loads(exchange.dumps(examples))))) == page.dumps(examples)


def test_files_on_disk_are_linked_beside_the_page(context: BrowserContext, tmp_path: Path) -> None:
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "a b.py").write_text("engine = create_async_engine(url)\n", encoding="utf-8")
    proofs = (Evidence("a b.py", 1, "here", Side.GOOD), Evidence("gone.py", 1, "gone", Side.GOOD))
    cells = tuple(Cell(row, State.FOLLOWS, "x", proofs) for row in ROWS)
    file = tmp_path / "report" / "table.html"
    file.parent.mkdir()
    table = Table((Service("shop", Source(str(tmp_path / "shop")), cells),))
    file.write_text(page.dumps(table, file.parent), encoding="utf-8")
    tab = context.new_page()
    tab.goto(file.as_uri())
    tab.locator("td summary").first.click()
    expect(tab.locator("td").first.get_by_role("link")).to_have_count(1)
    tab.locator("td").first.get_by_role("link", name="a b.py:1").click()
    expect(tab.locator("body")).to_contain_text("create_async_engine")


def test_errors_alone_are_a_page_too(context: BrowserContext, tmp_path: Path) -> None:
    tab = opened(context, Table((), ("'no' does not exist",)), tmp_path)
    expect(tab.get_by_role("listitem")).to_have_text("'no' does not exist")
    expect(tab.locator("main")).to_contain_text("No service could be read.")


def test_since_is_a_pair_or_a_list_of_changes(context: BrowserContext, tmp_path: Path) -> None:
    first, second, third = many(3).services
    since = [
        Service(each.name, each.source, each.cells, since=Service("app@v1", Source("app", "v1"), other.cells))
        for each, other in ((first, second), (second, second))
    ]
    tab = opened(context, Table((since[0],)), tmp_path)
    expect(tab.get_by_role("columnheader")).to_have_count(4)
    tab = opened(context, Table((*since, third)), tmp_path)
    expect(tab.get_by_role("heading", name="team-001-service since v1")).to_be_visible()
    expect(tab.locator(".since").first.locator("tbody tr")).to_have_count(10)
    expect(tab.locator(".since").last).to_contain_text("Nothing changed.")
