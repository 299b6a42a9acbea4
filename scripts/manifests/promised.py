"""What is promised of the image and of every role, asked for by presence: a valid manifest can still leave it out."""

import copy
import re
import tomllib

PROGRAMS = {"holdfast"}
PROBES = ("readinessProbe", "livenessProbe")
SIZES = ("cpu", "memory")
# What must never reach the image's build.
PRIVATE = (".git/config", ".holdfast/secrets/token.key", "target/debug/holdfast", "crates/types/target/x")


def image_faults(root, containerfile, ignored):
    """The Containerfile against the toolchain file, and its ignore file against the workspace."""
    steps = [line.split() for line in containerfile.replace("\\\n", " ").splitlines() if line.strip() and not line.startswith("#")]
    stages = [number for number, step in enumerate(steps) if step[0] == "FROM"]
    channel = tomllib.loads((root / "rust-toolchain.toml").read_text(encoding="utf-8"))["toolchain"]["channel"]
    builders = [found[1] for number in stages if (found := re.search(r"/rust:([0-9.]+)", steps[number][1]))]
    if not builders or any(f"{channel}.".find(f"{version}.") != 0 for version in builders):
        yield f"image: built by Rust {builders or 'nobody'}, but rust-toolchain.toml says {channel}"
    final = steps[stages[-1]:]
    users = [step[1].split(":")[0] for step in final if step[0] == "USER"]
    if not users or not users[-1].isdigit() or users[-1] == "0":
        yield "image: the last USER must be a number, and not root's, or Kubernetes cannot see that it is not root"
    copied = [step[1:-1] for step in final if step[0] in ("COPY", "ADD") and "/bin/" in step[-1]]
    programs = {source.split("/")[-1] for sources in copied for source in sources if not source.startswith("--")}
    if programs != PROGRAMS:
        yield f"image: holds {sorted(programs)} instead of {sorted(PROGRAMS)}"
    workspace = tomllib.loads((root / "Cargo.toml").read_text(encoding="utf-8"))["workspace"]
    members = [path for pattern in workspace["members"] for path in root.glob(pattern) if (path / "Cargo.toml").exists()]
    needed = [root / "Cargo.toml", root / "Cargo.lock", *(member / "Cargo.toml" for member in members)]
    needed += [path for member in members for path in member.glob("src/*.rs")]
    names = [str(path.relative_to(root)) for path in needed]
    yield from (f"image: {name} does not reach the build" for name in names if is_ignored(name, ignored))
    yield from (f"image: {name} would reach the build" for name in PRIVATE if not is_ignored(name, ignored))


def is_ignored(name, ignored):
    """As the builder reads an ignore file: the last line that fits the path, or a folder above it, decides."""
    parts = name.split("/")
    paths = ["/".join(parts[:count]) for count in range(1, len(parts) + 1)]
    decided = False
    for line in ignored.splitlines():
        pattern = line.strip().removeprefix("!")
        if pattern and not pattern.startswith("#"):
            shape = "".join({"**/": "(.*/)?", "*": "[^/]*"}.get(part, re.escape(part)) for part in re.split(r"(\*\*/|\*)", pattern))
            if any(re.fullmatch(shape, path) for path in paths):
                decided = not line.strip().startswith("!")
    return decided


def role_faults(objects, roles, covers):
    """Each role runs in one Deployment, and has everything that was promised of it."""
    def of_kind(kind):
        return [item["spec"] for item in objects if item["kind"] == kind]

    policies = of_kind("NetworkPolicy")
    if not any(not policy["podSelector"] and policy["policyTypes"] == ["Ingress", "Egress"] and len(policy) == 2 for policy in policies):
        yield "no NetworkPolicy denies everything to begin with"
    serving = {}
    for item in objects:
        if item["kind"] == "Deployment":
            serving.setdefault(item["spec"]["template"]["spec"]["containers"][0]["args"][-1], []).append(item)
    for role in sorted(roles):
        if len(serving.get(role, [])) != 1:
            yield f"{role}: {len(serving.get(role, []))} Deployments instead of one"
            continue
        pod = serving[role][0]["spec"]["template"]
        labels, spec = pod["metadata"]["labels"], pod["spec"]
        for fault in running_faults(spec):
            yield f"{role}: {fault}"
        if not any(policy["podSelector"] and policy.get("ingress") and covers(policy["podSelector"], labels) for policy in policies):
            yield f"{role}: no NetworkPolicy says who may call it"
        if not any(covers(budget["selector"], labels) for budget in of_kind("PodDisruptionBudget")):
            yield f"{role}: no PodDisruptionBudget"


def running_faults(spec):
    for box in spec["containers"]:
        yield from (f"{box['name']}: no {probe}" for probe in PROBES if not box.get(probe))
    for box in spec["containers"] + spec.get("initContainers", []):
        resources, security = box.get("resources", {}), box.get("securityContext", {})
        for kind in ("requests", "limits"):
            yield from (f"{box['name']}: no {kind} of {size}" for size in SIZES if size not in resources.get(kind, {}))
        if security.get("readOnlyRootFilesystem") is not True:
            yield f"{box['name']}: the root file system is not read-only"
        if security.get("runAsNonRoot", spec.get("securityContext", {}).get("runAsNonRoot")) is not True:
            yield f"{box['name']}: may run as root"


def self_test(refuses, root, containerfile, ignored, objects, roles, covers):
    """Each promise, broken once."""
    for what, old, new in (
        ("another Rust in the image", "rust:1.", "rust:9."),
        ("an image that runs as root", "\nUSER 65532:65532", "\nUSER 0:0"),
        ("an image that names no user", "\nUSER 65532:65532", ""),
        ("an image without the program", " /out/holdfast /usr", " /out/other /usr"),
        ("a second program in the image", " /out/holdfast /usr", " /out/holdfast /out/holdfast-verify /usr"),
        ("another program in the image", "\nUSER", "\nCOPY --from=build /bin/sh /usr/local/bin/sh\nUSER"),
    ):
        refuses(what, image_faults(root, containerfile.replace(old, new), ignored))
    refuses("an image without a member of the workspace", image_faults(root, containerfile, ignored.replace("!services\n", "")))
    refuses("an image with secrets", image_faults(root, containerfile, ignored.replace("\n*\n", "\n")))

    def broken(change):
        copied = copy.deepcopy(objects)
        for item in copied:
            if item["kind"] == "Deployment" and item["metadata"]["name"] == "consent":
                change(item["spec"]["template"]["spec"], item["spec"]["template"]["spec"]["containers"][0])
        return role_faults(copied, roles, covers)

    def without(kind, name):
        return [item for item in objects if (item["kind"], item["metadata"]["name"]) != (kind, name)]

    for what, change in (
        ("a role without a readiness probe", lambda _, box: box.pop("readinessProbe")),
        ("a role without a liveness probe", lambda _, box: box.pop("livenessProbe")),
        ("a role without requests", lambda _, box: box["resources"].pop("requests")),
        ("a role without a limit of memory", lambda _, box: box["resources"]["limits"].pop("memory")),
        ("a root file system that can be written", lambda _, box: box["securityContext"].pop("readOnlyRootFilesystem")),
        ("a role that may run as root", lambda spec, _: spec["securityContext"].pop("runAsNonRoot")),
        ("a migration without limits", lambda spec, _: spec["initContainers"][0]["resources"].pop("limits")),
        ("a role that serves as another", lambda _, box: box.update(args=["serve", "audit"])),
    ):
        refuses(what, broken(change))
    for kind, name in (("Deployment", "consent"), ("PodDisruptionBudget", "gateway"), ("NetworkPolicy", "default-deny")):
        refuses(f"a system without {kind}/{name}", role_faults(without(kind, name), roles, covers))
    open_ended = [item for item in objects if item["kind"] != "NetworkPolicy" or not item["spec"].get("ingress")]
    refuses("roles that anybody or nobody may call", role_faults(open_ended, roles, covers))
