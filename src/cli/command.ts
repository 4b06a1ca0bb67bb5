/** What a command may touch of the outer world. */
export interface Context {
  /** Writes a line of the result. */
  readonly print: (line: string) => void;
  /** Writes a line of progress or warning, unless --quiet. */
  readonly note: (line: string) => void;
  /** A bar on standard error where that is a terminal, else nothing. */
  readonly progress: (title: string, unit: string) => Progress;
  /** Whether the result is to be one JSON document. */
  readonly json: boolean;
  readonly colour: boolean;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  /** Aborted by Ctrl-C. */
  readonly signal: AbortSignal;
  /** All of standard input, as bytes. */
  readonly readStdin: () => Promise<Buffer>;
  readonly now: () => Date;
}

export interface Progress {
  update(done: number, total: number): void;
  /** Ends the bar with a closing text in its place. */
  end(text?: string): void;
}

/** One option: commander's flags, what it does, how its text is read, and its default. */
export interface OptionDefinition {
  readonly flags: string;
  readonly description: string;
  readonly parse?: (text: string) => unknown;
  readonly byDefault?: unknown;
  readonly choices?: readonly string[];
}

/** A command as data: the help is derived from it. */
export interface CommandDefinition {
  readonly name: string;
  readonly summary: string;
  /** What the command's own help says further. */
  readonly details?: string;
  /** commander's form: "<photos>", "[images...]". */
  readonly arguments: string;
  readonly options: readonly OptionDefinition[];
  readonly examples: readonly string[];
  /** @returns exit code; 0 when absent */
  run(args: readonly unknown[], options: Readonly<Record<string, unknown>>, context: Context): Promise<number | void>;
}
