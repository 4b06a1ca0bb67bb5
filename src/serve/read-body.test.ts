import { PassThrough, Readable } from "node:stream";
import { describe, expect, it } from "vitest";
import { HandfulError } from "../base/errors.ts";
import { createByteBudget, readBody } from "./read-body.ts";

const codeOf = (thrown: unknown): string => (thrown instanceof HandfulError ? thrown.code : String(thrown));

describe("reading a body", () => {
  it("gives all bytes, in however many pieces they come, and holds the budget until it is given back", async () => {
    const budget = createByteBudget(1e6);
    const chunks = Array.from({ length: 5000 }, (_, i) => Buffer.alloc(1 + (i % 50), i));
    const body = await readBody(Readable.from(chunks), { maxBytes: 1e6, budget, declared: null });
    expect(body.equals(Buffer.concat(chunks))).toBe(true);
    expect(budget.taken).toBe(body.length);
    budget.give(body.length);
    expect(budget.taken).toBe(0);
  });

  it("refuses a declared length unread, and an undeclared one once it is too much", async () => {
    const budget = createByteBudget(1e6);
    const stream = new PassThrough();
    expect(await readBody(stream, { maxBytes: 10, budget, declared: 11 }).catch(codeOf)).toBe("E_BODY_TOO_LARGE");
    expect(stream.listenerCount("data")).toBe(0);
    const long = Readable.from([Buffer.alloc(8), Buffer.alloc(8)]);
    expect(await readBody(long, { maxBytes: 10, budget, declared: null }).catch(codeOf)).toBe("E_BODY_TOO_LARGE");
    expect(budget.taken).toBe(0);
  });

  it("refuses when all bodies together are too much, and holds nothing then", async () => {
    const budget = createByteBudget(20);
    const first = await readBody(Readable.from([Buffer.alloc(15)]), { maxBytes: 100, budget, declared: 15 });
    const second = readBody(Readable.from([Buffer.alloc(3), Buffer.alloc(3)]), { maxBytes: 100, budget, declared: 6 });
    expect(await second.catch(codeOf)).toBe("E_BUSY");
    expect(budget.taken).toBe(first.length);
  });

  it("ends with E_LEFT when the client goes away in the middle", async () => {
    const budget = createByteBudget(100);
    const stream = new PassThrough();
    const reading = readBody(stream, { maxBytes: 100, budget, declared: 10 }).catch(codeOf);
    stream.write(Buffer.alloc(5));
    await new Promise((done) => setImmediate(done));
    stream.destroy();
    expect(await reading).toBe("E_LEFT");
    expect(budget.taken).toBe(0);
  });
});
