"""An identity provider that stands in for the county's: asked in this process, or by browsers and a service."""

import time
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx2
from joserfc import jwt
from joserfc.jwk import RSAKey

ISSUER, CLIENT, CLIENT_SECRET = "https://id.example.cn/county", "wuding", "not told"
KEY = RSAKey.generate_key(2048, {"kid": "k1"})


class County:
    """An identity provider: gives codes to those who come with a request, ID tokens for codes, each once."""

    def __init__(self, issuer=ISSUER):
        self.issuer = issuer
        self.up, self.asked, self.keys, self.signs = True, [], [KEY], KEY
        self.denies = False
        self.says, self.codes, self.claims, self.header = {}, {}, {}, {"alg": "RS256", "kid": "k1"}
        self.moved = self.token = None  # instead of a signed one

    def __call__(self, request):
        self.asked.append(request.url.path)
        if not self.up:
            raise httpx2.ConnectError("down")
        if self.moved:
            return httpx2.Response(302, headers={"Location": self.moved})
        if request.url.path.endswith("/.well-known/openid-configuration"):
            own = {
                "issuer": self.issuer,
                **{f"{name}_endpoint": f"{self.issuer}/{name}" for name in ("authorization", "token")},
            }
            return httpx2.Response(200, json={**own, "jwks_uri": f"{self.issuer}/keys", **self.says})
        if request.url.path.endswith("/keys"):
            return httpx2.Response(200, json={"keys": [one.as_dict(private=False) for one in self.keys]})
        return self.exchange(request)

    def page(self, address, code="c1"):
        """What the browser sends here, and takes back: state and code."""
        asked = {name: one for name, (one,) in parse_qs(urlsplit(address).query).items()}
        assert address.startswith(f"{self.issuer}/authorization?")
        assert (asked["response_type"], asked["client_id"], asked["scope"]) == ("code", CLIENT, "openid")
        assert asked["code_challenge_method"] == "S256"
        self.codes[code] = asked
        return {"state": asked["state"], "code": code}

    def exchange(self, request):
        given = {name: one for name, (one,) in parse_qs(request.content.decode()).items()}
        asked = self.codes.pop(given["code"], None)
        challenge = urlsafe_b64encode(sha256(given["code_verifier"].encode()).digest()).rstrip(b"=").decode()
        basic = request.headers["authorization"].removeprefix("Basic ").encode()
        wrong = (
            asked is None or asked["code_challenge"] != challenge or asked["redirect_uri"] != given["redirect_uri"]
            or urlsafe_b64decode(basic) != f"{CLIENT}:{CLIENT_SECRET}".encode()
        )  # fmt: skip
        if wrong:
            return httpx2.Response(400, json={"error": "invalid_grant"})
        at = int(time.time())
        claims = {"iss": self.issuer, "aud": CLIENT, "sub": "li-77", "iat": at, "exp": at + 300,
                  "nonce": asked["nonce"], **self.claims}  # fmt: skip
        token = self.token(claims) if self.token else jwt.encode(self.header, claims, self.signs)
        return httpx2.Response(200, json={"access_token": "a", "token_type": "Bearer", "id_token": token})


@contextmanager
def on_loopback() -> Iterator[County]:
    """The same over http, with a page for browsers that signs everybody in as `sub` says, or says no (`denies`)."""

    class Answers(BaseHTTPRequestHandler):
        def do_GET(self):
            if urlsplit(self.path).path.endswith("/authorization"):
                self.sends_back()
            else:
                self.answered(httpx2.Request("GET", f"{county.issuer}{self.path}"))

        def do_POST(self):
            content = self.rfile.read(int(self.headers["Content-Length"]))
            self.answered(
                httpx2.Request("POST", f"{county.issuer}{self.path}", headers=dict(self.headers), content=content)
            )

        def answered(self, request):
            answer = county(request) if county.up else httpx2.Response(502)
            self.send_response(answer.status_code)
            self.send_header("Content-Type", "application/json")
            self.end_headers()
            self.wfile.write(answer.content)

        def sends_back(self):
            given = county.page(f"{county.issuer}{self.path}")
            if county.denies:
                given = {"state": given["state"], "error": "access_denied"}
            self.send_response(302)
            self.send_header("Location", f"{county.codes['c1']['redirect_uri']}?{urlencode(given)}")
            self.end_headers()

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    county = County(f"http://127.0.0.1:{server.server_port}")
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield county
    finally:
        server.shutdown()
        server.server_close()
