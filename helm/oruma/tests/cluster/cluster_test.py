"""The chart in a Kubernetes with everything but nodes: what is admitted, in which order it comes, what an upgrade touches, and what stays."""

import os
import pathlib
import subprocess
import unittest

import yaml

from kubernetes import Api, Nodes, Refused, eventually

CHART = pathlib.Path(__file__).resolve().parent.parent.parent
ROOT = CHART.parent.parent
VALUES = CHART / "tests/values"
CASES = {path.stem: path for path in sorted(VALUES.glob("*.yaml"))} | {
    "dev": CHART / "values-dev.yaml",
    "operators": ROOT / "deploy/kubernetes/values.yaml",
}
HELMS = {"3": os.environ["HELM_3"], "4": os.environ["HELM_4"]}
MIGRATED = ["auth", "events", "marketplace", "media", "messaging", "social"]
# what every namespace has, and what is not the chart's
ITS_OWN = {("ConfigMap", "kube-root-ca.crt"), ("ServiceAccount", "default"), ("ServiceAccount", "messaging")}

api, nodes = Api(), None


def setUpModule():
    global nodes
    eventually(api.is_ready, "the API server is ready")
    for path in sorted(pathlib.Path(os.environ["RESOURCES"]).glob("*.yaml")):
        definition = yaml.safe_load(path.read_text())
        api.create(definition)
        group, name = definition["spec"]["group"], definition["spec"]["names"]["kind"]
        eventually(lambda: serves(f"{group}/v1", name), f"{name} is served")
    api.create({"apiVersion": "scheduling.k8s.io/v1", "kind": "PriorityClass", "metadata": {"name": "important"}, "value": 1000})
    nodes = Nodes()
    nodes.start()


def tearDownModule():
    nodes.ended.set()
    nodes.join()
    api.close()


def serves(version, kind):
    api.resources.pop(version, None)
    try:
        return kind in api.kinds(version)
    except Refused:
        return False


def controls(replica):
    """Whether the controllers have caught up with a Deployment, ReplicaSet or budget."""
    status = replica.get("status", {})
    return status.get("observedGeneration") == replica["metadata"]["generation"]


def said(thing):
    """An object without what controllers see in it. Its version counts where it has nothing of theirs."""
    if thing is None or "status" not in thing:
        return thing
    meta = {key: value for key, value in thing["metadata"].items() if key not in ("resourceVersion", "managedFields")}
    return {**thing, "metadata": meta, "status": None}


class InACluster(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        self.addCleanup(nodes.held.clear)
        self.addCleanup(nodes.failing.clear)

    def tearDown(self):
        problem, nodes.problem = nodes.problem, None
        self.assertIsNone(problem)

    def namespace(self, *words):
        """One that lets only pods of the restricted standard in, with a volume for who claims one."""
        name = "-".join(["t", self.id().rsplit(".", 1)[-1].removeprefix("test_").replace("_", "-")[:40].strip("-"), *words])
        labels = {f"pod-security.kubernetes.io/{mode}": "restricted" for mode in ("enforce", "warn", "audit")}
        api.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}})
        api.create({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "messaging"}}, name)
        eventually(lambda: self.has(name, "v1", "ServiceAccount", "default"), "the controllers are there")
        api.create({"apiVersion": "v1", "kind": "PersistentVolume", "metadata": {"name": name}, "spec": {
            "accessModes": ["ReadWriteOnce", "ReadWriteMany"], "capacity": {"storage": "100Gi"}, "hostPath": {"path": "/nowhere"},
            "claimRef": {"namespace": name, "name": "oruma-media-files"}}})
        return name

    def has(self, namespace, version, kind, name):
        try:
            return api.get(version, kind, namespace, name)
        except Refused:
            return None

    def begin(self, version, command, namespace, *arguments):
        helm = subprocess.Popen([HELMS[version], command, "oruma", *map(str, arguments), "--namespace", namespace],
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.addCleanup(helm.kill)
        return helm

    def end(self, helm, succeeds=True):
        with helm:
            out, problems = helm.communicate(timeout=900)
        self.assertEqual(helm.returncode == 0, succeeds, problems)
        if succeeds:
            self.assertEqual(problems, "", "the server warns")
        return out + problems

    def helm(self, version, command, namespace, *arguments):
        return self.end(self.begin(version, command, namespace, *arguments))

    def install(self, version, namespace, case="required", *settings, command="install"):
        return self.helm(version, command, namespace, CHART, "--values", CASES[case], "--wait", "--timeout", "5m", *self.set(settings))

    def upgrade(self, version, namespace, *settings, case="required"):
        return self.install(version, namespace, case, *settings, command="upgrade")

    def set(self, settings):
        return [part for setting in settings for part in ("--set", setting)]

    def rendered(self, namespace, case, *settings):
        text = subprocess.run([HELMS["4"], "template", "oruma", CHART, "--namespace", namespace, "--kube-version", "1.36.0", "--values", CASES[case],
                               *self.set(settings)], check=True, capture_output=True, text=True).stdout
        return [each for each in yaml.safe_load_all(text) if each]

    def settled(self, namespace):
        """Everything there is when nobody has anything left to do."""
        before = None

        def found():
            nonlocal before
            now = api.everything_in(namespace)
            busy = [key for key, each in now.items() if key[0] in ("Deployment", "PodDisruptionBudget", "ReplicaSet") and not controls(each)]
            busy += [key for key, each in now.items() if key[0] == "Deployment" and each["spec"]["replicas"] != each["status"].get("availableReplicas", 0)]
            busy += [key for key, each in now.items() if key[0] == "Job" and not each["status"].get("conditions")]
            busy += [key for key, each in now.items() if key[0] == "Pod" and each["metadata"].get("deletionTimestamp")]
            versions = {key: each["metadata"]["resourceVersion"] for key, each in now.items() if key[0] != "HorizontalPodAutoscaler"}
            same, before = not busy and versions == before, versions
            return now if same else None

        return eventually(found, f"all of {namespace} is at rest")

    def changed(self, before, after):
        """Objects that anybody wrote to but for their status, without those of which each revision has its own."""
        own = lambda key: key[0] in ("Pod", "ReplicaSet") or key[1].startswith("sh.helm.release.")
        return {key for key in before.keys() | after.keys() if not own(key) and said(before.get(key)) != said(after.get(key))}

    def pods(self, objects, but=()):
        return {each["metadata"]["uid"] for (kind, name), each in objects.items()
                if kind == "Pod" and each["metadata"]["labels"].get("app.kubernetes.io/component") not in but}


class Installed(InACluster):
    def test_every_way_to_install(self):
        for case in CASES:
            for version in HELMS:
                with self.subTest(case=case, helm=version):
                    namespace = self.namespace(case, version)
                    self.install(version, namespace, case)
                    self.admitted_without_a_word(namespace, case)
                    self.removed_without_a_trace(version, namespace, case)

    def admitted_without_a_word(self, namespace, case):
        objects = self.settled(namespace)
        api.warnings.clear()
        for each in self.rendered(namespace, case):
            key = each["kind"], each["metadata"]["name"]
            with self.subTest(key=key):
                hook = "helm.sh/hook" in each["metadata"].get("annotations", {})
                self.assertTrue(hook or key in objects)
                if key[0] != "Job" or hook:  # a Job that is there does not change any more
                    api.apply(each, namespace, dryRun="All")
                if key[0] in ("Deployment", "Job"):
                    pod = each["spec"]["template"]
                    api.create({"apiVersion": "v1", "kind": "Pod", **pod, "metadata": {**pod["metadata"], "name": "one"}}, namespace, dryRun="All",
                               fieldValidation="Strict")
        self.assertEqual(api.warnings, [])
        for (kind, name), each in objects.items():
            if kind == "Deployment":
                self.assertEqual(each["status"].get("readyReplicas", 0), each["spec"]["replicas"], name)

    def removed_without_a_trace(self, version, namespace, case):
        self.helm(version, "uninstall", namespace, "--wait")
        kept = {("PersistentVolumeClaim", "oruma-media-files")} if case in ("volume", "dev") else set()
        eventually(lambda: api.everything_in(namespace).keys() == ITS_OWN | kept, f"only {kept} stays of {case}")

    def test_migrations_come_before_everything_else(self):
        for version in HELMS:
            with self.subTest(helm=version):
                namespace = self.namespace(version)
                nodes.held.add("social-migrate")  # the last one
                helm = self.begin(version, "install", namespace, CHART, "--values", CASES["required"], "--wait", "--timeout", "5m")
                eventually(lambda: api.list("v1", "Pod", namespace, labelSelector="app.kubernetes.io/component=social-migrate"), "the last migration")
                there = {key for key in api.everything_in(namespace) if not key[1].startswith("sh.helm.release.")} - ITS_OWN
                self.assertEqual({kind for kind, _ in there}, {"Job", "Pod"})
                nodes.held.clear()
                self.end(helm)
                self.assertEqual(nodes.done[namespace][:6], [f"{name}-migrate" for name in MIGRATED])
                self.assertFalse([key for key in api.everything_in(namespace) if key[0] == "Job"], "what is done goes")

    def test_without_hooks_a_finished_migration_stays_what_it_is(self):
        namespace = self.namespace()
        self.install("4", namespace, "required", "migrations.hooks=false")
        before = self.settled(namespace)
        self.upgrade("4", namespace, "migrations.hooks=false", "services.social.image.tag=2.0.0")
        after = self.settled(namespace)
        jobs = {name for kind, name in self.changed(before, after) if kind == "Job"}
        self.assertEqual({name.rsplit("-", 1)[0] for name in jobs}, {"oruma-social-migrate"})


class Upgraded(InACluster):
    def test_another_image_of_one_service_touches_only_that_deployment(self):
        for version in HELMS:
            with self.subTest(helm=version):
                namespace = self.namespace(version)
                self.install(version, namespace)
                before = self.settled(namespace)
                self.upgrade(version, namespace, "services.social.image.tag=2.0.0")
                after = self.settled(namespace)
                self.assertEqual(self.changed(before, after), {("Deployment", "oruma-social")})
                self.assertEqual(self.pods(before, but=["social"]), self.pods(after, but=["social"]))
                self.assertFalse(self.pods(before) <= self.pods(after))

                self.helm(version, "rollback", namespace, 1, "--wait", "--timeout", "5m")
                again = self.settled(namespace)
                self.assertEqual(self.changed(after, again), {("Deployment", "oruma-social")})
                self.assertEqual(before["Deployment", "oruma-social"]["spec"], again["Deployment", "oruma-social"]["spec"])
                self.assertEqual(self.pods(before, but=["social"]), self.pods(again, but=["social"]))

    def test_the_same_again_touches_nothing(self):
        for version in HELMS:
            with self.subTest(helm=version):
                namespace = self.namespace(version)
                self.install(version, namespace, "everything")
                before = self.settled(namespace)
                self.upgrade(version, namespace, case="everything")
                self.assertEqual(self.changed(before, self.settled(namespace)), set())

    def test_no_pod_goes_before_its_successor_is_ready(self):
        namespace = self.namespace()
        self.install("4", namespace)
        before = self.settled(namespace)
        nodes.held.add("social")
        helm = self.begin("4", "upgrade", namespace, CHART, "--values", CASES["required"], "--set", "services.social.image.tag=2.0.0", "--wait")
        deployment = lambda: api.get("apps/v1", "Deployment", namespace, "oruma-social")
        eventually(lambda: deployment()["status"].get("updatedReplicas"), "the upgrade starts a pod")
        self.assertEqual(deployment()["status"]["availableReplicas"], 2)
        self.assertTrue(self.pods(before) <= self.pods(api.everything_in(namespace)))
        nodes.held.clear()
        self.end(helm)

    def test_a_migration_that_fails_stops_the_upgrade_and_can_be_tried_again(self):
        for version in HELMS:
            with self.subTest(helm=version):
                namespace = self.namespace(version)
                self.install(version, namespace)
                before = self.settled(namespace)
                nodes.failing.add("media-migrate")
                arguments = CHART, "--values", CASES["required"], *self.set(["image.tag=2.0.0", "migrations.backoffLimit=0"]), "--wait", "--timeout", "5m"
                self.end(self.begin(version, "upgrade", namespace, *arguments), succeeds=False)
                after = self.settled(namespace)
                self.assertEqual(self.changed(before, after), {("Job", "oruma-media-migrate")})
                self.assertEqual(after["Job", "oruma-media-migrate"]["status"]["failed"], 1)
                nodes.failing.clear()
                self.helm(version, "upgrade", namespace, *arguments)
                self.assertNotIn(("Job", "oruma-media-migrate"), self.settled(namespace))

    def test_an_upgrade_leaves_the_number_of_pods_to_the_autoscaler(self):
        on = "defaults.autoscaling.enabled=true"
        for version in HELMS:
            with self.subTest(helm=version):
                namespace = self.namespace(version)
                self.install(version, namespace, "required", on)
                path = api.path("apps/v1", "Deployment", namespace, "oruma-social")
                replicas = lambda: api.send("GET", path)["spec"]["replicas"]
                eventually(lambda: replicas() == 2, "the autoscaler starts as many as it must")
                api.merge(f"{path}/scale", {"spec": {"replicas": 5}})
                self.settled(namespace)
                self.upgrade(version, namespace, on, "services.social.image.tag=2.0.0")
                self.assertEqual(replicas(), 5)


class Applied(InACluster):
    def test_as_argo_cd_does_twice_changes_nothing(self):
        for case in ("required", "everything"):
            with self.subTest(case=case):
                namespace = self.namespace(case)
                hooks = lambda each: "argocd.argoproj.io/hook" in each["metadata"].get("annotations", {})
                objects = [each for each in self.rendered(namespace, case) if not hooks(each)]
                for each in objects:
                    api.apply(each, namespace)
                before = self.settled(namespace)
                for each in self.rendered(namespace, case):
                    if not hooks(each):
                        api.apply(each, namespace)
                self.assertEqual(self.changed(before, self.settled(namespace)), set())

    def test_what_stands_beside_the_chart(self):
        namespace = self.namespace()
        api.warnings.clear()
        for each in yaml.safe_load_all((ROOT / "deploy/kubernetes/redis.yaml").read_text()):
            api.apply(each, namespace)
        eventually(lambda: self.has(namespace, "v1", "Pod", "oruma-redis-0"), "Redis' pod is let in")
        rules = yaml.safe_load((ROOT / "deploy/prometheus/rules.yaml").read_text())
        api.apply({"apiVersion": "monitoring.coreos.com/v1", "kind": "PrometheusRule", "metadata": {"name": "oruma"}, "spec": rules}, namespace)
        self.assertEqual(api.warnings, [])


if __name__ == "__main__":
    unittest.main()
