"""What every container may do, and how one sees that it works: compose and Kubernetes files."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from connector.app import heartbeat, serving
from connector.app.settings import DeliveryGroup
from oauth import returning, unsaved
from oauth.settings import OAuthSettings
from tests.docs.markdown import ROOT, table_rows
from tests.docs.settings_keys import keys

DEPLOY = ROOT / "deploy"
COMPOSE: dict[str, dict[str, Any]] = {
    name: yaml.safe_load((DEPLOY / f"{name}.yaml").read_text())
    for name in ("compose", "compose.several")
}
SERVICES = {
    f"{file}:{name}": service
    for file, whole in COMPOSE.items()
    for name, service in whole["services"].items()
}
MANIFESTS: list[dict[str, Any]] = list(yaml.safe_load_all((DEPLOY / "kubernetes.yaml").read_text()))
PODS = {
    one["metadata"]["name"]: one["spec"]["template"]["spec"]
    for one in MANIFESTS
    if one["kind"] in ("Deployment", "Job")
}
OURS = {name: one for name, one in SERVICES.items() if one["image"].startswith("qonto-connector:")}
BEATS = ["python", "-m", "connector.app.heartbeat"]
each_service = pytest.mark.parametrize("name", SERVICES)
each_pod = pytest.mark.parametrize("name", PODS)


@each_service
def test_a_container_has_a_read_only_disk_no_new_privileges_and_limits(name: str) -> None:
    service = SERVICES[name]
    assert service["read_only"] is True
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["cap_drop"] == ["ALL"]
    assert re.fullmatch(r"\d+[mg]", service["mem_limit"])
    assert 0 < service["pids_limit"] <= 256
    assert "privileged" not in service
    sizes = dict(mount.split(":size=") for mount in service["tmpfs"])
    assert set(sizes) >= {"/tmp"}  # noqa: S108
    assert all(re.fullmatch(r"\d+m,mode=1777", size) for size in sizes.values())


def test_only_the_proxy_gets_a_capability_back_and_it_is_the_one_for_low_ports() -> None:
    given = {name: one["cap_add"] for name, one in SERVICES.items() if "cap_add" in one}
    assert given == {"compose:caddy": ["NET_BIND_SERVICE"]}


@each_service
def test_a_container_s_log_is_rotated(name: str) -> None:
    logging = SERVICES[name]["logging"]
    assert logging["driver"] == "json-file"
    assert set(logging["options"]) == {"max-size", "max-file"}


@each_service
def test_a_container_that_stays_says_how_it_is(name: str) -> None:
    """The server's check is the image's, which asks /health."""
    service = SERVICES[name]
    match service.get("command"):
        case ["migrate"]:
            assert service["healthcheck"] == {"disable": True}
            assert service["restart"].startswith("on-failure:")
        case ["serve"]:
            assert "healthcheck" not in service
        case ["worker"]:
            assert service["healthcheck"]["test"] == ["CMD", *BEATS]
            assert _seconds(service["healthcheck"]["interval"]) < heartbeat.LATE
        case other:
            assert other is None
            assert service["healthcheck"]["test"][0] == "CMD"


@pytest.mark.parametrize("name", OURS)
def test_the_worker_s_file_is_where_something_can_be_written(name: str) -> None:
    file = OURS[name]["environment"][heartbeat.VARIABLE]
    assert heartbeat.VARIABLE in keys()
    assert str(Path(file).parent) in {mount.partition(":")[0] for mount in OURS[name]["tmpfs"]}


@pytest.mark.parametrize("name", OURS)
def test_refreshed_tokens_are_kept_in_a_volume_that_outlives_the_container(name: str) -> None:
    volumes = dict(reversed(mount.split(":")[:2]) for mount in OURS[name]["volumes"])
    kept = volumes[OURS[name]["environment"]["CONNECTOR_STATE_DIRECTORY"]]
    assert kept in COMPOSE[name.partition(":")[0]]["volumes"]


def test_what_is_under_way_has_time_to_end() -> None:
    """Requests, attempts, links and refreshes end one after another at worst."""
    needed = (
        serving.LAST_REQUESTS
        + DeliveryGroup().deadline_seconds
        + returning._LAST_WAIT
        + OAuthSettings.model_fields["token_timeout_seconds"].default
        + unsaved.AT_EXIT
    )
    for name, service in OURS.items():
        assert _seconds(service["stop_grace_period"]) >= needed, name
    for name in ("qonto-connector-serve", "qonto-connector-worker"):
        sleep = PODS[name]["containers"][0].get("lifecycle", {}).get("preStop", {}).get("sleep", {})
        left = PODS[name]["terminationGracePeriodSeconds"] - sleep.get("seconds", 0)
        assert left >= needed, name


def test_only_the_proxy_can_be_reached_from_outside() -> None:
    """On several machines the balancer reaches the server at an address that has to be named."""
    one = COMPOSE["compose"]
    assert {name for name, each in one["services"].items() if "ports" in each} == {"caddy"}
    assert one["networks"]["back"]["internal"] is True
    assert one["services"]["postgres"]["networks"] == ["back"]
    assert one["services"]["caddy"]["networks"] == ["front"]
    several = COMPOSE["compose.several"]["services"]
    assert {name: each["ports"] for name, each in several.items() if "ports" in each} == {
        "connector": ["${LISTEN_ON:?set LISTEN_ON in deploy/.env}:8080:8080"]
    }


def test_containers_of_several_machines_are_confined_as_those_of_one() -> None:
    one, several = COMPOSE["compose"]["services"], COMPOSE["compose.several"]["services"]
    apart = {"depends_on", "environment", "networks", "ports"}
    for name, service in several.items():
        for key in (service.keys() | one[name].keys()) - apart:
            assert service[key] == one[name][key], (name, key)


def test_the_runbook_names_the_limits_that_compose_sets() -> None:
    units = {"g": " GB", "m": " MB"}
    rows = table_rows(DEPLOY / "runbook.md", "|".join(COMPOSE["compose"]["services"]))
    told = {name: (memory, processes, stops) for name, memory, processes, stops, _ in rows}
    assert told == {
        name: (
            service["mem_limit"][:-1] + units[service["mem_limit"][-1]],
            str(service["pids_limit"]),
            f"{_seconds(service['stop_grace_period'])} s",
        )
        for name, service in COMPOSE["compose"]["services"].items()
    }


@pytest.mark.parametrize("file", COMPOSE)
def test_what_compose_asks_for_is_explained(file: str) -> None:
    told = (DEPLOY / "runbook.md").read_text() + (DEPLOY / "env.example").read_text()
    asked = set(re.findall(r"\$\{(\w+)", (DEPLOY / f"{file}.yaml").read_text()))
    assert "PUBLIC_HOST" in asked
    assert {name for name in asked if name not in told} == set()


@pytest.mark.parametrize("name", OURS)
def test_secrets_come_as_files_and_never_in_the_environment(name: str) -> None:
    environment = OURS[name]["environment"]
    secret = ("DATABASE__URL", "SEALING__KEYS", "MONITORING_TOKEN", "PROXY", "API_KEY")
    for key in environment:
        assert not key.endswith(secret), key


def test_postgres_runs_as_its_own_user_and_is_asked_where_it_serves() -> None:
    """While a database is made, its image listens on the socket alone, and isn't ready."""
    postgres = SERVICES["compose:postgres"]
    assert postgres["user"] == "postgres"
    check = postgres["healthcheck"]["test"]
    assert check[check.index("--host") + 1] == "127.0.0.1"
    assert any(mount.startswith("/var/run/postgresql:") for mount in postgres["tmpfs"])


# -- Kubernetes -----------------------------------------------------------------------------------


@each_pod
def test_a_pod_is_nobody_in_particular_and_may_do_nothing_special(name: str) -> None:
    """As the profile `restricted` of the pod security standards asks."""
    pod = PODS[name]
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert pod["automountServiceAccountToken"] is False
    (container,) = pod["containers"]
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert "memory" in container["resources"]["limits"]
    mounted = {mount["name"] for mount in container["volumeMounts"]}
    assert mounted == {volume["name"] for volume in pod["volumes"]} == {"secrets", "tmp", "data"}


def test_pods_are_probed_as_the_containers_are() -> None:
    (serve,) = PODS["qonto-connector-serve"]["containers"]
    (worker,) = PODS["qonto-connector-worker"]["containers"]
    for probe in ("startupProbe", "readinessProbe", "livenessProbe"):
        assert serve[probe]["httpGet"] == {"path": "/health", "port": "http"}
    for probe in ("startupProbe", "livenessProbe"):
        assert worker[probe]["exec"]["command"] == BEATS


def test_the_cluster_is_given_what_compose_is_given() -> None:
    (settings,) = [one["data"] for one in MANIFESTS if one["kind"] == "ConfigMap"]
    assert {key.removesuffix("_FILE") for key in settings} <= set(keys())
    machines = set(OURS["compose.several:connector"]["environment"])
    optional = {"CONNECTOR_RATE__ADDRESS", "CONNECTOR_LINK__SCOPES", "CONNECTOR_LOG__LEVEL"}
    assert set(settings) == machines - optional
    images = {pod["containers"][0]["image"] for pod in PODS.values()}
    assert images == {one["image"] for one in OURS.values()}


def _seconds(text: str) -> int:
    return int(text.removesuffix("s"))
