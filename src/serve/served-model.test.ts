import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it, vi } from "vitest";
import { stubAnswer, stubEngine, type StubEngine } from "../../test/fixtures/stub-engine.ts";
import { HandfulError } from "../base/errors.ts";
import { openServedModel, type ServedModel } from "./served-model.ts";
import { retryAfter } from "./statuses.ts";

const question = { picture: new Uint8Array(), ready: false, outputs: [] };
const asking = { remainingMs: 1000, signal: new AbortController().signal };
const codeOf = (thrown: unknown): string => (thrown instanceof HandfulError ? thrown.code : String(thrown));

/** A served model whose engines are those given, one after the other; an error stands for a file that fails. */
const served = async (engines: (StubEngine | Error)[], queue = 8): Promise<{ model: ServedModel; heard: string[] }> => {
  const heard: string[] = [];
  const model = await openServedModel({
    name: "bolts",
    path: "/first.onnx",
    queue,
    restartMs: 1,
    drainMs: 1000,
    open: (path) => {
      heard.push(`open ${path}`);
      const engine = engines.shift();
      return engine instanceof Error || engine === undefined
        ? Promise.reject(engine ?? new Error("none left"))
        : Promise.resolve(engine);
    },
    events: {
      ended: () => heard.push("ended"),
      restarted: () => heard.push("restarted"),
      failed: () => heard.push("failed"),
    },
  });
  return { model, heard };
};

describe("a served model", () => {
  it("answers with the version that answered", async () => {
    const { model } = await served([stubEngine()]);
    expect(await model.ask(question, asking)).toMatchObject({ version: "000000000001", prediction: { label: "blue" } });
    await model.close();
  });

  it("refuses when the queue is full, and says when to come again", async () => {
    const never = Promise.withResolvers<never>();
    const { model } = await served([stubEngine(() => never.promise)], 8);
    const open = Array.from({ length: 8 }, () => model.ask(question, asking).catch(codeOf));
    expect(model.pending).toBe(8);
    let error: unknown;
    try {
      model.admit(60_000);
    } catch (thrown) {
      error = thrown;
    }
    expect(codeOf(error)).toBe("E_BUSY");
    expect(retryAfter(error as HandfulError)).toBe(1);
    never.reject(new HandfulError("data", "E_IMAGE_EMPTY", "empty"));
    expect(await Promise.all(open)).toEqual(Array(8).fill("E_IMAGE_EMPTY"));
    expect(model.pending).toBe(0);
    expect(() => model.admit(60_000)).not.toThrow();
    await model.close();
  });

  it("refuses what would be answered too late: 6 pictures take 45 + 25 ms in batches of 4", async () => {
    const never = Promise.withResolvers<never>();
    const { model } = await served([stubEngine(() => never.promise)], 100);
    for (let i = 0; i < 5; i++) model.ask(question, asking).catch(() => undefined);
    expect(() => model.admit(71)).not.toThrow();
    expect(() => model.admit(69)).toThrow(/too late/);
    never.reject(new Error("over"));
    await model.close();
  });

  it("is restarted with the same file when its engine dies; meanwhile it is not ready", async () => {
    const [first, second] = [stubEngine(() => new Promise(() => undefined)), stubEngine()];
    const { model, heard } = await served([first, new Error("still broken"), second]);
    const open = model.ask(question, asking).catch(codeOf);
    first.die();
    expect(await open).toBe("E_ENGINE");
    expect(model.info).toBeNull();
    expect(await model.ask(question, asking).catch(codeOf)).toBe("E_MODEL_NOT_READY");
    await vi.waitFor(() => expect(model.info).not.toBeNull());
    expect(heard).toEqual(["open /first.onnx", "ended", "open /first.onnx", "failed", "open /first.onnx", "restarted"]);
    expect((await model.ask(question, asking)).prediction.label).toBe("blue");
    await model.close();
  });

  it("keeps today's engine when a new version fails, and lets it finish when one succeeds", async () => {
    const slow = Promise.withResolvers<ReturnType<typeof stubAnswer>>();
    const first = stubEngine(() => slow.promise);
    const second = stubEngine(undefined, { version: "000000000002" });
    const { model } = await served([first, new HandfulError("damaged", "E_MODEL_PARSE", "no model"), second]);
    const accepted = model.ask(question, asking);
    expect(await model.replace("/bad.onnx").catch(codeOf)).toBe("E_MODEL_PARSE");
    expect([model.path, model.info!.version]).toEqual(["/first.onnx", "000000000001"]);
    await model.replace("/second.onnx");
    expect([model.path, model.info!.version]).toEqual(["/second.onnx", "000000000002"]);
    expect((await model.ask(question, asking)).version).toBe("000000000002");
    expect(first.isClosed).toBe(false);
    slow.resolve(stubAnswer("red"));
    expect(await accepted).toMatchObject({ version: "000000000001", prediction: { label: "red" } });
    await sleep(1);
    expect(first.isClosed).toBe(true);
    await model.close();
    expect(second.isClosed).toBe(true);
  });
});
