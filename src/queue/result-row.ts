/** A picture of a run. */
export interface QueuedPicture {
  /** Path relative to the root, "/" between folders, escaped where it is not printable. */
  readonly name: string;
  /** Of its bytes when it was enqueued; null where it could not be read. */
  readonly sha256: string | null;
}

/** What came of one picture: an answer, an embedding, or why there is neither. */
export interface ResultRow extends QueuedPicture {
  readonly answer: object | null;
  readonly embedding: Float32Array | null;
  readonly error: { readonly code: string; readonly message: string; readonly hint: string | null } | null;
}
