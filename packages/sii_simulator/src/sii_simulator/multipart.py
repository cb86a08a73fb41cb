"""Take a multipart/form-data body apart, strictly: the upload has five fields and no more."""

import re
from dataclasses import dataclass

_BOUNDARY = re.compile(r'boundary="?([0-9A-Za-z\'()+_,./:=? -]{1,70})"?')
_NAME = re.compile(rb'form-data;.*?\bname="([^"\r\n]*)"', re.IGNORECASE)
_FILE_NAME = re.compile(rb'\bfilename="([^"\r\n]*)"', re.IGNORECASE)
FIELDS = ("rutSender", "dvSender", "rutCompany", "dvCompany", "archivo")


class BadFormError(Exception):
    """The body is not the form that an upload is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadForm:
    """The five fields; RUTs already joined as `76918245-4`."""

    sender: str
    issuer: str
    file_name: str
    content: bytes


def read_upload(content_type: str, body: bytes) -> UploadForm:
    """Read an upload's form. Raises BadFormError."""
    found = _BOUNDARY.search(content_type)
    if not content_type.lower().startswith("multipart/form-data") or not found:
        raise BadFormError("Content-Type no es multipart/form-data con boundary")
    mark = b"--" + found[1].strip().encode("ascii")
    head, *parts, tail = (b"\r\n" + body).split(b"\r\n" + mark)
    if head.strip() or not tail.startswith(b"--") or not parts:
        raise BadFormError("el cuerpo multipart esta cortado")
    fields: dict[str, tuple[bytes, bytes]] = {}
    for part in parts:
        headers, gap, content = part.removeprefix(b"\r\n").partition(b"\r\n\r\n")
        name = _NAME.search(headers)
        if not gap or not name or name[1].decode("latin-1") in fields:
            raise BadFormError("una parte del multipart no tiene nombre o se repite")
        fields[name[1].decode("latin-1")] = (headers, content)
    if set(fields) != set(FIELDS):
        raise BadFormError(f"campos {sorted(fields)}, se esperaba {sorted(FIELDS)}")
    file_headers, content = fields["archivo"]
    file_name = _FILE_NAME.search(file_headers)
    if not file_name or b"text/xml" not in file_headers.lower():
        raise BadFormError("archivo debe llevar filename y Content-Type text/xml")
    plain = {name: value.decode("latin-1") for name, (_, value) in fields.items()}
    return UploadForm(
        sender=f"{plain['rutSender']}-{plain['dvSender']}",
        issuer=f"{plain['rutCompany']}-{plain['dvCompany']}",
        file_name=file_name[1].decode("latin-1"),
        content=content,
    )
