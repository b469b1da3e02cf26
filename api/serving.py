"""The service in one process: uvicorn with the settings of the environment."""

import uvicorn

from api.http.observe import set_up_logs
from api.http.settings import ServiceSettings
from api.main import create_app

KEEP_ALIVE_S = 150  # longer than a proxy keeps a connection it does not use, else it sends into a closed one
MOST_HEAD = 1 << 18  # bytes of an address and its headers; the longest lists of a filter fit
GRACE_S = 20  # for requests under way when the service is asked to end


def serve(*, host: str, port: int) -> None:
    """Until it is told to end (SIGTERM, Ctrl-C)."""
    settings = ServiceSettings()
    set_up_logs(settings)
    uvicorn.run(
        create_app(settings), host=host, port=port, log_level=settings.log_level.lower(), proxy_headers=True,
        forwarded_allow_ips=settings.trusted_proxies, timeout_graceful_shutdown=GRACE_S, server_header=False,
        log_config=None, access_log=False, timeout_keep_alive=KEEP_ALIVE_S,
        h11_max_incomplete_event_size=MOST_HEAD,
    )  # fmt: skip
