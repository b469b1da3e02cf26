"""The service in one process: uvicorn with the settings of the environment."""

import ssl
from pathlib import Path

import uvicorn

from api.http.observe import set_up_logs
from api.http.settings import ServiceSettings
from api.main import create_app
from optimizer.errors import BadInput, Fault

KEEP_ALIVE_S = 150  # longer than a proxy keeps a connection it does not use, else it sends into a closed one
MOST_HEAD = 1 << 18  # bytes of an address and its headers; the longest lists of a filter fit
GRACE_S = 20  # for requests under way when the service is asked to end


def checked(certificate: Path, key: Path) -> tuple[Path, Path]:
    """A certificate (with its chain) and its key, PEM, that fit each other. Raises BadInput."""
    try:
        # a key under a password: nobody is there to type it
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(certificate, key, password=lambda: b"")
    except ssl.SSLError as error:
        facts = {"certificate": certificate, "key": key, "cause": error.reason or str(error)}
        raise BadInput("--certificate", [Fault("--certificate", "BadCertificate", facts)]) from None
    return certificate, key


def serve(*, host: str, port: int, tls: tuple[Path, Path] | None = None) -> None:
    """Until it is told to end (SIGTERM, Ctrl-C). `tls`: certificate and key; without it something in front does TLS,
    or nobody else reaches it."""
    settings = ServiceSettings()
    set_up_logs(settings)
    uvicorn.run(
        create_app(settings), host=host, port=port, log_level=settings.log_level.lower(), proxy_headers=True,
        forwarded_allow_ips=settings.trusted_proxies, timeout_graceful_shutdown=GRACE_S, server_header=False,
        log_config=None, access_log=False, timeout_keep_alive=KEEP_ALIVE_S,
        h11_max_incomplete_event_size=MOST_HEAD,
        ssl_certfile=None if tls is None else tls[0], ssl_keyfile=None if tls is None else tls[1],
    )  # fmt: skip
