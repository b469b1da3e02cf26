"""`wuding serve --certificate … --key …`: https without a proxy."""

import ssl
import urllib.request
from datetime import timedelta
from ipaddress import ip_address

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from api.cli import run
from inventory.database import now
from tests.console.service import Service


@pytest.fixture
def written(tmp_path):
    """`written("office")`: the files of a certificate for this machine, and of its key."""

    def write(name, *, password=None):
        key = ec.generate_private_key(ec.SECP256R1())
        who = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
        made = (
            x509.CertificateBuilder().subject_name(who).issuer_name(who).public_key(key.public_key())
            .serial_number(1).not_valid_before(now() - timedelta(days=1)).not_valid_after(now() + timedelta(days=1))
            .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
            .sign(key, hashes.SHA256())
        )  # fmt: skip
        locked = serialization.NoEncryption() if password is None else serialization.BestAvailableEncryption(password)
        files = tmp_path / f"{name}.pem", tmp_path / f"{name}.key"
        files[0].write_bytes(made.public_bytes(serialization.Encoding.PEM))
        files[1].write_bytes(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, locked))
        return files

    return write


def test_others_reach_it_by_https(written, tmp_path, sqlite_template):
    certificate, key = written("office")
    file = tmp_path / "wuding.sqlite3"
    file.write_bytes(sqlite_template.read_bytes())
    service = Service(file, "--certificate", str(certificate), "--key", str(key))
    service.address = service.address.replace("http:", "https:")
    trusted = ssl.create_default_context(cafile=certificate)
    service.trusted = trusted
    try:
        service.start()
        with urllib.request.urlopen(f"{service.address}/console/", context=trusted) as answer:
            assert "Strict-Transport-Security" in answer.headers
    finally:
        service.stop()


def test_what_does_not_fit_is_said_before_anything_is_served(written, tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("WUDING_HOME", str(tmp_path))
    certificate, key = map(str, written("office"))
    _, other = map(str, written("other"))
    _, locked = map(str, written("locked", password=b"secret"))
    for arguments in (["--certificate", certificate], ["--certificate", certificate, "--key", other],
                      ["--certificate", certificate, "--key", locked], ["--certificate", key, "--key", key],
                      ["--certificate", certificate, "--key", str(tmp_path / "none.key")]):  # fmt: skip
        assert run(["--lang", "en", "serve", *arguments]) == 2
        said = capsys.readouterr().err
        assert "--certificate" in said or "none.key" in said, said
