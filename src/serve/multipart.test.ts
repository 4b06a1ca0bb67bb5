import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { HandfulError } from "../base/errors.ts";
import { parseMultipart, type Part } from "./multipart.ts";

const TYPE = 'multipart/form-data; boundary="b"';
const form = (...parts: string[]): Buffer =>
  Buffer.from(`${parts.map((part) => `--b\r\n${part}\r\n`).join("")}--b--\r\n`, "latin1");
const head = 'Content-Disposition: form-data; name="image"; filename="a.jpg"\r\nContent-Type: image/jpeg\r\n\r\n';
const refusal = (body: Buffer, type = TYPE, most = 10): string => {
  try {
    parseMultipart(body, type, most);
    return "taken";
  } catch (thrown) {
    if (!(thrown instanceof HandfulError)) throw thrown;
    return `${thrown.code} ${thrown.message}`;
  }
};

describe("a form of several parts", () => {
  it("gives fields and files as views into the body", () => {
    const body = form(`${head}pixels`, "content-disposition: form-data; name=top\r\n\r\n3");
    const [image, top] = parseMultipart(body, TYPE, 10);
    expect(image).toEqual({ field: "image", fileName: "a.jpg", body: Buffer.from("pixels") });
    expect(image!.body.buffer).toBe(body.buffer);
    expect(top).toEqual({ field: "top", fileName: null, body: Buffer.from("3") });
  });

  it("reads what a browser's FormData writes, whatever the bytes and names", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.stringMatching(/^[a-z"\\;= é]{1,8}$/), fc.uint8Array({ maxLength: 40 })), {
          minLength: 1,
          maxLength: 4,
        }),
        async (files) => {
          const data = new FormData();
          for (const [name, bytes] of files) data.append("file", new Blob([bytes as Uint8Array<ArrayBuffer>]), name);
          const response = new Response(data);
          const body = Buffer.from(await response.arrayBuffer());
          const parts = parseMultipart(body, response.headers.get("content-type")!, 4);
          expect(parts.map((part: Part) => [...part.body])).toEqual(files.map(([, bytes]) => [...bytes]));
          expect(parts.map(({ fileName }) => fileName)).toEqual(files.map(([name]) => name));
        },
      ),
      { seed: 1, numRuns: 100 },
    );
  });

  it("takes an empty file, bytes that look like a boundary, and text before the first part", () => {
    expect(parseMultipart(form(head), TYPE, 10)[0]!.body.length).toBe(0);
    expect(parseMultipart(form(`${head}--b\r\n--c\r\n-`), TYPE, 10)[0]!.body.toString()).toBe("--b\r\n--c\r\n-");
    const preamble = Buffer.concat([Buffer.from("hello\r\n"), form(`${head}x`)]);
    expect(parseMultipart(preamble, TYPE, 10)).toHaveLength(1);
  });

  it.each([
    [
      "no boundary",
      form(head),
      "multipart/form-data",
      10,
      "E_BODY_MULTIPART wanted multipart/form-data, got no boundary",
    ],
    ["nothing", Buffer.alloc(0), TYPE, 10, "E_BODY_MULTIPART wanted multipart/form-data, got no part"],
    [
      "another boundary",
      form(head),
      "multipart/form-data; boundary=c",
      10,
      "E_BODY_MULTIPART wanted multipart/form-data, got no part",
    ],
    [
      "cut off",
      form(`${head}abc`).subarray(0, -8),
      TYPE,
      10,
      "E_BODY_MULTIPART wanted multipart/form-data, got a part without an end",
    ],
    [
      "a part without a name",
      form("Content-Type: a/b\r\n\r\nx"),
      TYPE,
      10,
      "E_BODY_MULTIPART wanted multipart/form-data, got a part without a name",
    ],
    [
      "a head of 5 kB",
      form(`X: ${"y".repeat(5000)}\r\n${head}`),
      TYPE,
      10,
      "E_BODY_MULTIPART wanted multipart/form-data, got a part without an end",
    ],
    [
      "ten thousand parts",
      form(...Array<string>(10_000).fill(`${head}x`)),
      TYPE,
      72,
      "E_BODY_PARTS wanted at most 72 parts",
    ],
  ])("%s is refused", (_, body, type, most, message) => expect(refusal(body, type, most)).toBe(message));

  it("never fails in another way on damaged bytes", () => {
    const whole = form(`${head}abc`, `${head}def`);
    fc.assert(
      fc.property(fc.nat(whole.length - 1), fc.nat(255), fc.nat(whole.length), (at, byte, end) => {
        const damaged = Buffer.from(whole.subarray(0, end));
        if (at < damaged.length) damaged[at] = byte;
        expect(refusal(damaged)).toMatch(/^(taken|E_BODY_)/);
      }),
      { seed: 1, numRuns: 1000 },
    );
  });
});
