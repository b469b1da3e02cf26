"""The service and its accounts, from the machine it runs on."""

import gc
import getpass
import sys
from pathlib import Path
from typing import Annotated

import typer

from api.commands.kit import Kit, code, old_file, words_of
from optimizer.errors import BadInput, Fault

DONE, NAME_TAKEN = 0, 3


def register(app: typer.Typer, kit: Kit) -> None:
    """Add `wuding serve`, `wuding worker` and `wuding user add|list|password|link`."""
    speaker, argument, option, command = kit.speaker, kit.argument, kit.option, kit.command

    @command(app, "serve", "cmd.serve")
    def serve(
        host: Annotated[str, option("--host", "opt.serve.host", show_default=True)] = "127.0.0.1",
        port: Annotated[int, option("--port", "opt.serve.port", min=1, max=65535, show_default=True)] = 8000,
        certificate: Annotated[Path | None, option("--certificate", "opt.serve.certificate")] = None,
        key: Annotated[Path | None, option("--key", "opt.serve.key")] = None,
    ) -> int:
        from api.serving import checked
        from api.serving import serve as run

        if (certificate is None) != (key is None):
            raise BadInput("serve", [Fault("--certificate", "KeyWithCertificate")])
        tls = None
        if certificate is not None and key is not None:
            tls = checked(old_file("--certificate", certificate), old_file("--key", key))
        gc.enable()  # a command does without (`api.cli`); what runs for weeks would fill the memory
        speaker.say("serve.begins", scheme="http" if tls is None else "https", host=host, port=port)
        run(host=host, port=port, tls=tls)
        return DONE

    @command(app, "worker", "cmd.worker")
    def worker() -> int:
        from api.http.settings import ServiceSettings
        from api.jobs.worker import run_worker

        gc.enable()
        return DONE if run_worker(ServiceSettings()) else NAME_TAKEN

    group = kit.group(app, "user", "cmd.user")

    @command(group, "add", "cmd.user.add")
    def add(
        name: Annotated[str, argument("arg.user", metavar="NAME")],
        role: Annotated[list[str], option("--role", "opt.user.role")],
        place: Annotated[str | None, option("--place", "opt.user.place")] = None,
        team: Annotated[str | None, option("--team", "opt.user.team")] = None,
        machine: Annotated[bool, option("--machine", "opt.user.machine")] = False,
    ) -> int:
        from api.access.scope import Grant
        from api.access.users import add_user
        from api.office import writing
        from inventory.database import now

        given = [Grant(one, place, team if one == "team_leader" else None) for one in role]
        password = None if machine else _password()
        with writing() as connection:
            add_user(connection, code=code("NAME", name), password=password, given=given, at=now(), by=None)
        speaker.say("user.added", name=name, roles=role, place=place or speaker.words("user.everywhere"))
        return DONE

    @command(group, "list", "cmd.user.list")
    def listed() -> int:
        from sqlalchemy import select

        from api.access.sign_in import grants_of
        from api.access.tables import users
        from api.commands.lines import print_table
        from api.office import viewing

        with viewing() as connection:
            rows = connection.execute(select(users).order_by(users.c.code)).all()
            found = [(row, grants_of(connection, row.id)) for row in rows]
        print_table(
            speaker,
            ("line.user", "line.plan_status", "line.grants"),
            (
                (row.code, speaker.words(f"user.{row.status}"),
                 ", ".join(f"{one.role}@{one.place or '*'}" for one in given) or "-")
                for row, given in found
            ),
        )  # fmt: skip
        return DONE

    @command(group, "password", "cmd.user.password")
    def password(name: Annotated[str, argument("arg.user", metavar="NAME")]) -> int:
        from api.access.users import set_password
        from api.office import writing
        from inventory.database import now

        chosen = _password()
        with writing() as connection:
            set_password(connection, name, chosen, at=now(), by=None)
        speaker.say("user.password", name=name)
        return DONE

    @command(group, "link", "cmd.user.link")
    def link(
        name: Annotated[str, argument("arg.user", metavar="NAME")],
        subject: Annotated[str | None, argument("arg.subject", metavar="SUBJECT")] = None,
    ) -> int:
        from sqlalchemy import insert

        from api.access.tables import audit
        from api.access.users import find_user, set_subject
        from api.http.oidc import MOST_SUBJECT, OidcOff, subject_of
        from api.http.settings import ServiceSettings
        from api.office import writing
        from api.settings import actor
        from inventory.database import now

        issuer = ServiceSettings().oidc_issuer
        if issuer is None:
            raise OidcOff
        whole = None if subject is None else subject_of(issuer, words_of("SUBJECT", subject, most=MOST_SUBJECT))
        at, who = now(), actor()
        with writing() as connection:
            before = find_user(connection, name).subject
            set_subject(connection, name, whole, at=at, by=None)
            connection.execute(
                insert(audit),
                {"recorded_at": at, "actor": who, "request_id": "-", "action": "users.link", "resource": "users",
                 "code": name, "before": {"subject": before}, "after": {"subject": whole}},
            )  # fmt: skip
        speaker.say("user.linked" if whole else "user.unlinked", name=name, subject=whole or "")
        return DONE

    def _password() -> str:
        """Typed twice, or one line of standard input. Raises BadInput."""
        if not sys.stdin.isatty():
            return sys.stdin.readline().rstrip("\r\n")
        first = getpass.getpass(speaker.words("user.ask"))
        if getpass.getpass(speaker.words("user.again")) != first:
            raise BadInput("user", [Fault("", "PasswordsDiffer", {})])
        return first
