"""Files and folders appear whole or not at all; arrays are what their headers say."""

from __future__ import annotations

import errno
import os
import tempfile
from contextlib import ExitStack
from pathlib import Path

import numpy as np
import pytest

import sgns._files
from sgns._files import array_header, atomic_folder, atomic_write, sync_folder, write_array
from sgns.array_files import load_array
from sgns.errors import FormatError


def leftovers(folder):
    return sorted(path.name for path in folder.iterdir())


def test_a_file_is_replaced_at_the_end(tmp_path):
    target = tmp_path / "file"
    target.write_text("old")
    with atomic_write(target) as file:
        file.write(b"new")
        assert target.read_text() == "old"
    assert target.read_text() == "new"
    assert leftovers(tmp_path) == ["file"]


def test_a_failed_write_leaves_the_old_file(tmp_path):
    target = tmp_path / "file"
    target.write_text("old")
    with pytest.raises(KeyboardInterrupt), atomic_write(target) as file:  # noqa: PT012
        file.write(b"new")
        raise KeyboardInterrupt
    assert target.read_text() == "old"
    assert leftovers(tmp_path) == ["file"]


def test_a_folder_appears_at_the_end(tmp_path):
    target = tmp_path / "deep" / "folder"
    with atomic_folder(target) as folder:
        (folder / "a").write_text("1")
        assert not target.exists()
    assert (target / "a").read_text() == "1"
    assert leftovers(tmp_path / "deep") == ["folder"]


def test_a_failed_folder_leaves_nothing(tmp_path):
    target = tmp_path / "folder"
    with pytest.raises(OSError, match="full"), atomic_folder(target) as folder:  # noqa: PT012
        (folder / "a").write_text("1")
        raise OSError("disk full")
    assert leftovers(tmp_path) == []


@pytest.mark.parametrize(
    ("writer", "module", "step"),
    [
        (atomic_write, tempfile, "mkstemp"),
        (atomic_folder, tempfile, "mkdtemp"),
        (atomic_write, Path, "replace"),
        (atomic_folder, Path, "replace"),
    ],
)
def test_errors_name_the_target_and_not_the_temporary(tmp_path, monkeypatch, writer, module, step):
    def refuse(*_, **__):
        raise PermissionError(errno.EACCES, "Permission denied", str(tmp_path / ".x.1234"))

    monkeypatch.setattr(module, step, refuse)
    with pytest.raises(PermissionError) as caught, writer(tmp_path / "x"):
        pass
    assert caught.value.filename == str(tmp_path / "x")
    assert leftovers(tmp_path) == []


@pytest.mark.parametrize("writer", [atomic_write, atomic_folder])
def test_nothing_can_be_inside_of_a_file(tmp_path, writer):
    (tmp_path / "file").write_text("x")
    with pytest.raises(NotADirectoryError) as caught, writer(tmp_path / "file" / "x"):
        pass
    assert caught.value.filename == str(tmp_path / "file" / "x")
    with pytest.raises(NotADirectoryError), atomic_folder(tmp_path / "file" / "x" / "y"):
        pass


@pytest.mark.parametrize("there", [".", "a"])
def test_folders_made_for_a_folder_that_failed_go_away(tmp_path, there):
    (tmp_path / there).mkdir(exist_ok=True)
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(KeyboardInterrupt), atomic_folder(tmp_path / "a" / "b" / "c"):
        raise KeyboardInterrupt
    assert sorted(tmp_path.rglob("*")) == before
    # But not when something else has come to be in them.
    with pytest.raises(RuntimeError), atomic_folder(tmp_path / "a" / "b" / "c"):  # noqa: PT012
        (tmp_path / "a" / "mine").touch()
        raise RuntimeError
    assert leftovers(tmp_path / "a") == ["mine"]


def test_a_file_in_no_folder_or_in_place_of_one(tmp_path):
    for target, kind in [(tmp_path / "no" / "x", FileNotFoundError), (tmp_path, IsADirectoryError)]:
        with pytest.raises(kind) as caught, atomic_write(target):
            raise AssertionError("not reached")
        assert caught.value.filename == str(target)


@pytest.mark.parametrize("old", ["file", "folder"])
def test_what_exists_is_replaced_only_on_request(tmp_path, old):
    target = tmp_path / "x"
    if old == "file":
        target.write_text("old")
    else:
        target.mkdir()
        (target / "old").write_text("old")
    with (
        pytest.raises(FileExistsError, match="pass overwrite=True"),
        atomic_folder(target),
    ):
        raise AssertionError("not reached")
    with pytest.raises(RuntimeError), atomic_folder(target, overwrite=True):
        raise RuntimeError
    assert target.is_file() if old == "file" else leftovers(target) == ["old"]
    with atomic_folder(target, overwrite=True) as folder:
        (folder / "new").write_text("new")
    assert leftovers(target) == ["new"]
    assert leftovers(tmp_path) == ["x"]


def test_a_failed_rename_brings_the_old_folder_back(tmp_path, monkeypatch):
    target = tmp_path / "x"
    target.mkdir()
    (target / "old").write_text("old")
    path_type = type(target)
    rename = path_type.replace

    def refuse(self, destination):
        if destination == target and self.name != "old":
            raise PermissionError("injected")
        return rename(self, destination)

    monkeypatch.setattr(sgns._files, "_exchanged", lambda one, other: False)  # as on other systems
    monkeypatch.setattr(path_type, "replace", refuse)
    with pytest.raises(PermissionError), atomic_folder(target, overwrite=True):
        pass
    assert leftovers(target) == ["old"]
    assert leftovers(tmp_path) == ["x"]


@pytest.mark.skipif(os.name == "nt", reason="Windows says otherwise that the name is taken")
@pytest.mark.parametrize("overwrite", [True, False])
def test_of_two_that_take_a_free_name_the_second_is_an_overwriter(tmp_path, monkeypatch, overwrite):
    target = tmp_path / "x"
    with ExitStack() as stack:
        if not overwrite:
            stack.enter_context(pytest.raises(FileExistsError, match="pass overwrite=True"))
        with atomic_folder(target, overwrite=overwrite) as folder:
            (folder / "slow").touch()
            with atomic_folder(target) as other:
                (other / "fast").touch()
            looks = iter([False, False]) if not overwrite else iter([False])
            lexists = os.path.lexists
            monkeypatch.setattr(os.path, "lexists", lambda path: next(looks, lexists(path)))
    assert leftovers(target) == ["slow" if overwrite else "fast"]
    assert leftovers(tmp_path) == ["x"]


def test_everything_is_synced_before_the_rename(tmp_path, monkeypatch):
    synced = []
    sync = os.fsync

    def record(descriptor):
        synced.append(Path(f"/proc/self/fd/{descriptor}").readlink().name)
        sync(descriptor)

    if not Path("/proc/self/fd").is_dir():
        pytest.skip("names of open files are not to be had")
    monkeypatch.setattr(os, "fsync", record)
    with atomic_folder(tmp_path / "x") as folder:
        (folder / "a").write_text("1")
        (folder / "b").write_text("2")
    assert synced[:2] == ["a", "b"]
    assert len(synced) == 4  # and the folder itself, and the one it is in


@pytest.mark.parametrize("dtype", ["uint8", "uint32", "int64"])
@pytest.mark.parametrize("length", [0, 1, 1000])
def test_arrays_are_npy_files(tmp_path, dtype, length):
    path = tmp_path / "a.npy"
    array = np.arange(length).astype(dtype)
    write_array(path, array)
    np.testing.assert_array_equal(np.load(path, allow_pickle=False), array)
    mapped = np.load(path, mmap_mode="r", allow_pickle=False)
    assert mapped.dtype == array.dtype
    opened = load_array(path, dtype, (length,), mmap=True)
    np.testing.assert_array_equal(opened, array)
    assert not opened.flags.writeable


def test_headers_have_one_length_and_aligned_data():
    assert {len(array_header(np.dtype("<i8"), n)) for n in (0, 1, 2**63 - 1)} == {128}


def opened(path):
    return load_array(path, "int64", (None,), mmap=True)


def test_damaged_arrays_are_refused_with_the_place(tmp_path):
    path = tmp_path / "tokens.npy"
    missing = r"tokens.npy' is missing; expected an array of int64 \(any\)$"
    with pytest.raises(FormatError, match=missing):
        opened(path)
    write_array(path, np.arange(9000))
    whole = path.read_bytes()
    path.write_bytes(whole[: 128 + 8 * 4096 + 3])
    message = r"tokens.npy' ends at byte 32,899; expected 72,128 bytes for int64 \(9000\)$"
    with pytest.raises(FormatError, match=message):
        opened(path)
    path.write_bytes(whole + b"more")
    with pytest.raises(FormatError, match="goes on to byte 72,132; expected 72,128 bytes"):
        opened(path)
    path.write_bytes(array_header(np.dtype("<i8"), 2**62))
    with pytest.raises(FormatError, match="ends at byte 128; expected 36,893,488,147,419,103,360"):
        opened(path)
    for size in (0, 5, 9, 60, 127):
        path.write_bytes(whole[:size])
        with pytest.raises(FormatError, match=r"tokens.npy' is not a readable .npy file: expected"):
            opened(path)
    path.write_bytes(b"PK\x03\x04" + bytes(200))
    with pytest.raises(FormatError, match=r"is not a readable .npy file"):
        opened(path)
    write_array(path, np.arange(9000).astype(np.int32))
    with pytest.raises(FormatError, match=r"int64 \(any\), found int32 \(9000\)"):
        opened(path)
    np.save(path, np.zeros((3, 3), dtype=np.int64))
    with pytest.raises(FormatError, match=r"int64 \(any\), found int64 \(3, 3\)"):
        opened(path)
    np.save(path, np.array([{}], dtype=object), allow_pickle=True)
    with pytest.raises(FormatError, match=r"is not a readable .npy file"):
        opened(path)


@pytest.mark.parametrize(
    "junk",
    [
        b"{'descr': '<i8', ",
        b"__import__('os')",
        b"{'descr': '<i8', 'fortran_order': False, 'shape': (-1,)}",
    ],
)
def test_headers_are_data_not_programs(tmp_path, junk):
    path = tmp_path / "tokens.npy"
    path.write_bytes(b"\x93NUMPY\x01\x00" + (118).to_bytes(2, "little") + junk.ljust(117) + b"\n")
    with pytest.raises(FormatError, match="expected a header of a plain array"):
        opened(path)


@pytest.mark.parametrize(("code", "is_told"), [("EIO", True), ("ENOSPC", True), ("EINVAL", False)])
def test_a_folder_that_fails_to_sync_is_told(tmp_path, monkeypatch, code, is_told):
    def fails(descriptor):
        raise OSError(getattr(errno, code), code)

    monkeypatch.setattr(os, "fsync", fails)
    if is_told:
        with pytest.raises(OSError, match=code):
            sync_folder(tmp_path)
    else:
        sync_folder(tmp_path)
