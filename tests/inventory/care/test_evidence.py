"""Evidence is on the disk, whole and under its hash, before its row is."""

import hashlib
import os
from pathlib import Path

import pytest

from inventory.archive import files_in
from inventory.care.done import keep_file


def kept(folder):
    return sorted(path for path in folder.rglob("*") if path.is_file())


def photo(tmp_path):
    file = tmp_path / "photo.jpg"
    file.write_bytes(b"\xff\xd8 a gauge")
    return file


def test_it_is_synchronised_before_it_gets_its_name(session, act, tmp_path, monkeypatch):
    folder, done = tmp_path / "files", []
    fsync, replace = os.fsync, Path.replace
    monkeypatch.setattr(os, "fsync", lambda handle: (done.append("fsync"), fsync(handle)))
    monkeypatch.setattr(Path, "replace", lambda path, target: (done.append("replace"), replace(path, target)))
    digest = keep_file(session, photo(tmp_path), about="T", act=act(), folder=folder)
    assert done[:2] == ["fsync", "replace"]
    assert [path.name for path in kept(folder)] == [digest]
    assert digest == hashlib.sha256(photo(tmp_path).read_bytes()).hexdigest()


def test_a_write_that_is_broken_off_leaves_nothing_that_a_backup_takes_along(session, act, tmp_path, monkeypatch):
    folder, seen = tmp_path / "files", []

    def power_cut(path, target):
        seen.append(path)
        assert list(files_in(folder)) == []
        raise OSError("power cut")

    monkeypatch.setattr(Path, "replace", power_cut)
    with pytest.raises(OSError, match="power cut"):
        keep_file(session, photo(tmp_path), about="T", act=act(), folder=folder)
    assert seen[0].name.startswith(".")
    assert kept(folder) == []
