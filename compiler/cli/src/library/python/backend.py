"""Packs this folder as a wheel, with the standard library of Python alone (PEP 517), so that installing needs no network."""

import base64
import hashlib
import os
import zipfile

NAME, VERSION, PLATFORM = "@NAME@", "@VERSION@", "@PLATFORM@"
TAG = f"py3-none-{PLATFORM}"
METADATA = f"Metadata-Version: 2.1\nName: {NAME}\nVersion: {VERSION}\nSummary: @SUMMARY@\nRequires-Python: >=3.9\nRequires-Dist: numpy\n"
WHEEL = f"Wheel-Version: 1.0\nGenerator: gdl\nRoot-Is-Purelib: false\nTag: {TAG}\n"


def get_requires_for_build_wheel(config_settings=None):
    return []


def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    root = os.path.dirname(os.path.abspath(__file__))
    info = f"{NAME}-{VERSION}.dist-info"
    files = {f"{info}/METADATA": METADATA.encode(), f"{info}/WHEEL": WHEEL.encode()}
    for folder, _, names in os.walk(os.path.join(root, NAME)):
        for name in sorted(names):
            path = os.path.join(folder, name)
            if not name.endswith(".pyc"):
                with open(path, "rb") as file:
                    files[os.path.relpath(path, root).replace(os.sep, "/")] = file.read()
    record = []
    for name, data in files.items():
        digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
        record.append(f"{name},sha256={digest},{len(data)}\n")
    record.append(f"{info}/RECORD,,\n")
    wheel = f"{NAME}-{VERSION}-{TAG}.whl"
    with zipfile.ZipFile(os.path.join(wheel_directory, wheel), "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
        archive.writestr(f"{info}/RECORD", "".join(record))
    return wheel
