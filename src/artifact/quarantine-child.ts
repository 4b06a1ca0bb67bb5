import { HandfulError, messageOf } from "../base/errors.ts";
import { loadModel, readModelFile } from "./load.ts";

/** Entry of the child process of `quarantine.ts`: loads the model named by the first argument and says how it went. */
const answer = async (path: string): Promise<string> => {
  try {
    const model = await loadModel(await readModelFile(path), { threads: 1 });
    await model.close();
    return "ok";
  } catch (thrown) {
    const known = thrown instanceof HandfulError;
    return JSON.stringify({
      code: known ? thrown.code : "E_MODEL_LOAD",
      message: messageOf(thrown),
      hint: known ? (thrown.hint ?? null) : null,
    });
  }
};

process.stdout.write(`${await answer(process.argv[2] ?? "")}\n`);
