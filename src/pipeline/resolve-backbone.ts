import { createHash } from "node:crypto";
import { readdir, readFile, readlink, stat } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { artifactError, HandfulError, optionError } from "../base/errors.ts";
import type { Preprocess } from "../base/preprocess.ts";
import { downloadFile } from "../hub/download.ts";
import { hubUrl } from "../hub/layout.ts";
import { hubSettings, type Environment } from "../hub/settings.ts";
import type { BackboneEntry } from "../nn/backbones/_shared.ts";
import { recommendBackbone } from "../nn/backbones/_recommend.ts";
import { backbones } from "../nn/backbones/index.ts";
import { findBackbone } from "../nn/find-backbone.ts";
import {
  overridePreprocess,
  parseBackboneSettings,
  preprocessByHand,
  type BackboneSettings,
  type PreprocessOverrides,
} from "./backbone-settings.ts";

/** The backbone inside the package: small, made by this project, always there. */
export const DEFAULT_BACKBONE = "handful-mini";

/** A backbone's bytes, and all that is known of them. */
export interface ResolvedBackbone {
  readonly name: string;
  readonly path: string;
  readonly bytes: Uint8Array;
  readonly sha256: string;
  readonly preprocess: Preprocess;
  readonly licence: string | null;
  /** Where its weights are from; "random": nowhere, it is to be trained. */
  readonly source: "file" | "directory" | "hub" | "embedded" | "random";
  /** Name of the value to take as features; null: found in the graph. */
  readonly features: string | null;
  /** One line for the person: which backbone, from where, under which licence. */
  readonly describe: string;
}

export interface ResolveOptions {
  /** A path of an .onnx file, a name of `HANDFUL_BACKBONES`, "handful-mini", or a name of the catalogue. */
  readonly name: string;
  /** `process.env`: `HANDFUL_BACKBONES` and the hub's variables are read. */
  readonly env: Environment;
  readonly overrides?: PreprocessOverrides;
  readonly onProgress?: (doneBytes: number, totalBytes: number) => void;
  readonly signal?: AbortSignal;
}

/** What the embedded backbone's line names beside the one recommended for natural pictures: small, quick, and better. */
const quick = "mobilenet-v2";

const sha256Of = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`;

const codeOf = (thrown: unknown): unknown => (thrown instanceof Error && "code" in thrown ? thrown.code : undefined);

/** A file's contents, or null where there is none; links are followed. */
const readIfThere = async (path: string): Promise<Buffer | null> => {
  try {
    const info = await stat(path);
    if (!info.isFile() && !info.isDirectory())
      throw new HandfulError("missing", "E_BACKBONE_MISSING", `${path}: wanted a file, got a pipe or device`, {
        hint: "Check the path.",
      });
    return await readFile(path);
  } catch (cause) {
    const code = codeOf(cause);
    if (code === "ENOENT" || code === "ENOTDIR") return null;
    if (code === "EISDIR")
      throw new HandfulError("missing", "E_BACKBONE_MISSING", `${path}: wanted a file, got a folder`, { cause });
    if (code === "EACCES" || code === "EPERM")
      throw new HandfulError("permission", "E_BACKBONE_PERMISSION", `${path}: may not be read`, { cause });
    if (code === "ELOOP")
      throw new HandfulError("missing", "E_BACKBONE_MISSING", `${path}: is a link that leads in a circle`, { cause });
    throw cause;
  }
};

/** A backbone's file. */
const readModel = async (path: string, asked: string): Promise<Buffer> => {
  const bytes = await readIfThere(path);
  if (bytes) return bytes;
  const target = await readlink(path).catch(() => null); // no link: simply not there
  throw new HandfulError(
    "missing",
    "E_BACKBONE_MISSING",
    target === null
      ? `--backbone ${asked}: there is no such file`
      : `--backbone ${asked}: is a link to ${target}, which is not there`,
    { hint: "Check the path, or give a name of `handful model list`." },
  );
};

const jsonBeside = (model: string): string => `${model.replace(/\.onnx$/i, "")}.json`;

const checkHash = (path: string, wanted: string | null, got: string, from: string): void => {
  if (wanted !== null && wanted !== got)
    throw artifactError("E_BACKBONE_HASH", `${path}: wanted SHA-256 ${wanted} (${from}), got ${got}`, {
      hint: "The file was changed or cut off; fetch it again, or put a JSON with its own settings beside it.",
    });
};

/** What is known of a local file: the JSON beside it, else the catalogue, by name or by contents. */
const settingsOf = async (path: string, name: string, sha256: string): Promise<BackboneSettings | null> => {
  const json = jsonBeside(path);
  const text = await readIfThere(json);
  if (text) {
    const settings = parseBackboneSettings(text.toString("utf8"), json);
    checkHash(path, settings.sha256, sha256, basename(json));
    return settings;
  }
  const entry = backbones.find((b) => b.weights.sha256 === sha256) ?? backbones.find((b) => b.name === name);
  if (!entry) return null;
  const { preprocess, features, weights } = entry;
  checkHash(path, weights.sha256, sha256, `the catalogue's ${entry.name}`);
  return { preprocess, features, licence: weights.licence, sha256: weights.sha256, made: null };
};

const withOverrides = (
  settings: BackboneSettings | null,
  { overrides = {} }: ResolveOptions,
  path: string,
): Preprocess => (settings ? overridePreprocess(settings.preprocess, overrides) : preprocessByHand(overrides, path));

const fromLocal = async (
  path: string,
  bytes: Uint8Array,
  source: "file" | "directory" | "embedded",
  options: ResolveOptions,
): Promise<ResolvedBackbone> => {
  const name = basename(path).replace(/\.onnx$/i, "");
  const sha256 = sha256Of(bytes);
  const settings = await settingsOf(path, source === "file" ? "" : name, sha256);
  const licence = settings?.licence ?? null;
  const preprocess = withOverrides(settings, options, path);
  const byHand = options.overrides ?? {};
  const assumed = settings || (byHand.mean && byHand.std) ? "" : ", ImageNet's mean and deviation assumed";
  const describe =
    source === "embedded"
      ? `${name}, the small one inside the package (${preprocess.width} px, ${megabytes(bytes.length)}, made by this project${settings?.made ? `, ${settings.made}` : ""}); a pretrained one is better: --backbone ${quick} is small and quick, --domain natural takes ${recommendBackbone("natural").name}, more in handful model list`
      : `${name} from ${path} (${megabytes(bytes.length)}, ${licence ?? "licence not stated"}, sha256 ${sha256.slice(0, 12)}${assumed})`;
  return {
    name,
    path,
    bytes,
    sha256,
    preprocess,
    licence,
    source,
    features: settings?.features ?? null,
    describe,
  };
};

const fromFile = async (options: ResolveOptions): Promise<ResolvedBackbone> => {
  const path = resolve(options.name);
  if (!/\.onnx$/i.test(path)) throw optionError(`--backbone ${options.name}: wanted a path that ends in .onnx`);
  return fromLocal(path, await readModel(path, options.name), "file", options);
};

/** Names of the ONNX files in `HANDFUL_BACKBONES`. */
const namesIn = async (folder: string): Promise<string[]> => {
  try {
    return (await readdir(folder))
      .filter((file) => /\.onnx$/.test(file))
      .map((file) => file.slice(0, -".onnx".length))
      .sort();
  } catch (cause) {
    throw optionError(`HANDFUL_BACKBONES: wanted a folder with .onnx files, got "${folder}"`, {
      hint: "Correct the variable, or unset it.",
      cause,
    });
  }
};

/** Names that `HANDFUL_BACKBONES` adds to the catalogue. */
export const localBackbones = async ({ HANDFUL_BACKBONES }: Environment): Promise<string[]> => {
  const folder = HANDFUL_BACKBONES?.trim();
  return folder ? namesIn(folder) : [];
};

const fromHub = async (
  { name, weights, preprocess, features }: BackboneEntry,
  options: ResolveOptions,
): Promise<ResolvedBackbone> => {
  const { env, onProgress, signal, overrides = {} } = options;
  const settings = hubSettings(env);
  const { licence, ...file } = weights;
  const size = weights.sizeBytes === null ? "" : `, ${megabytes(weights.sizeBytes)}`;
  const got = await downloadFile({
    ...file,
    settings,
    wanted: `backbone ${name} (${weights.path} of ${weights.repo}${size})`,
    hint: `Fetch ${hubUrl(settings.endpoint, file)} where there is a network, then give --backbone path/to/${name}.onnx, or put it into a folder as ${name}.onnx and set HANDFUL_BACKBONES=<folder>.`,
    ...(onProgress && { onProgress }),
    ...(signal && { signal }),
  });
  const bytes = await readFile(got.path);
  return {
    name,
    path: got.path,
    bytes,
    sha256: got.sha256,
    preprocess: overridePreprocess(preprocess, overrides),
    licence,
    source: "hub",
    features,
    describe: `${name} from ${weights.repo} (${megabytes(bytes.length)}, ${licence}, sha256 ${got.sha256.slice(0, 12)}${got.fromCache ? ", from the cache" : ""})`,
  };
};

/**
 * Finds a backbone by path or name and reads it: a path of an .onnx file; a file of the folder `HANDFUL_BACKBONES`; the
 * embedded one; or one of the catalogue, from the cache or the hub.
 *
 * Preprocessing comes from the JSON beside the file, from the catalogue (also for a file placed by hand that the catalogue
 * knows by name or by contents), or from `overrides`, which always go before.
 *
 * @throws HandfulError kind "usage" for an unknown name (the nearest is suggested) or missing settings, kind "missing" when
 *   it is not to be had, kind "damaged" when its JSON or its hash is wrong
 */
export const resolveBackbone = async (options: ResolveOptions): Promise<ResolvedBackbone> => {
  const { name, env } = options;
  if (/[/\\]|\.onnx$/i.test(name)) return fromFile(options);
  const folder = env.HANDFUL_BACKBONES?.trim();
  const local = await localBackbones(env);
  if (folder && local.includes(name)) {
    const path = resolve(join(folder, `${name}.onnx`));
    return fromLocal(path, await readModel(path, name), "directory", options);
  }
  if (name === DEFAULT_BACKBONE) {
    const path = fileURLToPath(new URL("../../assets/handful-mini.onnx", import.meta.url));
    return fromLocal(path, await readFile(path), "embedded", options);
  }
  return fromHub(findBackbone(name, [DEFAULT_BACKBONE, ...local]), options);
};
