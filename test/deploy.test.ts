import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { parseAllDocuments } from "yaml";
import { z } from "zod";
import { commands } from "../src/cli/commands/index.ts";
import { routes } from "../src/serve/routes/index.ts";

const read = (name: string): string => readFileSync(new URL(`../deploy/${name}`, import.meta.url), "utf8");

const named = z.object({ name: z.string() });
const probe = z.object({ httpGet: z.object({ path: z.string(), port: z.string() }) });
const container = z.object({
  args: z.array(z.string()),
  ports: z.array(named.extend({ containerPort: z.number() })).default([]),
  startupProbe: probe.optional(),
  readinessProbe: probe.optional(),
  livenessProbe: probe.optional(),
  securityContext: z.object({ allowPrivilegeEscalation: z.literal(false), readOnlyRootFilesystem: z.literal(true) }),
  volumeMounts: z.array(named.extend({ mountPath: z.string() })),
});
const volume = named.extend({ persistentVolumeClaim: z.object({ claimName: z.string() }).optional() });
const podSpec = z.object({
  terminationGracePeriodSeconds: z.number(),
  securityContext: z.object({ runAsNonRoot: z.literal(true) }),
  containers: z.array(container).length(1),
  volumes: z.array(volume),
});
const labels = z.record(z.string(), z.string());
const deployment = z.object({
  selector: z.object({ matchLabels: labels }),
  template: z.object({ metadata: z.object({ labels }), spec: podSpec }),
});
const object = z.object({ apiVersion: z.string(), kind: z.string(), metadata: named, spec: z.unknown() });

const documents = parseAllDocuments(read("kubernetes.yaml"));
const objects = documents.filter((d) => d.contents !== null).map((d) => object.parse(d.toJS()));
const ofKind = (kind: string) => objects.filter((o) => o.kind === kind);
const deployments = ofKind("Deployment").map(({ metadata, spec }) => ({ ...metadata, ...deployment.parse(spec) }));

/** Command and flags, as the command line would take them: every flag exists. */
const checkArguments = ([name = "", ...rest]: readonly string[]): void => {
  const command = commands.find((c) => c.name === name);
  expect(command, name).toBeDefined();
  const known = command!.options.map(({ flags }) => /--[a-z-]+/.exec(flags)![0]);
  const flags = rest.filter((arg) => arg.startsWith("--")).map((arg) => arg.split("=")[0]!);
  expect(flags.filter((flag) => !known.includes(flag))).toEqual([]);
};

const numberOf = (args: readonly string[], flag: string): number =>
  Number(args.find((arg) => arg.startsWith(`${flag}=`))?.split("=")[1] ?? 0);

describe("the manifest", () => {
  it("is YAML of the objects it should have", () => {
    expect(documents.flatMap(({ errors, warnings }) => [...errors, ...warnings])).toEqual([]);
    expect(objects.map(({ kind, metadata }) => `${kind} ${metadata.name}`)).toEqual([
      "PersistentVolumeClaim handful-models",
      "PersistentVolumeClaim handful-photos",
      "Deployment handful",
      "Service handful",
      "HorizontalPodAutoscaler handful",
      "Deployment handful-worker",
    ]);
  });

  it.each(deployments.map((d) => [d.name, d] as const))("starts %s with flags that exist", (_, { template }) => {
    const [{ args }] = template.spec.containers as [z.infer<typeof container>];
    checkArguments(args);
    expect(template.spec.terminationGracePeriodSeconds).toBeGreaterThan(
      numberOf(args, "--drain-delay") + numberOf(args, "--drain-timeout"),
    );
  });

  it("fits together: labels, volumes, ports, probes", () => {
    for (const { selector, template } of deployments) {
      expect(template.metadata.labels).toMatchObject(selector.matchLabels);
      const { containers, volumes } = template.spec;
      const claims = volumes.flatMap(({ persistentVolumeClaim: claim }) => claim?.claimName ?? []);
      expect(claims.filter((c) => !ofKind("PersistentVolumeClaim").some((o) => o.metadata.name === c))).toEqual([]);
      const mounts = containers.flatMap(({ volumeMounts }) => volumeMounts.map(({ name }) => name));
      expect(mounts.sort()).toEqual(volumes.map(({ name }) => name).sort());
      for (const { ports, startupProbe, readinessProbe, livenessProbe } of containers)
        for (const { httpGet } of [startupProbe, readinessProbe, livenessProbe].filter((p) => p !== undefined)) {
          expect(ports.map(({ name }) => name)).toContain(httpGet.port);
          expect(routes.some(({ method, paths }) => method === "GET" && paths.includes(httpGet.path))).toBe(true);
        }
    }
    const service = z.object({ selector: labels, ports: z.array(z.object({ targetPort: z.string() })) });
    const { selector, ports } = service.parse(ofKind("Service")[0]!.spec);
    const server = deployments.find(({ name }) => name === "handful")!;
    expect(server.template.metadata.labels).toMatchObject(selector);
    expect(server.template.spec.containers[0]!.ports.map(({ name }) => name)).toEqual(ports.map((p) => p.targetPort));
  });
});

describe("the image", () => {
  const dockerfile = read("Dockerfile");
  const listOf = (instruction: string): string[] =>
    JSON.parse(new RegExp(`^${instruction} (\\[.*\\])$`, "m").exec(dockerfile)![1]!) as string[];

  it("serves with flags that exist, as nobody special, and knows whether it is ready", () => {
    expect(listOf("ENTRYPOINT")).toEqual(["handful"]);
    checkArguments(listOf("CMD"));
    expect(dockerfile).toMatch(/^USER node$/m);
    expect(dockerfile).toMatch(/HEALTHCHECK[^\n]*\\\n {2}CMD .*\/readyz/);
  });
});
