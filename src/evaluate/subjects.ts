/** What is evaluated: labels, groups and identities of the images. */
export interface Subjects {
  readonly labels: Int32Array;
  readonly groups: Int32Array;
  readonly ways: number;
  /** Identity of every image, so that folds do not depend on order. */
  readonly keys?: readonly string[] | undefined;
}
