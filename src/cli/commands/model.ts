import { resolve } from "node:path";
import type { ArtifactMetadata } from "../../artifact/metadata.ts";
import { HandfulError, optionError } from "../../base/errors.ts";
import { nearestName, unknownName } from "../../base/nearest-name.ts";
import { inputShape } from "../../base/preprocess.ts";
import type { CommandDefinition, Context } from "../command.ts";
import { count, percent, printable } from "../format.ts";
import { runtimeOptions } from "../options.ts";
import { changeClasses, classActions } from "./_model-classes.ts";
import { chooseBackbone } from "./_shared.ts";

const domains = ["natural", "medical", "industrial"] as const;

const list = async ({ print, json, env }: Context): Promise<void> => {
  const { backbones } = await import("../../nn/backbones/index.ts");
  const { recommendBackbone } = await import("../../nn/backbones/_recommend.ts");
  const { DEFAULT_BACKBONE, localBackbones } = await import("../../pipeline/resolve-backbone.ts");
  const local = await localBackbones(env);
  if (json) {
    print(JSON.stringify(backbones));
    return;
  }
  print(`${"name".padEnd(22)} ${"domain".padEnd(11)} ${"size".padStart(8)}  licence`);
  const byDomain = [...backbones].sort((a, b) => domains.indexOf(a.domain) - domains.indexOf(b.domain));
  for (const { name, domain, weights } of byDomain)
    print(
      `${name.padEnd(22)} ${domain.padEnd(11)} ${(weights.sizeBytes === null ? "?" : `${(weights.sizeBytes / 1e6).toFixed(0)} MB`).padStart(8)}  ${weights.licence}`,
    );
  if (local.length > 0) print(`In HANDFUL_BACKBONES, before these: ${local.map(printable).join(", ")}`);
  const recommended = domains.map((domain) => `${domain} ${recommendBackbone(domain).name}`);
  print(`Recommended (--domain): ${recommended.join(", ")}`);
  for (const domain of domains) print(`  ${domain}: ${recommendBackbone(domain).why}`);
  print(
    `Without --backbone, the small one inside the package, ${DEFAULT_BACKBONE}, is used; a pretrained one is better.`,
  );
};

/** The blocks of a backbone, from the image on: what `train --fine-tune` counts from the end. */
const showBackbone = async (name: string, context: Context): Promise<void> => {
  const { openBackbone } = await import("../../pipeline/backbone.ts");
  const { blocksOf } = await import("../../pipeline/fine-tune.ts");
  const backbone = await openBackbone(await chooseBackbone({ backbone: name }, context), { threads: 1 });
  await backbone.close();
  const blocks = await blocksOf(backbone);
  const { resolved, found } = backbone;
  if (context.json) {
    context.print(JSON.stringify({ name: resolved.name, sha256: resolved.sha256, features: found, blocks }));
    return;
  }
  context.print(`backbone    ${resolved.describe}`);
  context.print(`features    ${printable(found)}`);
  for (const { name: block, kind, parameters, shape, to } of blocks)
    context.print(
      `${block.padEnd(11)} ${kind.padEnd(30)} ${parameters.toLocaleString("en").padStart(12)} parameters  ${`[${shape.join(", ")}]`.padEnd(20)} up to ${printable(to)}`,
    );
};

/** What storing a model in fewer bits did to it. */
const storedAs = (stored: NonNullable<ArtifactMetadata["quantisation"]>): string => {
  const { weights, layers, floatLayers, accuracyBefore, accuracyAfter, photos } = stored;
  const how =
    weights === "int8" ? `${layers - floatLayers.length} of ${layers} layers in 8 bits` : "weights in 16 bits";
  return `${how}; ${percent(accuracyBefore, 2)} before that, ${percent(accuracyAfter, 2)} after, of ${count(photos, "photo")}`;
};

const showModel = async (path: string, { print, json }: Context): Promise<void> => {
  const { inspectModel, readModelFile } = await import("../../artifact/load.ts");
  const { modelPath } = await import("../../pipeline/open-model.ts");
  const { metadata } = inspectModel(await readModelFile(await modelPath(path)));
  if (json) {
    print(JSON.stringify(metadata));
    return;
  }
  const { evidence, head, backbone, dataset, labels, preprocess, thresholds, changes = [], quantisation } = metadata;
  const range = evidence.interval
    ? ` (95 %: ${percent(evidence.interval[0])} to ${percent(evidence.interval[1])})`
    : "";
  print(`classes     ${labels.map((label, i) => `${printable(label)} (${dataset.counts[i]!})`).join(", ")}`);
  const unmeasured = changes.length > 0 ? `not known; ${printable(evidence.method)}` : "could not be estimated";
  print(
    `accuracy    ${evidence.accuracy === null ? unmeasured : `${percent(evidence.accuracy)}${range}, ${evidence.method}`}`,
  );
  changes.forEach((change, i) => print(`${i === 0 ? "changed" : ""}`.padEnd(12) + printable(change)));
  print(`backbone    ${printable(backbone.name)} (${backbone.source}), features: ${printable(backbone.features)}`);
  print(`head        ${head.name} ${JSON.stringify(head.options)}, temperature ${head.temperature.toFixed(3)}`);
  const { depth, fit, window } = preprocess;
  const kind = depth === undefined ? `RGB, ${fit}` : "levels of volumes";
  const shown = window ? `, intensities from ${window.low} to ${window.high}` : "";
  print(`input       pixels uint8 [n, ${inputShape(preprocess).join(", ")}], ${kind}${shown}`);
  print(`unknown     ${thresholds.unknown === null ? "not set" : `above ${thresholds.unknown.toFixed(4)}`}`);
  print(`dataset     ${dataset.version}`);
  if (quantisation) print(`stored      ${storedAs(quantisation)}`);
  print(`written by  ${printable(metadata.producer)}`);
};

/** What a name or file is: a backbone of the catalogue, a model of ours, or any other ONNX file, which can be a backbone. */
const show = async (name: string, context: Context): Promise<void> => {
  const { backbones } = await import("../../nn/backbones/index.ts");
  const { DEFAULT_BACKBONE, localBackbones } = await import("../../pipeline/resolve-backbone.ts");
  const known = [
    DEFAULT_BACKBONE,
    ...backbones.map((backbone) => backbone.name),
    ...(await localBackbones(context.env)),
  ];
  if (known.includes(name)) return showBackbone(name, context);
  try {
    await showModel(resolve(context.cwd, name), context);
  } catch (thrown) {
    if (!(thrown instanceof HandfulError)) throw thrown;
    if (thrown.code === "E_ARTIFACT_FOREIGN") return showBackbone(name, context);
    const near = nearestName(name, known);
    if (thrown.code !== "E_MODEL_MISSING" || near === undefined) throw thrown;
    throw new HandfulError(thrown.kind, thrown.code, thrown.message, {
      hint: `Did you mean "${near}"?`,
      cause: thrown,
    });
  }
};

export const command: CommandDefinition = {
  name: "model",
  summary:
    "List the known backbones (list), show what is inside a model or backbone (show <file or name>), or change the classes of a model without training (add-class, remove-class, rename-class, merge-classes).",
  arguments: "<action> [file] [names...]",
  options: [
    {
      flags: "--out <file>",
      description: "where a changed model goes: a new file beside the old one when left out; may be the old one itself",
    },
    { flags: "--exist-ok", description: "write over another file that is there" },
    {
      flags: "--into <name>",
      description: "name of the class that others are merged into; that of the first when left out",
    },
    {
      flags: "--measure",
      description: "measure the changed model by cross-validation on the embeddings that the file keeps (some seconds)",
    },
    ...runtimeOptions,
  ],
  examples: [
    "handful model list",
    "handful model show runs/latest",
    "handful model show mobilenet-v2",
    "handful model add-class runs/latest washer ./photos-of-washers --measure",
    'handful model rename-class model.onnx bolt "hex bolt" --out model.onnx',
    'handful model merge-classes model.onnx "hex bolt" "eye bolt" --into bolt',
    "handful model remove-class model.onnx nut",
  ],
  run: async ([action, file, names], options, context) => {
    const change = classActions.find(({ name }) => name === action);
    const listed = Array.isArray(names) ? names.map(String) : [];
    if (!change && action !== "list" && action !== "show")
      throw unknownName("action", String(action), ["list", "show", ...classActions.map(({ name }) => name)]);
    if (!change && (listed.length > 0 || ["out", "into", "measure"].some((flag) => options[flag] !== undefined)))
      throw optionError(`model ${String(action)} takes no ${listed[0] ?? "--out, --into or --measure"}`, {
        hint: "See handful model --help.",
      });
    if (action === "list") return list(context);
    if (typeof file !== "string")
      throw optionError("no model file was given", { hint: `handful model ${String(action)} model.onnx` });
    return change ? changeClasses(change, { model: file, names: listed, options }, context) : show(file, context);
  },
};
