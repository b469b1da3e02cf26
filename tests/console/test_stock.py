"""The stock desk's main journeys, in one language each: issue, transfer, import, labels by photograph, tasks."""

import io

import pytest
import segno
from PIL import Image
from playwright.sync_api import expect
from sqlalchemy import insert, select

from inventory.database import now, open_engine, transaction
from inventory.documents import label_payload
from inventory.tables.care import tasks
from inventory.tables.places import stores
from tests.api.http.conftest import BED, COUNTY, TOWN
from tests.console.axe import accessible
from tests.console.words import words

zh = pytest.mark.parametrize("lang", ["zh"], indirect=True)
en = pytest.mark.parametrize("lang", ["en"], indirect=True)


def button(where, name):
    return where.get_by_role("button", name=name, exact=True)


def picture(*parts):
    """A photograph of a label: its code, with white around."""
    held = io.BytesIO()
    segno.make_qr(label_payload(*parts), error="m").save(held, kind="png", scale=6, border=8)
    return {"name": "label.png", "mimeType": "image/png", "buffer": held.getvalue()}


def scan(page, said, *parts):
    button(page, said["scan"]).first.click()
    page.locator("dialog[open] input[type=file]").set_input_files(picture(*parts))
    expect(page.locator("dialog[open]")).to_have_count(0)


@en
def test_units_are_found_and_issued_without_a_mouse(signed_in, lang):
    said = words(lang)
    page = signed_in("manager")
    page.goto("/console/stock?store=S1")
    expect(page.locator("tbody tr")).to_have_count(1)
    page.keyboard.press("/")
    page.keyboard.type(BED)
    page.keyboard.press("Enter")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    button(page, said["stock.act.issue"]).press("Enter")
    form = page.get_by_role("form", name=said["stock.act.issue"])
    form.get_by_label(said["stock.quantity"]).fill("0")
    page.keyboard.press("Enter")
    assert form.get_by_label(said["stock.quantity"]).evaluate("field => !field.validity.valid && field.title")
    form.get_by_label(said["stock.quantity"]).fill("５")  # as a Chinese keyboard may write it
    page.keyboard.press("Enter")
    expect(page.locator("tbody tr").first.locator("td").nth(5)).to_contain_text("95")
    # told at the card: on a phone the top of the list is far away
    told = page.locator("aside").get_by_role("status").filter(has_text=said["stock.entered"].split("{")[0])
    expect(told).to_be_visible()  # beside it the card may say that it is being read
    accessible(page)
    button(page, said["stock.act.receive"]).click()
    receipt = page.get_by_role("form", name=said["stock.act.receive"])
    expect(receipt.get_by_role("combobox").first).to_have_value("S1")
    page.get_by_role("link", name=said["stock.tab.search"], exact=True).click()  # to all there is
    expect(page.locator("search select, [role=search] select").nth(1)).to_have_value("")
    expect(page.locator(".split > .table tbody")).to_contain_text("二镇库")


@zh
def test_a_transfer_goes_from_step_to_step(signed_in, lang):
    said = words(lang)
    page = signed_in("root")
    page.goto(f"/console/stock/transfers?from=S0&to=S2&lines={BED}:3")
    expect(page.get_by_label(said["stock.item"], exact=True)).to_have_value(BED)  # when the names have come
    button(page, said["stock.transfer.send_request"]).click()
    for step in ("approve", "pick", "send", "receive"):
        button(page, said[f"stock.step.{step}"]).click()
    expect(page.get_by_role("heading", name=said["order.received"])).to_be_visible()
    page.goto("/console/stock?store=S2")
    held = page.locator("tbody tr td:nth-child(6)")
    expect(held.first).to_be_visible()
    assert sum(int(text.split()[0]) for text in held.all_inner_texts()) == 103


@zh
def test_a_table_with_a_bad_row_is_mended_in_place_and_goes_in_whole(signed_in, lang):
    said = words(lang)
    page = signed_in("manager")
    page.goto("/console/stock/import?kind=stock")
    head = "储备库编号,物资编号,批次,数量,状态,生产日期,有效期至"
    rows = f"{head}\nS1,{BED},L9,1,完好,2026/3/5,2026/2/30\nS1,{BED},L8,1,完好,2026年12月31日,\n".encode()
    page.locator("label.file input").set_input_files({"name": "库存.csv", "mimeType": "text/csv", "buffer": rows})
    button(page, said["import.check"]).click()
    button(page, said["import.tidy"].format(count=2)).click()
    days = [page.locator(f"[data-cell='{cell}']").input_value() for cell in ("0 made", "0 expires", "1 made")]
    assert days == ["2026-03-05", "2026/2/30", "2026-12-31"]  # a day that is none is left to the person
    button(page, said["table.clear"]).click()
    page.goto("/console/stock/import?kind=bins")
    rows = "储备库编号,货位,容积\nS1,C-1,５\nS9,C-2,6\nS1,C-3,\n".encode()
    page.locator("label.file input").set_input_files({"name": "货位.csv", "mimeType": "text/csv", "buffer": rows})
    go = page.get_by_role("button", name=said["import.go"].format(rows=3))
    expect(go).to_be_disabled()  # not before it has been looked at
    button(page, said["import.check"]).click()
    expect(page.locator("td.wrong")).to_have_count(2)
    button(page, said["import.tidy"].format(count=1)).click()  # what is only written otherwise
    expect(page.locator("[data-cell='0 volume_m3']")).to_have_value("5")
    button(page, said["import.check"]).click()
    expect(page.locator("td.wrong")).to_have_count(1)
    accessible(page)
    cell = page.locator("[data-cell='1 store']")
    expect(cell).to_have_attribute("aria-invalid", "true")
    expect(go).to_be_disabled()
    cell.fill("S2")
    cell.press("Enter")
    button(page, said["import.check"]).click()
    expect(page.get_by_text(said["import.checked"].format(added=3, changed=0, same=0))).to_be_visible()
    go.click()
    expect(page.get_by_text(said["import.done"].format(added=3, changed=0, same=0))).to_be_visible()
    button(page, said["import.current"]).click()  # what is there now can be taken up again
    expect(page.locator("[data-cell$=' bin']")).to_have_count(7)
    page.once("dialog", lambda dialog: dialog.accept())  # of rows that would be lost
    page.get_by_role("link", name=said["stock.tab.search"], exact=True).click()
    expect(page).to_have_url("/console/stock")


@en
def test_cells_that_cannot_be_read_keep_a_table_out_until_they_are_mended(signed_in, lang):
    said = words(lang)
    page = signed_in("manager")
    page.goto("/console/stock/import?kind=bins")
    rows = b"store,bin,volume_m3\nS1,D-1\n"
    page.locator("label.file input").set_input_files({"name": "b.csv", "mimeType": "text/csv", "buffer": rows})
    expect(page.locator("td.wrong")).to_have_count(1)
    button(page, said["import.check"]).click()  # which finds nothing: but the row was too short
    go = page.get_by_role("button", name=said["import.go"].format(rows=1))
    expect(page.locator("td.wrong")).to_have_count(1)
    expect(go).to_be_disabled()
    button(page, said["import.as_it_stands"]).click()
    expect(go).to_be_enabled()
    button(page, said["table.clear"]).click()
    page.get_by_role("textbox").first.focus()
    page.evaluate("""() => { const data = new DataTransfer(); data.setData("text/plain", "bin\\tstore\\nD-1\\tS1\\n");
        document.activeElement.dispatchEvent(new ClipboardEvent("paste", { clipboardData: data, bubbles: true })); }""")
    expect(page.locator("[data-cell='0 bin']")).to_have_value("D-1")
    button(page, said["import.check"]).click()
    expect(page.get_by_text(said["import.checked"].format(added=1, changed=0, same=0))).to_be_visible()


@zh
def test_a_label_opens_what_it_is_on_and_fills_what_is_entered(signed_in, lang):
    said = words(lang)
    page = signed_in("manager")
    page.goto("/console/stock?store=S3")
    page.wait_for_selector("tbody tr")
    scan(page, said, "lot", BED, "L1")
    expect(page.get_by_role("heading", name="一村库")).to_be_visible()  # the card of the lot in this store
    button(page, said["stock.act.move"]).click()
    form = page.get_by_role("form", name=said["stock.act.move"])
    button(form, said["scan"]).click()
    form.locator("dialog[open] input[type=file]").set_input_files(picture("bin", "S3", "B:7"))
    expect(form.get_by_label(said["stock.to_bin"])).to_have_value("B:7")
    page.goto("/console/stock")
    page.wait_for_selector("tbody tr")
    field = page.locator("input[type=search]")
    field.fill(label_payload("bin", "S2", "A-1"))  # as a hand-held reader types it
    field.press("Enter")
    expect(page.locator("tbody tr").first).to_contain_text("二镇库")
    button(page, said["scan"]).click()
    wrong = {"name": "x.png", "mimeType": "image/png", "buffer": b"no picture"}
    page.locator("dialog[open] input[type=file]").set_input_files(wrong)
    expect(page.get_by_role("alert").filter(has_text=said["scan.no_picture"])).to_be_visible()


def put_due(office_file):
    """An inspection of the beds in S3."""
    engine = open_engine(f"sqlite:///{office_file}")
    with transaction(engine) as connection:
        row = {"key": f"S3/{BED}/L1/INSPECT", "item": BED, "lot": "L1", "kind": "INSPECT", "severity": "major"}
        store = connection.execute(select(stores.c.id).where(stores.c.code == "S3")).scalar_one()
        connection.execute(insert(tasks), {**row, "store_id": store, "status": "open", "opened_at": now()})
    engine.dispose()


def photograph() -> tuple[Image.Image, bytes]:
    """Such as a phone takes: large, and not easily made smaller."""
    made = Image.effect_noise((3000, 2000), 60).convert("RGB")
    content = io.BytesIO()
    made.save(content, "JPEG", quality=95)
    return made, content.getvalue()


@en
def test_from_the_board_to_a_task_that_is_done_and_the_report(signed_in, office_file, lang):
    said = words(lang)
    page = signed_in("root")
    page.goto("/console/stock/board")
    button(page, said["stock.board.judge"]).click()
    for place in (COUNTY, TOWN):
        page.locator(f"a[data-row='{place}']").click()
    expect(page.locator("a[data-row=S3]")).to_be_visible()
    put_due(office_file)  # what comes due in time; an evaluation would end it
    page.goto(f"/console/stock/tasks?place={TOWN}&kind=INSPECT")
    expect(page.locator("tbody tr td:nth-child(3)")).to_have_text(["一村库"])  # with all that lies in the town
    page.locator("tbody tr button").first.click()
    panel = page.locator("aside")
    photo, content = photograph()
    panel.get_by_label(said["stock.photos"]).set_input_files(
        {"name": "a.jpg", "mimeType": "image/jpeg", "buffer": content}
    )
    expect(panel.get_by_text("a.jpg")).to_be_visible()
    panel.locator("form.entry").get_by_role("button", name=said["enter"]).click()
    expect(panel.get_by_text(said["stock.task_done"])).to_be_visible()
    headers = {"Authorization": "Bearer " + page.evaluate("JSON.parse(localStorage.getItem('wuding.session')).access")}
    (kept,) = page.request.get("/api/v1/files", headers=headers).json()["items"]
    sent = page.request.get(f"/api/v1/files/{kept['id']}/content", headers=headers).body()
    assert len(sent) < len(content) / 2  # networks are bad
    assert Image.open(io.BytesIO(sent)).size == (2048, round(2048 * photo.height / photo.width))
    page.goto(f"/console/stock/report?place={COUNTY}")
    expect(page.locator("article h2")).to_be_visible()
    accessible(page)
    signed_in("keeper").goto("/console/stock/report")  # of a town, who has no county to choose
    expect(page.get_by_text(said["report.none"])).to_be_visible()
