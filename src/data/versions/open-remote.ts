import { resolve } from "node:path";
import type { Remote } from "./remote.ts";

/** What a remote is called by: a folder, or `s3://bucket/prefix` with the endpoint of its server. */
export interface RemoteAddress {
  readonly where: string;
  readonly endpoint?: string;
}

/** Opens a remote; what speaks to buckets is loaded only for those. */
export const openRemote = async ({ where, endpoint }: RemoteAddress): Promise<Remote> => {
  if (where.startsWith("s3://")) {
    const { openBucket } = await import("./remote-bucket.ts");
    return openBucket(where, endpoint);
  }
  const { openFolder } = await import("./remote-folder.ts");
  return openFolder(resolve(where));
};
