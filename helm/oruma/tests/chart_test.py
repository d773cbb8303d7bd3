"""The chart as Helm renders it: snapshots, Kubernetes' schemas, what must not be accepted, and what must be true of the code."""

import difflib
import functools
import json
import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import unittest

import kubernetes_validate
import yaml

TESTS = pathlib.Path(__file__).resolve().parent
CHART = TESTS.parent
ROOT = CHART.parent.parent
UPDATE = bool(os.environ.get("UPDATE"))
CASES = {path.stem: path for path in sorted((TESTS / "values").glob("*.yaml"))} | {
    "dev": CHART / "values-dev.yaml",
    "operators": ROOT / "deploy/kubernetes/values.yaml",
}
# The others are looked at in what matters.
KEPT = {"required", "everything", "one-service", "dev"}
# of others, which no schema of Kubernetes describes
FOREIGN = {"HTTPRoute", "ServiceMonitor"}
# The libraries read these by themselves.
LIBRARIES = {"OTEL_RESOURCE_ATTRIBUTES", "SSL_CERT_FILE", "SSL_CERT_DIR", "POD_NAME"}
# Hosts of contracts that the gateway does not speak yet.
TO_COME = {"CONNECTBEST_HOST", "SOCIAL_HOST", "SOCMEL_HOST", "DUBAI_HOST"}


def helm(*arguments):
    return subprocess.run([os.environ["HELM"], *map(str, arguments)], capture_output=True, text=True)


def render(values, *settings, chart=CHART):
    return helm("template", "oruma", chart, "--namespace", "campus", "--kube-version", "1.34.0", "--values", values,
                *(part for setting in settings for part in ("--set", setting)))


@functools.cache
def rendered(values, *settings, chart=CHART):
    """The objects by kind and name."""
    result = render(values, *settings, chart=chart)
    if result.returncode:
        raise AssertionError(result.stderr)
    objects = [each for each in yaml.safe_load_all(result.stdout) if each]
    found = {(each["kind"], each["metadata"]["name"]): each for each in objects}
    assert len(found) == len(objects), "two objects have one name"
    return found


def pods(objects):
    return {key: each["spec"]["template"] for key, each in objects.items() if key[0] in ("Deployment", "Job")}


def variables(objects):
    """What the containers of the chart get, by the object that they are in."""
    for key, pod in pods(objects).items():
        container = pod["spec"]["containers"][0]
        names = [each["name"] for each in container.get("env", [])]
        for source in container.get("envFrom", []):
            settings = objects.get(("ConfigMap", source.get("configMapRef", {}).get("name")))
            if settings and key[1] == settings["metadata"]["name"]:
                names += settings["data"]
        yield key, names


class Rendered(unittest.TestCase):
    maxDiff = 0

    def test_is_what_the_snapshots_say(self):
        for name in KEPT:
            with self.subTest(name):
                objects = rendered(CASES[name])
                # in one order, and without the spaces that versions of Helm leave differently
                text = yaml.safe_dump_all([objects[key] for key in sorted(objects)], width=150)
                snapshot = TESTS / "snapshots" / f"{name}.yaml"
                if UPDATE:
                    snapshot.write_text(text)
                kept = snapshot.read_text()
                difference = "\n".join(difflib.unified_diff(kept.splitlines(), text.splitlines(), "kept", "rendered", lineterm=""))
                self.assertEqual(kept, text, f"scripts/helm-test --update writes the snapshots anew\n{difference}")

    def test_every_object_is_one_of_kubernetes(self):
        for name, values in CASES.items():
            for (kind, what), each in rendered(values).items():
                if kind in FOREIGN:
                    continue
                for version in ("1.30", kubernetes_validate.latest_version()):
                    with self.subTest(f"{name}: {kind} {what} in {version}"):
                        kubernetes_validate.validate(each, version, strict=True)

    def test_so_is_what_stands_beside_the_chart(self):
        for each in yaml.safe_load_all((ROOT / "deploy/kubernetes/redis.yaml").read_text()):
            kubernetes_validate.validate(each, "1.30", strict=True)

    def test_each_variable_is_there_once(self):
        # Helm 4 applies on the server's side, which refuses lists with two entries of one name.
        for name, values in CASES.items():
            for key, names in variables(rendered(values)):
                with self.subTest(f"{name}: {key}"):
                    self.assertEqual(len(names), len(set(names)), sorted(names))

    def test_pods_keep_to_the_restricted_standard(self):
        for name, values in CASES.items():
            for key, pod in pods(rendered(values)).items():
                with self.subTest(f"{name}: {key}"):
                    spec = pod["spec"]
                    self.assertTrue(spec["securityContext"]["runAsNonRoot"])
                    self.assertEqual(spec["securityContext"]["seccompProfile"], {"type": "RuntimeDefault"})
                    self.assertIs(spec["automountServiceAccountToken"], False)
                    container = spec["containers"][0]
                    self.assertIs(container["securityContext"]["allowPrivilegeEscalation"], False)
                    self.assertIs(container["securityContext"]["readOnlyRootFilesystem"], True)
                    self.assertEqual(container["securityContext"]["capabilities"], {"drop": ["ALL"]})

    def test_a_pod_has_time_to_drain(self):
        for name, values in CASES.items():
            for key, pod in pods(rendered(values)).items():
                if key[0] != "Deployment":
                    continue
                with self.subTest(f"{name}: {key}"):
                    lifecycle = pod["spec"]["containers"][0].get("lifecycle", {"preStop": {"sleep": {"seconds": 0}}})
                    self.assertGreaterEqual(pod["spec"]["terminationGracePeriodSeconds"], lifecycle["preStop"]["sleep"]["seconds"] + 30)

    def test_holds_no_secret(self):
        for name, values in CASES.items():
            self.assertNotIn("Secret", {kind for kind, _ in rendered(values)}, name)

    def test_common_labels_reach_every_object_and_pod(self):
        objects = rendered(CASES["everything"])
        extra = {("ConfigMap", "more"), ("ConfigMap", "text")}
        for key, each in objects.items():
            if key not in extra:
                self.assertEqual(each["metadata"]["labels"].get("team"), "campus", key)
                self.assertEqual(each["metadata"]["annotations"].get("example.com/owner"), "campus", key)
        for key, pod in pods(objects).items():
            self.assertEqual(pod["metadata"]["labels"].get("team"), "campus", key)

    def test_what_counts_as_nothing_overrides_a_default(self):
        objects = rendered(CASES["volume"])
        self.assertEqual(objects["Deployment", "oruma-marketplace"]["spec"]["replicas"], 0)
        self.assertNotIn(("PodDisruptionBudget", "oruma-media"), objects)
        self.assertNotIn("lifecycle", pods(objects)["Deployment", "oruma-media"]["spec"]["containers"][0])
        self.assertEqual(objects["Deployment", "oruma-media"]["spec"]["strategy"], {"type": "Recreate"})

    def test_services_meet_only_the_pods_that_serve(self):
        objects = rendered(CASES["required"])
        jobs = [pod["metadata"]["labels"] for key, pod in pods(objects).items() if key[0] == "Job"]
        for (kind, name), each in objects.items():
            if kind in ("Service", "PodDisruptionBudget"):
                selector = each["spec"]["selector"] if kind == "Service" else each["spec"]["selector"]["matchLabels"]
                self.assertFalse([job for job in jobs if selector.items() <= job.items()], name)


class Upgraded(unittest.TestCase):
    def changed(self, *settings, before=()):
        old, new = rendered(CASES["required"], *before), rendered(CASES["required"], *settings)
        self.assertEqual(old.keys(), new.keys())
        return {key for key in old if old[key] != new[key]}

    def test_another_image_of_one_service_touches_only_that_service(self):
        self.assertEqual(self.changed("services.social.image.tag=2.0.0"),
                         {("Deployment", "oruma-social"), ("Job", "oruma-social-migrate")})

    def test_a_setting_of_one_service_touches_only_that_service(self):
        self.assertEqual(self.changed("corsOrigins[0]=https://example.com"),
                         {("ConfigMap", "oruma-gateway"), ("Deployment", "oruma-gateway")})
        self.assertEqual(self.changed("services.messaging.env.MESSAGE_MAX_CHARACTERS=4000"),
                         {("ConfigMap", "oruma-messaging"), ("Deployment", "oruma-messaging"), ("Job", "oruma-messaging-migrate")})

    def test_more_pods_restart_none(self):
        old, new = rendered(CASES["required"]), rendered(CASES["required"], "services.auth.replicas=5")
        self.assertEqual(pods(old), pods(new))

    def test_another_version_of_the_chart_restarts_no_pod(self):
        with tempfile.TemporaryDirectory() as folder:
            copy = pathlib.Path(folder) / "oruma"
            shutil.copytree(CHART, copy)
            text = (copy / "Chart.yaml").read_text()
            (copy / "Chart.yaml").write_text(re.sub(r"^version: .*", "version: 99.0.0", text, flags=re.M))
            self.assertEqual(pods(rendered(CASES["required"])), pods(rendered(CASES["required"], chart=copy)))

    def test_jobs_among_the_rest_get_another_name_with_another_image(self):
        off = "migrations.hooks=false"
        old = rendered(CASES["required"], off)
        new = rendered(CASES["required"], off, "services.social.image.tag=2.0.0")
        gone, came = old.keys() - new.keys(), new.keys() - old.keys()
        self.assertEqual([kind for kind, _ in (*gone, *came)], ["Job", "Job"])
        self.assertTrue(all(name.startswith("oruma-social-migrate-") for _, name in (*gone, *came)))


class Refused(unittest.TestCase):
    def refused(self, words, *settings, values="required"):
        result = render(CASES[values], *settings)
        self.assertNotEqual(result.returncode, 0, settings)
        self.assertIn(words, result.stderr, settings)

    def test_what_is_missing_is_named(self):
        for words, setting in (
            ("image.registry is not set", "image.registry="),
            ("publicUrl is not set", "publicUrl="),
            ("existingSecret (or existingSecret for all) is not set", "existingSecret="),
            ("mail.server is not set", "mail.server="),
            ("mail.from is not set", "mail.from="),
            ("files.s3.bucket is not set", "files.s3.bucket="),
            ("files.s3.region is not set", "files.s3.region="),
            ("hosts.oruma is not set", "ingress.enabled=true"),
            ("httpRoute.parentRefs is not set", "httpRoute.enabled=true"),
            ("services.media.url is not set", "services.media.enabled=false"),
            ("both set", "files.persistence.enabled=true"),
            ("must be at least preStopSleepSeconds and 30", "services.auth.preStopSleepSeconds=40"),
        ):
            with self.subTest(setting):
                self.refused(words, setting)
        self.refused("services.media.replicas can be 1 only", "services.media.replicas=2", values="volume")
        self.refused("no service is enabled", "services.media.enabled=false", values="one-service")

    def test_each_secret_is_demanded_by_name(self):
        all_but = {"database": "database", "rabbitmq": "rabbitmq", "redis": "redis", "tokens.jwtSecretKey": "tokens.jwtSecretKey",
                   "tokens.internalGrpcToken": "tokens.internalGrpcToken", "mail.credentials": "mail.credentials",
                   "files.s3.credentials": "files.s3.credentials"}
        for missing in all_but:
            given = [f"{name}.existingSecret=one" for name in all_but if name != missing]
            with self.subTest(missing):
                self.refused(f"{missing}.existingSecret", "existingSecret=", *given)

    def test_what_is_unknown_is_refused(self):
        for setting in ("nonsense=1", "defaults.podSpec.hostNetwork=true", "services.gateway.service.spec.type=NodePort",
                        "services.auth.replica=1", "services.chat.enabled=true", "image.digest=x", "tracing.endpoint=collector:4317",
                        "services.gateway.url=http://x:1", "logFormat=xml", "services.auth.image.digest=latest", "defaults.image.tag=1"):
            with self.subTest(setting):
                self.refused("values don't meet the specifications", setting)

    def test_a_secret_in_plain_is_refused(self):
        for setting in ("env.JWT_SECRET_KEY=abc", "services.auth.env.SMTP_PASSWORD=abc", "env.DATABASE_URL.value=postgresql://app:abc@db/oruma"):
            with self.subTest(setting):
                self.refused("values don't meet the specifications", setting)

    def test_a_parent_chart_may_say_global_and_enabled(self):
        self.assertEqual(render(CASES["required"], "global.theirs.anything=1", "enabled=true").returncode, 0)


class TrueOfTheCode(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        sources = [*ROOT.glob("crates/*/src/**/*.rs"), *ROOT.glob("services/*/src/**/*.rs")]
        cls.code = "\n".join(path.read_text() for path in sources)
        cls.facts = yaml.safe_load((CHART / "files/services.yaml").read_text())

    def reads(self, name):
        name = name.removesuffix("_FILE")
        return f'"{name}"' in self.code or (name.endswith("_GRPC_URL") and name.split("_")[0].lower() in self.facts)

    def test_every_variable_is_read(self):
        for name, values in CASES.items():
            # what others are put together of
            own = set(re.findall(r"\$\((\w+)\)", values.read_text()))
            for key, names in variables(rendered(values)):
                for variable in set(names) - LIBRARIES - TO_COME - own:
                    self.assertTrue(self.reads(variable), f"{name}: {key}: nobody reads {variable}")

    def test_every_secret_has_to_be_a_reference(self):
        demanded = json.loads((CHART / "values.schema.json").read_text())["$defs"]["variables"]["properties"]
        read = set(re.findall(r'secret\("([A-Z][A-Z0-9]*_[A-Z0-9_]+)"', self.code))
        self.assertGreater(len(read), 10)
        self.assertFalse(read - demanded.keys() - {"AWS_ACCESS_KEY_ID"}, "a name is no secret")

    def test_every_variable_in_the_readme_is_read(self):
        table = (CHART / "README.md").read_text()
        named = set(re.findall(r"`([A-Z][A-Z0-9]*_[A-Z0-9_]+)`", table)) - LIBRARIES - TO_COME
        self.assertFalse([variable for variable in named if not self.reads(variable)])

    def test_who_calls_whom(self):
        for name, facts in self.facts.items():
            code = "\n".join(path.read_text() for path in ROOT.glob(f"services/{name}/src/**/*.rs"))
            self.assertEqual(sorted(set(re.findall(r'ChannelConfig::from_env\(&?env, "(\w+)"\)', code))), sorted(facts["calls"]), name)

    def test_ports(self):
        self.assertIn("50_051", self.code)
        self.assertIn('env.number("API_PORT", 3333)', self.code)
        self.assertIn('resource("/livez")', self.code)
        self.assertIn('resource("/readyz")', self.code)

    def test_the_chart_has_the_version_of_the_programs(self):
        version = re.search(r'^version = "(.*)"', (ROOT / "Cargo.toml").read_text(), re.M)[1]
        self.assertEqual(yaml.safe_load((CHART / "Chart.yaml").read_text())["appVersion"], version)

    def test_the_programs_of_the_image(self):
        dockerfile = (ROOT / "deploy/Dockerfile").read_text()
        for path in ROOT.glob("services/*/Cargo.toml"):
            name = path.parent.name
            self.assertIn(f"--package oruma{'' if name == 'standalone' else '-' + name}", dockerfile.replace("\\\n", ""))


class Readme(unittest.TestCase):
    def test_describes_every_value(self):
        command = [os.environ["HELM_DOCS"], "--chart-search-root", CHART, "--sort-values-order", "file", "--log-level", "error"]
        if UPDATE:
            subprocess.run(command, check=True)
        text = subprocess.run([*command, "--dry-run"], check=True, capture_output=True, text=True).stdout
        self.assertEqual(text.strip(), (CHART / "README.md").read_text().strip(), "scripts/helm-test --update writes README.md anew")
        self.assertFalse(re.findall(r"^\| [\w.]+ \|.*\|  \|$", text, re.M), "a value without a word")


if __name__ == "__main__":
    unittest.main()
