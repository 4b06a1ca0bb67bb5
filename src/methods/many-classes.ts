/** Numbers in a matrix [images, classes] from which on it is held for no image that is not asked: 12 MB each. */
const MOST_SCORES = 3e6;

/**
 * Whether there are too many images of too many classes to score every image by every class in every fold.
 *
 * Ordinary evaluation holds dozens of matrices [images, classes], and one [classes, classes]; beyond this number only a
 * sample of the images is asked, and only heads compete that never hold such a matrix to learn.
 */
export const hasManyScores = (images: number, classes: number): boolean =>
  Math.max(images, classes) * classes > MOST_SCORES;
