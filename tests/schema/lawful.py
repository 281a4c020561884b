"""Refusals of requests that are right by their schemas, because a schema cannot say what is wrong with them.

Each is named by its operations, the member that the refusal names, and what it says of it: everything else that is
right by its schema has to be accepted, or be answered with 404, 409 or 410.
"""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Lawful:
    why: str
    operations: str
    field: str
    problem: str

    def matches(self, operation: str, error: dict[str, Any]) -> bool:
        return (
            fnmatch.fnmatch(operation, self.operations)
            and fnmatch.fnmatch(error["field"], self.field)
            and re.search(self.problem, error["problem"]) is not None
        )


# What is reckoned of a period.
FIGURES = ("get_peaks", "get_heat_map", "get_duration_curve", "get_idle_seats", "get_what_if", "get_forecast")

# A plan is named by its id, its code, or its product's code and its own.
NO_PLAN = "^there is no plan|^there is no product|^the product .* has no plan|^several products have one"

LAWFUL = [
    # The names of what is there are not in a schema.
    Lawful("names nothing", "create_plan", "product", "^no product has this id"),
    Lawful("names nothing", "create_license", "plan", NO_PLAN),
    Lawful("names nothing", "change_license", "plan", NO_PLAN),
    Lawful("names nothing", "create_license", "customer", "^no customer has this id"),
    Lawful("names nothing", "create_person", "customer", "^no customer has this id"),
    Lawful("names nothing", "create_token", "customer", "^no customer has this id"),
    Lawful("is of another product", "change_license", "plan", "product"),
    # One member's bounds depend on another's, or on the time.
    Lawful("does not fit into the ttl", "*_plan", "heartbeat_seconds", "^give 1 to "),
    Lawful("does not fit the role", "*_person", "customer", "member-admin and member belong to"),
    Lawful("does not fit the scope", "create_token", "customer", "member-admin and member belong to"),
    Lawful("is the person's own to set up", "change_person", "totp", "^only the person themselves"),
    Lawful("ends before it begins", "*_license", "expires_at", "^give a date after starts_at"),
    Lawful("is over", "create_token", "expires_at", "^give a date in the future"),
    Lawful("together too long for a token", "*_plan", "entitlements", "^a session token has room"),
    Lawful("together too long for a token", "*_license", "entitlements", "^a session token has room"),
    *(
        Lawful("is no period to look at", figure, "from", "^expected a time before `to`|^expected at most 366 days")
        for figure in FIGURES
    ),
    *(
        Lawful("holds too much to look at", figure, "from", "^more than .* records|^too much has happened")
        for figure in FIGURES
    ),
    # Which members an identity provider needs depends on what it is for.
    Lawful("is missing for what it is for", "*_identity_provider", "*", "^missing; (say what|without it|give the)"),
    Lawful("does not go with its kind", "*_identity_provider", "*", "^GitHub |^Google's is|^nobody can sign in"),
    Lawful("is no address to call", "create_identity_provider", "issuer", " is not an https:// address"),
    Lawful("holds no key of use", "*_identity_provider", "keys", "^not a JSON web key|^no key in it|^more than 64"),
    # RFC 3339 knows years that the server does not take; the document says in words which it takes.
    Lawful("is no time of ours", "*", "*", "^expected a time after 1970|^too far in the future"),
    Lawful("is no time of ours", "*", "*", "^expected a time such as"),
    # No regular expression computes check digits.
    Lawful("is mistyped", "acquire_seat", "license_key", "check digits|^a license key is"),
    # A cursor of a license's sessions is not one of all sessions.
    # Neither is one that a list in id order gave one of the same list in another order.
    Lawful("is another list's", "list_sessions", "cursor", "^not a cursor of this list"),
    Lawful("is another list's", "list_customers", "cursor", "^not a cursor of this list"),
    Lawful("is another list's", "list_licenses", "cursor", "^not a cursor of this list"),
    Lawful("is another list's", "list_people", "cursor", "^not a cursor of this list"),
    Lawful("is another list's", "list_assignments", "cursor", "^not a cursor of this list"),
]


def lawful(operation: str, problem: dict[str, Any]) -> Iterator[Lawful]:
    """What explains the refusal, if anything does."""
    errors = problem.get("errors", [])
    return (row for error in errors for row in LAWFUL if row.matches(operation, error))
