"""What of Dockerfile, .dockerignore and compose.yaml can be wrong and be found without a container engine."""

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import yaml
from compose_spec import PyCompose

ROOT = Path(__file__).resolve().parent.parent


def copied_from_here(dockerfile: str) -> list[tuple[list[str], str]]:
    """Sources and destination of every COPY that takes files of the project."""
    lines = dockerfile.replace("\\\n", " ").splitlines()
    words = [line.split()[1:] for line in lines if line.startswith("COPY ") and "--from=" not in line]
    return [(parts[:-1], parts[-1]) for parts in words]


def check_context() -> list[str]:
    """What is copied exists, reaches the builder, and is all that cargo needs to know the workspace."""
    copies = copied_from_here((ROOT / "Dockerfile").read_text())
    rules = [line for line in (ROOT / ".dockerignore").read_text().splitlines() if line and not line.startswith("#")]
    if rules[0] != "*":
        return [".dockerignore: the first rule must be *, so that nothing gets in by accident"]
    sent = {rule.removeprefix("!") for rule in rules[1:]}
    sources = {source for copied, _ in copies for source in copied}
    problems = [f"Dockerfile: COPY {source}: there is no such file" for source in sources if not (ROOT / source).exists()]
    problems += [f".dockerignore: {source} is copied and not sent to the builder" for source in sources - sent]
    problems += [f".dockerignore: {source} is sent to the builder and not copied" for source in sent - sources]
    if problems:
        return problems
    with tempfile.TemporaryDirectory() as directory:
        for copied, destination in copies:
            for source in copied:
                target = Path(directory, destination, "" if (ROOT / source).is_dir() else source)
                (shutil.copytree if (ROOT / source).is_dir() else shutil.copy)(ROOT / source, target)
        command = ["cargo", "metadata", "--locked", "--format-version=1", "--quiet"]
        done = subprocess.run(command, cwd=directory, capture_output=True, text=True, check=False)
    return [f"Dockerfile: cargo does not find the workspace among what is copied: {done.stderr}"] if done.returncode else []


def check_compose(name: str) -> list[str]:
    """The file follows the Compose specification, and what it names is there."""
    text = (ROOT / name).read_text()
    try:
        PyCompose.from_yaml(text)
    except Exception as error:  # Whatever the parser raises says what is wrong with the file.
        return [f"{name}: {error}"]
    compose = yaml.safe_load(text)
    services, problems = compose["services"], []
    for service, settings in services.items():
        for other, how in settings.get("depends_on", {}).items():
            if other not in services:
                problems.append(f"{name}: {service} depends on {other}, which is no service")
            elif how["condition"] == "service_healthy" and "healthcheck" not in services[other]:
                problems.append(f"{name}: {service} waits for the health of {other}, which has no health check")
        volumes = [volume.split(":")[0] for volume in settings.get("volumes", [])]
        problems += [f"{name}: {service}: the volume {volume} is not declared" for volume in volumes
                     if volume not in compose.get("volumes", {})]
    return problems


def check_keys() -> list[str]:
    """The daemon knows every variable that it is given."""
    known = {line.lstrip("#").split("=")[0] for line in (ROOT / ".env.example").read_text().splitlines() if "=" in line}
    given = yaml.safe_load((ROOT / "compose.yaml").read_text())["services"]["nexopsd"]["environment"]
    service = [line.lstrip("#").split("=")[0] for line in (ROOT / "packaging/nexopsd.env").read_text().splitlines()
               if "=" in line and " " not in line]
    return [f"the daemon does not know the variable {key}" for key in [*given, *service] if key not in known]


problems = [*check_context(), *check_compose("compose.yaml"), *check_compose("docker-compose.dev.yml"), *check_keys()]
for problem in problems:
    print(problem, file=sys.stderr)
sys.exit(1 if problems else 0)
