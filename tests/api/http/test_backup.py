"""A portable backup holds what the service keeps: accounts, audit, drafts, evacuees."""

from sqlalchemy import func, select

from api.access.tables import audit, users
from api.upkeep import back_up, bring_back
from inventory.database import open_engine, reading


def test_accounts_and_the_audit_log_come_back(send, engine, tmp_path, monkeypatch, sqlite_template):
    send("root", "POST", "/users", json={"name": "li", "password": "quite a secret"})
    monkeypatch.setenv("WUDING_DATABASE_URL", engine.url.render_as_string(hide_password=False))
    monkeypatch.setenv("WUDING_HOME", str(tmp_path / "office"))
    back_up(tmp_path / "all.zip")
    monkeypatch.setenv("WUDING_DATABASE_URL", f"sqlite:///{tmp_path}/other.sqlite3")
    bring_back(tmp_path / "all.zip")
    other = open_engine(f"sqlite:///{tmp_path}/other.sqlite3")

    def held(where):
        with reading(where) as connection:
            names = connection.execute(select(users.c.code, users.c.password_hash).order_by(users.c.code)).all()
            return [tuple(row) for row in names], connection.execute(select(func.count()).select_from(audit)).scalar()

    assert held(other) == held(engine)
    other.dispose()
