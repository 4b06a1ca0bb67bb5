import {
  GetObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
  S3ServiceException,
  type PutObjectCommandInput,
} from "@aws-sdk/client-s3";
import { hash } from "node:crypto";
import { artifactError, HandfulError, messageOf, optionError } from "../../base/errors.ts";
import type { Remote } from "./remote.ts";

const statusOf = (thrown: unknown): number =>
  thrown instanceof S3ServiceException ? (thrown.$metadata.httpStatusCode ?? 0) : 0;

const remoteError = (thrown: unknown, where: string): unknown => {
  if (thrown instanceof HandfulError) return thrown;
  if (!(thrown instanceof Error)) return thrown;
  const refused = [401, 403].includes(statusOf(thrown)) || thrown.name === "CredentialsProviderError";
  return refused
    ? new HandfulError("permission", "E_REMOTE_REFUSED", `${where}: not allowed (${thrown.name})`, {
        hint: "Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE, to an account that may read and write there.",
        cause: thrown,
      })
    : new HandfulError("missing", "E_REMOTE", `${where}: could not be reached (${thrown.name}: ${messageOf(thrown)})`, {
        hint: "Check address, --endpoint and network, then run the same command again: it goes on where it was.",
        cause: thrown,
      });
};

const clientFor = (endpoint: string | undefined): S3Client =>
  new S3Client({
    region: process.env.AWS_REGION ?? process.env.AWS_DEFAULT_REGION ?? "us-east-1",
    ...(endpoint !== undefined && { endpoint, forcePathStyle: true }),
    // Hashes of our own are stronger; not every compatible server knows those of the library.
    requestChecksumCalculation: "WHEN_REQUIRED",
    responseChecksumValidation: "WHEN_REQUIRED",
  });

/**
 * A bucket of S3, or of a server that speaks like it, as a remote. Credentials come from where AWS programs take them:
 * the environment, a profile, the machine.
 *
 * @param url  `s3://bucket` or `s3://bucket/prefix`
 * @param endpoint  of the server, where it is not AWS
 */
export const openBucket = (url: string, endpoint: string | undefined): Remote => {
  const [, Bucket, prefix = ""] = /^s3:\/\/([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:\/(.*?))?\/*$/.exec(url) ?? [];
  if (Bucket === undefined) throw optionError(`${url}: wanted s3://bucket or s3://bucket/prefix`);
  const client = clientFor(endpoint);
  const keyOf = (name: string): string => (prefix === "" ? name : `${prefix}/${name}`);
  const attempt = async <T>(body: () => Promise<T>): Promise<T> => {
    try {
      return await body();
    } catch (thrown) {
      throw remoteError(thrown, url);
    }
  };
  const get = async (name: string, Range?: string): Promise<{ bytes: Buffer; etag: string | undefined } | null> => {
    try {
      const { Body, ETag } = await client.send(new GetObjectCommand({ Bucket, Key: keyOf(name), Range }));
      return { bytes: Buffer.from(await Body!.transformToByteArray()), etag: ETag };
    } catch (thrown) {
      if (thrown instanceof S3ServiceException && thrown.name === "NoSuchKey") return null;
      throw thrown;
    }
  };
  const put = async (name: string, bytes: Buffer, condition: Partial<PutObjectCommandInput> = {}): Promise<void> => {
    const ChecksumSHA256 = hash("sha256", bytes, "base64");
    const sent = { Bucket, Key: keyOf(name), Body: bytes, ChecksumSHA256, ...condition };
    const { ChecksumSHA256: echoed, ETag } = await client.send(new PutObjectCommand(sent));
    if (echoed === ChecksumSHA256 || ETag === `"${hash("md5", bytes)}"`) return;
    if ((await get(name))?.bytes.equals(bytes)) return;
    throw artifactError("E_REMOTE_DAMAGED", `${url}/${name}: did not arrive as it was sent`, { hint: "Run again." });
  };
  return {
    where: url,
    list: (folder) =>
      attempt(async () => {
        const found: { name: string; sizeBytes: number }[] = [];
        const Prefix = `${keyOf(folder)}/`;
        let ContinuationToken: string | undefined;
        do {
          const page = await client.send(new ListObjectsV2Command({ Bucket, Prefix, ContinuationToken }));
          for (const { Key = "", Size = 0 } of page.Contents ?? [])
            found.push({ name: Key.slice(Prefix.length), sizeBytes: Size });
          ContinuationToken = page.IsTruncated ? page.NextContinuationToken : undefined;
        } while (ContinuationToken !== undefined);
        return found;
      }),
    read: (name, part) =>
      attempt(async () => {
        if (part?.length === 0) return Buffer.alloc(0);
        const range = part && `bytes=${part.offset}-${part.offset + part.length - 1}`;
        return (await get(name, range))?.bytes ?? null;
      }),
    write: (name, bytes) => attempt(() => put(name, bytes)),
    swap: (name, expected, next) =>
      attempt(async () => {
        const now = await get(name);
        if (now === null ? expected !== null : expected === null || !now.bytes.equals(expected)) return false;
        try {
          await put(name, next, now === null ? { IfNoneMatch: "*" } : { IfMatch: now.etag });
          return true;
        } catch (thrown) {
          if ([409, 412].includes(statusOf(thrown))) return false; // written by another in between
          throw thrown;
        }
      }),
    close: () => client.destroy(),
  };
};
