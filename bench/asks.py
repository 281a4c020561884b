"""What the console asks a cluster for: every list in every order, and every figure, each time with other words."""

from __future__ import annotations

import datetime
import random
import urllib.parse
from collections.abc import Iterator
from typing import Any

# Of the names that `usher demo --scale` gives.
FIRST = (
    "Aster",
    "Birch",
    "Cedar",
    "Dune",
    "Ember",
    "Fjord",
    "Grove",
    "Heath",
    "Iris",
    "Juniper",
    "Kelp",
    "Larch",
)
SECOND = (
    "Works",
    "Optics",
    "Foundry",
    "Design",
    "Labs",
    "Systems",
    "Studio",
    "Aero",
    "Marine",
    "Bridge",
    "Print",
)


def lists(about: dict[str, Any], draw: random.Random) -> Iterator[tuple[str, str]]:
    """Every list as the console asks for it, each time with other words."""
    number = draw.randrange
    customer = draw.choice(about["customers"])
    license = draw.choice(about["licenses"])
    first, second = draw.choice(FIRST).lower(), draw.choice(SECOND).lower()
    earlier = about["from"] + datetime.timedelta(hours=number(max(1, 24 * (about["days"] - 2))))
    day = {"from": stamp(earlier), "to": stamp(earlier + datetime.timedelta(days=1))}
    for sort in ("name", "created", "licenses", "in_use"):
        for order in ("asc", "desc"):
            yield (
                f"customers by {sort}, {order}",
                query("/customers", sort=sort, order=order, limit=50),
            )
    yield "customers, a common word", query("/customers", search=first, limit=50)
    yield (
        "customers, a rare word",
        query("/customers", search=f"CRM-{number(about['numbered']):05}", limit=50),
    )
    yield (
        "customers, no match",
        query("/customers", search=f"zz{number(10**6)}", limit=50),
    )
    for sort in ("customer", "product", "in_use", "free", "ends", "created"):
        for order in ("asc", "desc"):
            yield (
                f"licenses by {sort}, {order}",
                query("/licenses", sort=sort, order=order, limit=50),
            )
    for status in ("active", "suspended", "expired", "revoked"):
        yield (
            f"licenses, {status}",
            query("/licenses", status=status, sort="customer", limit=50),
        )
    yield "licenses of a customer", query("/licenses", customer=customer, limit=50)
    yield "licenses of a plan", query("/licenses", plan="atlas:team", limit=200)
    yield (
        "licenses of a product, by ends",
        query("/licenses", product="boreas", sort="ends", limit=50),
    )
    yield (
        "licenses, a common word",
        query("/licenses", search=second, sort="customer", limit=50),
    )
    yield (
        "licenses, the end of a key",
        query("/licenses", search=license["key_hint"], limit=50),
    )
    yield (
        "licenses, no match",
        query("/licenses", search=f"zz{number(10**6)}", limit=50),
    )
    for sort in ("granted", "beat", "host", "customer"):
        for order in ("asc", "desc"):
            yield (
                f"sessions by {sort}, {order}",
                query("/sessions", sort=sort, order=order, limit=100),
            )
    yield (
        "sessions of a license",
        query("/sessions", license=license["id"], sort="granted", order="desc", limit=100),
    )
    yield (
        "sessions of a customer",
        query("/sessions", customer=customer, sort="granted", order="desc", limit=100),
    )
    yield (
        "sessions of a product",
        query("/sessions", product="corona", sort="granted", order="desc", limit=100),
    )
    yield (
        "sessions, a common word",
        query("/sessions", search=first, sort="granted", order="desc", limit=100),
    )
    yield (
        "sessions, a rare word",
        query(
            "/sessions",
            search=f"host-{number(about['sessions']):06}",
            sort="granted",
            limit=100,
        ),
    )
    yield (
        "sessions, a rare word, by host",
        query(
            "/sessions",
            search=f"host-{number(about['sessions']):06}",
            sort="host",
            limit=100,
        ),
    )
    yield (
        "sessions, no match",
        query("/sessions", search=f"zz{number(10**6)}", sort="granted", limit=100),
    )
    yield "people", query("/people", limit=50)
    yield "tokens", query("/tokens", limit=50)
    yield "products", query("/products", limit=50)
    yield "plans", query("/plans", limit=200)
    yield "activity, newest", query("/audit", order="desc", limit=50)
    for event in ("granted", "ended", "changed", "refused"):
        yield f"activity, {event}", query("/audit", order="desc", limit=50, event=event)
    yield (
        "activity of an application",
        query("/audit", order="desc", limit=50, actor="client"),
    )
    yield (
        "activity of the cluster",
        query("/audit", order="desc", limit=50, actor="system"),
    )
    yield (
        "activity about a license",
        query("/audit", order="desc", limit=50, about=license["id"]),
    )
    yield (
        "activity about a customer",
        query("/audit", order="desc", limit=50, about=customer),
    )
    yield (
        "activity, a rare command",
        query("/audit", order="desc", limit=50, command="create_product"),
    )
    yield "activity of a day", query("/audit", order="desc", limit=50, **day)
    yield (
        "activity, refusals of a day",
        query("/audit", order="desc", limit=50, event="refused", **day),
    )
    yield "refusals, newest", query("/refusals", limit=50)
    yield "refusals of a license", query("/refusals", limit=50, license=license["id"])
    yield (
        "refusals of the busiest",
        query("/refusals", limit=50, license=about["busiest"]),
    )
    yield (
        "refusals for a rare reason",
        query("/refusals", limit=50, reason="license_revoked"),
    )
    yield "refusals of a day", query("/refusals", limit=50, **day)
    yield (
        "usage of a license, 30 days",
        query(
            f"/licenses/{about['busiest']}/usage",
            limit=200,
            **{"from": stamp(about["now"] - datetime.timedelta(days=30))},
        ),
    )


def figures(about: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """What the console makes of the history of the busiest license, and the overview."""
    yield "summary", "/summary"
    for days in (1, 30, 90):
        since = {"from": stamp(about["now"] - datetime.timedelta(days=days))}
        for name in ("peaks", "heat-map", "duration-curve", "idle", "what-if"):
            yield (
                f"{name}, {days} days",
                query(f"/licenses/{about['busiest']}/analytics/{name}", **since),
            )
    yield (
        "peaks, 90 days, csv",
        query(f"/licenses/{about['busiest']}/analytics/peaks", format="csv", **since),
    )
    yield "forecast", f"/licenses/{about['busiest']}/analytics/forecast"
    yield "versions", f"/licenses/{about['busiest']}/analytics/versions"


def query(path: str, **parameters: object) -> str:
    return f"{path}?{urllib.parse.urlencode(parameters)}"


def stamp(time: datetime.datetime) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ")
