"""What the walk must know of the cluster beyond its document: which calls would end the walk itself, and what is there
to be named. Loaded by schemathesis, as schemathesis.toml says.
"""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import Any

import schemathesis
from lawful import lawful

FACTS = json.loads(Path(os.environ["SCHEMA_FACTS"]).read_text(encoding="utf-8"))
EXCUSED = Path(os.environ["SCHEMA_EXCUSED"])

NOBODY = 999_999
NO_TOKEN = "tok_0000000000000000"
IDS = {"plan": "pln_", "product": "prd_", "customer": "cus_"}
LICENSE_KEY = re.compile(r"[A-Z][A-Z0-9]{1,15}(-[0-9A-HJKMNP-TV-Z]{5}){6}")


def operation_of(case: schemathesis.Case) -> str:
    return str(case.operation.definition.raw.get("operationId"))


@schemathesis.hook
def before_call(context: Any, case: schemathesis.Case, kwargs: dict[str, Any]) -> None:
    keep_the_cluster(case)
    if case.meta is not None and case.meta.generation.mode.is_positive:
        name_what_is_there(case)


def keep_the_cluster(case: schemathesis.Case) -> None:
    """The walk's own token stays valid, its three nodes stay, and the lead stays where it is. What these calls do when
    they are meant is tested where a cluster may be spent on it: tests/http/admin.rs, tests/http/cluster.rs.
    """
    operation, named = operation_of(case), case.path_parameters or {}
    if operation == "revoke_token" and named.get("id") == FACTS["token"]:
        case.path_parameters = {**named, "id": NO_TOKEN}
    if operation == "remove_node" and str(named.get("id")).lstrip("0") in map(str, FACTS["nodes"]):
        case.path_parameters = {**named, "id": NOBODY}
    if operation == "stream_sessions":
        # It would go on for minutes. What is no number is left to be refused.
        seconds = str((case.query or {}).get("seconds", 0))
        if seconds.isdecimal() and seconds.isascii() and int(seconds) <= 3600:
            case.query = {**(case.query or {}), "seconds": 0}
    body = case.body
    if operation == "transfer_lead" and isinstance(body, dict) and body.get("to") in (None, *FACTS["nodes"]):
        case.body = {**body, "to": NOBODY}


def name_what_is_there(case: schemathesis.Case) -> None:
    """Requests that are right by their schemas name what is there where they have to name something, since otherwise
    nearly none would get any further. Ids that an earlier answer gave stay.
    """
    tag = (case.headers or {}).get("If-Match")
    if isinstance(tag, str) and tag.isdigit():
        # schemathesis takes the quotes of a text that is nothing but a number in quotes.
        case.headers["If-Match"] = f'"{tag}"'
    body = case.body
    if not isinstance(body, dict):
        return
    changed = whole(body)
    for member, prefix in IDS.items():
        if isinstance(body.get(member), str) and not body[member].startswith(prefix):
            changed[member] = FACTS[member]
    if isinstance(body.get("license_key"), str) and not LICENSE_KEY.fullmatch(body["license_key"]):
        changed["license_key"] = FACTS["license_key"]
    if changed != body or repr(changed) != repr(body):
        case.body = changed


def whole(value: Any) -> Any:
    """JSON Schema counts 5.0 among the integers; the API wants whole numbers written as such, which its document says
    in words.
    """
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, dict):
        return {name: whole(member) for name, member in value.items()}
    if isinstance(value, list):
        return [whole(item) for item in value]
    return value


@schemathesis.hook
def filter_failure(context: Any, failure: Any, case: schemathesis.Case, response: schemathesis.Response) -> bool:
    """Drops a refusal that is lawful although the request is right by its schema, and counts it."""
    if type(failure).__name__ != "RejectedPositiveData" or response.status_code != 400:
        return True
    row = next(lawful(operation_of(case), response.json()), None)
    if row is None:
        return True
    with EXCUSED.open("a", encoding="utf-8") as excused:
        excused.write(f"{row.operations} {row.field}: {row.why}\n")
    return False
