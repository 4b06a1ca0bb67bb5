import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { optionError } from "../base/errors.ts";

/** Environment variables, as `process.env` gives them. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** Where files come from and where they are kept. */
export interface HubSettings {
  /** Origin (and path prefix) of the hub or of a mirror, no slash at the end. */
  readonly endpoint: string;
  /** Folder of the cache, laid out as Python's huggingface_hub does. */
  readonly cacheDir: string;
  /** Access token for private and gated repositories; only ever sent to the endpoint's own origin. */
  readonly token: string | null;
  /** Never touch the network. */
  readonly offline: boolean;
}

const on = new Set(["1", "ON", "YES", "TRUE"]);

/**
 * Reads the hub's environment variables, with huggingface_hub's names, order and defaults.
 *
 * Cache: `HF_HUB_CACHE`, else `HUGGINGFACE_HUB_CACHE`, else `$HF_HOME/hub`, else `$XDG_CACHE_HOME/huggingface/hub`, else
 * `~/.cache/huggingface/hub`. Besides: `HF_ENDPOINT`, `HF_TOKEN` (or `HUGGING_FACE_HUB_TOKEN`), `HF_HUB_OFFLINE`.
 *
 * @throws optionError when HF_ENDPOINT is no http(s) address
 * @see https://huggingface.co/docs/huggingface_hub/package_reference/environment_variables
 */
export const hubSettings = (env: Environment): HubSettings => {
  const read = (...names: readonly string[]): string | undefined =>
    names.map((name) => env[name]?.trim()).find((value) => value);
  const home = read("HOME", "USERPROFILE") ?? homedir();
  const expand = (path: string): string => resolve(path.replace(/^~(?=$|[/\\])/, () => home));
  const hfHome = read("HF_HOME") ?? join(read("XDG_CACHE_HOME") ?? join(home, ".cache"), "huggingface");
  const endpoint = read("HF_ENDPOINT") ?? "https://huggingface.co";
  if (!/^https?:\/\/[^/]/.test(endpoint) || !URL.canParse(endpoint))
    throw optionError(`HF_ENDPOINT: wanted an http(s) address, got "${endpoint}"`, {
      hint: "Unset it, or give a mirror such as https://huggingface.co.",
    });
  return {
    endpoint: endpoint.replace(/\/+$/, ""),
    cacheDir: expand(read("HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE") ?? join(hfHome, "hub")),
    token: read("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN") ?? null,
    offline: on.has((read("HF_HUB_OFFLINE") ?? "").toUpperCase()),
  };
};
