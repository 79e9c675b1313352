"""Ids of things that are there: a made-up id only ever leads to 404."""

import json
import os
import random
import re
import time
import urllib.request
import uuid
from datetime import datetime, timedelta, timezone

import schemathesis
from schemathesis.core.parameters import ParameterLocation

API = os.environ["NEXOPS_API_URL"] + "/api/v1"
# Where the things of a path's last hole are listed, if not at the path before it.
LISTS = {"/api/v1/metrics": "/infrastructure/vms?per_page=100", "/api/v1/alerts": "/alerts?status=firing&per_page=100"}
# There is one as soon as a channel was tested.
DELIVERIES = "/api/v1/notifications/deliveries"
SECRETS = {"password", "secret", "token_value"}
# Fields that hold more sense than a schema can ask for, and what to put there.
SENSE = {
    "/api/v1/settings/proxmox": lambda: {
        "name": "made-" + uuid.uuid4().hex,
        "hosts": ["192.0.2.10"],
        "user": "nexops@pve",
        "token_name": "nexops",
        "token_value": str(uuid.uuid4()),
        "fingerprint": None,
        "enabled": False,
    },
    "/api/v1/settings/notifications": lambda: {
        "name": "made-" + uuid.uuid4().hex,
        "settings": {"kind": "slack", "webhook_url": "https://hooks.slack.com/services/T0/B0/" + uuid.uuid4().hex},
    },
    "/api/v1/services": lambda: {
        "name": "made-" + uuid.uuid4().hex,
        "type": "external",
        "vm_id": None,
        "health_check_url": os.environ["NEXOPS_API_URL"] + "/healthz",
        "check": None,
    },
    "/api/v1/alerts/rules": lambda: {
        "name": "made-" + uuid.uuid4().hex,
        "metric_name": "cpu_usage",
        "condition": "gt",
        "threshold": 90,
        "clear_threshold": None,
        "severity": "warning",
        "duration_seconds": 60,
        "notification_channels": [],
        "source_type": None,
        "source_id": None,
    },
    "/api/v1/alerts/silences": lambda: {
        "source_type": "vm",
        "source_id": ask("/infrastructure/vms?per_page=1")[0]["id"],
        "rule_id": None,
        "reason": "made",
        "starts_at": None,
        "ends_at": (datetime.now(timezone.utc) + timedelta(hours=1)).isoformat(),
    },
}


def ask(path, body=None):
    request = urllib.request.Request(
        API + path,
        data=None if body is None else json.dumps(body).encode(),
        headers={"Authorization": "Bearer " + os.environ["NEXOPS_API_TOKEN"], "Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.load(answer)["data"]


def known(collection):
    path = collection.removeprefix("/api/v1")
    try:
        things = ask(LISTS.get(collection, path + "?per_page=100"))
        if not things and collection in SENSE:
            things = [ask(path, {key: value for key, value in SENSE[collection]().items() if value is not None})]
        if not things and collection == DELIVERIES:
            channel = known("/api/v1/settings/notifications")[0]
            ask("/settings/notifications/" + channel["name"] + "/test", {})
            things = ask(path)
    except (OSError, ValueError):
        return []
    return things if isinstance(things, list) else []


def raise_alerts():
    """Waits for alerts that can be acknowledged and closed, of a rule that every running guest breaks."""
    ask("/alerts/rules", SENSE["/api/v1/alerts/rules"]() | {"name": "always", "threshold": -1, "duration_seconds": 0})
    end = time.monotonic() + 120
    while not known("/api/v1/alerts"):
        if time.monotonic() > end:
            raise SystemExit("schemathesis: no alert fires two minutes after a rule was made that every guest breaks")
        time.sleep(1)


@schemathesis.hook
def before_call(context, case, kwargs):
    """Makes of a case that the document allows one that makes sense."""
    if case.meta is not None:
        lead_somewhere(case)
        choose_one_way(case)
        make_sense(case)
        forget_versions(case)


def choose_one_way(case):
    """Leaves out what excludes or wants each other, which OpenAPI cannot say of parameters: range, or from and to; a page,
    or the cursor of the one before it."""
    query = case.query
    if not query or case.meta.is_negative_at(ParameterLocation.QUERY):
        return
    for name in ("from", "to"):
        query.pop(name, None)
    # A cursor that is made up is none.
    query.pop("cursor", None)
    # The links that Schemathesis finds by itself take a guest's number for its id.
    if str(query.get("vm_id", "")).isdigit():
        query["vm_id"] = known("/api/v1/infrastructure/vms")[0]["id"]


def forget_versions(case):
    """Leaves out the version that is to be changed: that of something made up a moment ago is known to nobody."""
    if case.headers and not case.meta.is_negative_at(ParameterLocation.HEADER):
        case.headers.pop("If-Match", None)


def make_sense(case):
    """Fills in what has a meaning, and writes whole numbers as such: JSON knows one kind of number, the daemon two."""
    if not isinstance(case.body, dict) or case.meta.is_negative_at(ParameterLocation.BODY):
        return
    case.body = whole(case.body)
    real_secrets(case.body)
    sense = SENSE.get(re.sub(r"/(\{\w+\}|test|preview)$", "", case.operation.path))
    if case.operation.path.endswith("/proxmox/test") and not case.body.get("id"):
        case.body["draft"] = case.body.get("draft") or {}
    draft = case.body.get("draft", case.body.get("rule", case.body))
    if sense and isinstance(draft, dict):
        for key, value in sense().items():
            if value is not None:
                draft[key] = value
            else:
                draft.pop(key, None)


def real_secrets(body):
    """Replaces secrets that look like what programs show in place of one, which are refused."""
    for key, value in body.items():
        if isinstance(value, dict):
            real_secrets(value)
        elif key in SECRETS and isinstance(value, str) and not value.strip("*•●·.…xX- "):
            body[key] = "made-" + uuid.uuid4().hex


def whole(value):
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, dict):
        return {key: whole(part) for key, part in value.items()}
    if isinstance(value, list):
        return [whole(part) for part in value]
    return value


def lead_somewhere(case):
    """Puts an id of something that is there into every other path with a hole."""
    hole = re.match(r"([^{]*)/\{(\w+)\}", case.operation.path)
    meta = case.meta
    if not hole or meta.phase.name.value == "stateful" or meta.is_negative_at(ParameterLocation.PATH):
        return
    chance = random.Random(case.id)
    if chance.random() < 0.5:
        return
    collection, name = hole.groups()
    things = known(collection)
    if things:
        thing = chance.choice(things)
        case.path_parameters[name] = str(thing.get(name, thing.get("id")))


raise_alerts()
