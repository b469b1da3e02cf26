"""`wuding staffing roster` from files to files, in both languages."""

import pytest
import typer

from api.commands.kit import Kit
from api.commands.staffing_roster import register_roster
from api.say import Speaker
from optimizer.errors import BadInput

PEOPLE = "id,roles\n" + "".join(f"p{at},leader\n" for at in range(4))
POSTS = "id,pattern,needs\nlead,1x24,leader:1\n"


def run(lang, *arguments):
    kit = Kit(lang, Speaker(lang))
    app, group = typer.Typer(**kit.settings), typer.Typer(**kit.settings)
    register_roster(group, kit)
    app.add_typer(group, name="staffing")
    return app(args=["staffing", *map(str, arguments)], standalone_mode=False)


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_month_is_rostered_and_mended(tmp_path, lang, capfd):
    (tmp_path / "people.csv").write_text(PEOPLE)
    (tmp_path / "posts.csv").write_text(POSTS)
    (tmp_path / "asked.csv").write_text("person,kind,first,last\np0,leave,2026-02-10,2026-02-20\n")
    asked = ["roster", tmp_path / "people.csv", "--posts", tmp_path / "posts.csv", "--month", "2026-02"]
    out, table, ics = (tmp_path / name for name in ("r.xlsx", "r.csv", "r.ics"))
    assert run(lang, *asked, "--out", out, "--table", table, "--ics", ics) == 0
    assert out.stat().st_size > 0
    assert ics.read_bytes().startswith(b"BEGIN:VCALENDAR")
    mend = ["--mend", table, "--since", "2026-02-10", "--requests", tmp_path / "asked.csv"]
    assert run(lang, *asked, "--out", out, *mend) == 0
    with pytest.raises(BadInput, match="NeedsOption"):
        run(lang, *asked, "--out", out, "--since", "2026-02-10")
    more = ["--table", tmp_path / "next.csv", "--people-out", tmp_path / "next_people.csv", "--ics", tmp_path / "all"]
    march = ["roster", tmp_path / "people.csv", "--posts", tmp_path / "posts.csv", "--month", "2026-03"]
    assert run(lang, *march, "--out", out, "--before", table, *more) == 0
    assert len(list((tmp_path / "all").glob("*.ics"))) == 4
    assert "carried_duties" in (tmp_path / "next_people.csv").read_text()
    everybody = "".join(f"p{at},leave,2026-02-10,2026-02-10\n" for at in range(4))
    (tmp_path / "asked.csv").write_text(f"person,kind,first,last\n{everybody}")
    assert run(lang, *asked, "--out", out, "--requests", tmp_path / "asked.csv") == 1
    assert "2026-02-10" in capfd.readouterr().err


def test_the_example_is_written(tmp_path):
    assert run("en", "roster-example", "--out", tmp_path / "x") == 0
    assert (tmp_path / "x" / "duty_people.csv").is_file()
